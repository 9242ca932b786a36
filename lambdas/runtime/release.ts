/**
 * Release on last commit: the consumer whose commit is the last one among an output's consumers deletes the output.
 *
 * Each consumer looks whether the others have committed once it has itself, so that of two that commit at one time at
 * least one sees both; that both delete does no harm. An attempt that finds its task committed does this again, so a
 * crash after the commit loses nothing. What is not deleted, since S3 refuses or time is over, goes when the run ends.
 */

import { asksToKeep } from '../../state-machines/contract/execution-input.ts';
import type { CommitRecord } from '../../state-machines/contract/records.ts';
import type { TaskAnswer } from '../../state-machines/contract/task-events.ts';
import { inDependencyOrder, type Plan } from '../../state-machines/graph/plan.ts';
import { eachLimited } from '../storage/each-limited.ts';
import { untilAborted } from './deadline.ts';
import type { Attempt } from './invocation.ts';
import { idOf } from './task-id.ts';

const OUTPUTS_AT_ONCE = 8;
/** Twice as many each time: where the first have committed, the others most likely have too. */
const CONSUMERS_ASKED_AT_ONCE = { first: 4, most: 64 };

/** The outputs that went, `task.output`, and their bytes. */
export type ReleasedOutputs = NonNullable<TaskAnswer['released']>;

/** To be called once the attempt's task has committed, and has published what is durable. Never throws. */
export async function releaseConsumed(attempt: Attempt): Promise<ReleasedOutputs> {
  const { plan, task, event, signal, log } = attempt;
  if (asksToKeep(event.input)) return {};
  const consumed = [...Object.values(task.inputs), ...(task.each ? [task.each] : [])].filter(
    (input) => plan.task(input.task)?.outputs[input.output]?.releasedBy,
  );
  const outputs = new Map(consumed.map((input) => [`${input.task}.${input.output}`, input]));
  if (outputs.size === 0) return {};
  const commits = new Commits(attempt);
  const released: Record<string, number> = {};
  const failed = (output: string) => (error: unknown) =>
    log.warn('could not be released; it goes when the run ends', { output, error: error as Error });
  await untilAborted(signal, () =>
    eachLimited(outputs, OUTPUTS_AT_ONCE, async ([name, input]) => {
      try {
        const bytes = await releaseOutput(input, attempt, commits);
        if (bytes !== undefined) released[name] = bytes;
      } catch (error) {
        failed(name)(error);
      }
    }),
  ).catch(failed([...outputs.keys()].join(', ')));
  return released;
}

/** @returns its bytes, where it went */
async function releaseOutput(
  { task: producer, output }: { readonly task: string; readonly output: string },
  { plan, store, signal, log }: Attempt,
  commits: Commits,
): Promise<number | undefined> {
  if (!(await commits.allOf(plan.task(producer)?.outputs[output]?.releasedBy ?? []))) return undefined;
  const committed = (await commits.record(producer))?.outputs[output];
  // The graph may have been deployed anew since it was written. Gone is only what is to go by both.
  if (!committed?.releasedBy || !(await commits.allOf(committed.releasedBy))) return undefined;
  const keys = (committed.parts ?? [committed]).map(({ key }) => key);
  await store.deleteAll(keys, signal);
  log.info('released', { output: `${producer}.${output}`, objects: keys.length, bytes: committed.bytes });
  return committed.bytes;
}

/** What has committed: a record never changes, and never goes while its run is under way, so each is asked for once. */
class Commits {
  readonly #attempt: Attempt;
  readonly #committed = new Map<string, Promise<boolean>>();
  readonly #records = new Map<string, Promise<CommitRecord | undefined>>();

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
    this.#committed.set(attempt.task.name, Promise.resolve(true));
  }

  /** Asks for those first that are most likely missing, and for no more than it takes to find one that is. */
  async allOf(tasks: readonly string[]): Promise<boolean> {
    const { first, most } = CONSUMERS_ASKED_AT_ONCE;
    const ordered = tasks.length > first ? latestFirst(tasks, this.#attempt.plan) : tasks;
    for (let start = 0, count = first; start < ordered.length; start += count, count = Math.min(2 * count, most)) {
      const answers = await Promise.all(ordered.slice(start, start + count).map((task) => this.#has(task)));
      if (answers.includes(false)) return false;
    }
    return true;
  }

  record(task: string): Promise<CommitRecord | undefined> {
    const record = this.#records.get(task) ?? this.#attempt.records.committed(idOf(this.#attempt, task));
    this.#records.set(task, record);
    return record;
  }

  #has(task: string): Promise<boolean> {
    const has = this.#committed.get(task) ?? this.#attempt.records.hasCommitted(idOf(this.#attempt, task));
    this.#committed.set(task, has);
    return has;
  }
}

/** The reverse of the order in which they depend on each other. */
function latestFirst(names: readonly string[], { tasks }: Plan): string[] {
  const place = new Map(inDependencyOrder(tasks).map(({ name }, index) => [name, index]));
  return names.toSorted((a, b) => (place.get(b) ?? 0) - (place.get(a) ?? 0));
}
