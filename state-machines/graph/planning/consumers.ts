/** What others do with an output, noted where the output is. */

import { isDistributed, type PlannedOutput, type PlannedTask } from '../plan.ts';
import { subjectsOf } from './conditions.ts';

/**
 * Tells each output which of its values conditions look at, which tasks run for its chunks, and which tasks it is
 * released by.
 *
 * @param functions the tasks and the hooks, of which the tasks are returned
 * @param isReleased whether an output may go before the run ends
 */
export function withConsumers(
  functions: readonly PlannedTask[],
  isHook: ReadonlySet<string>,
  isReleased: (task: string, output: string) => boolean,
): PlannedTask[] {
  const tasks = functions.filter(({ name }) => !isHook.has(name));
  const subjects = tasks.flatMap(({ when }) => (when ? subjectsOf(when) : []));
  const readers = readersOf(functions);
  return tasks.map((task) => {
    const outputs = Object.entries(task.outputs).map(([name, output]): [string, PlannedOutput] => {
      const paths = subjects.flatMap((subject) =>
        subject.from === 'output' && subject.task === task.name && subject.output === name ? [subject.path] : [],
      );
      const reported = [...new Map(paths.map((path) => [path.join('.'), path])).values()];
      const readBy = readers.get(`${task.name}.${name}`) ?? [];
      const forChunks = readBy.filter(({ each }) => each?.task === task.name && each.output === name);
      // A Distributed Map reads its list whenever it likes; nothing says that it has.
      const stays = readBy.some((reader) => isHook.has(reader.name)) || forChunks.some(isOfDistributedMap);
      const released = readBy.length > 0 && !stays && isReleased(task.name, name);
      return [
        name,
        {
          ...output,
          ...(reported.length > 0 && { reported }),
          ...(forChunks.length > 0 && { chunksOf: namesOf(forChunks) }),
          ...(released && { releasedBy: namesOf(readBy) }),
        },
      ];
    });
    return { ...task, outputs: Object.fromEntries(outputs) };
  });
}

/** By `extract.raw`: who takes it, each once, in the order of their declaration. */
function readersOf(functions: readonly PlannedTask[]): Map<string, PlannedTask[]> {
  const readers = new Map<string, PlannedTask[]>();
  for (const reader of functions) {
    const taken = [...Object.values(reader.inputs), ...(reader.each ? [reader.each] : [])];
    for (const output of new Set(taken.map((input) => `${input.task}.${input.output}`))) {
      const others = readers.get(output);
      if (others) others.push(reader);
      else readers.set(output, [reader]);
    }
  }
  return readers;
}

function isOfDistributedMap({ each }: PlannedTask): boolean {
  return each !== undefined && isDistributed(each);
}

function namesOf(tasks: readonly PlannedTask[]): string[] {
  return tasks.map(({ name }) => name);
}
