/** Runs compiled definitions on the real interpreter, with functions that note what happens. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { ExecutionError, StateMachine } from 'aws-local-stepfunctions';
import fc from 'fast-check';
import { marksOf, type RunEnd, type TaskOut, type TaskRetries } from '../../state-machines/contract/events.ts';
import { compile, type Definition, type Plan } from '../../state-machines/index.ts';
import { type Digraph, dags } from '../graph/graphs.ts';

/** What a run did, seen from its functions. */
export interface Trace {
  /** `start a`, `end a`, `cleanup`, as they happened. */
  readonly steps: readonly string[];
  readonly cleanups: readonly { run: string; startedAt: string; tasks: TaskRetries[]; state: RunEnd }[];
  /** The names of the states entered. */
  readonly entered: readonly string[];
  readonly output?: unknown;
  /** The error that the execution failed with. */
  readonly failure?: { readonly name: string; readonly message: string };
}

export interface Behaviour {
  readonly failing?: ReadonlySet<string>;
  /** How many turns of the event loop a task takes. @default 0 */
  readonly turnsOf?: (task: string) => number;
  /** What cleanup answers, by how often it was asked before. @default that it is done, and whether a task failed */
  readonly cleanup?: (before: number) => Record<string, string | boolean | Record<string, number>>;
}

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:x';

export async function execute(
  plan: Plan,
  behaviour: Behaviour = {},
  definition: Definition = compile(plan).definition,
): Promise<Trace> {
  const { failing = new Set(), turnsOf = () => 0 } = behaviour;
  const steps: string[] = [];
  const cleanups: Trace['cleanups'][number][] = [];
  const taskFunction = (task: string) => async () => {
    steps.push(`start ${task}`);
    for (let turn = turnsOf(task); turn > 0; turn--) await nextTurn();
    steps.push(`end ${task}`);
    if (failing.has(task)) throw Object.assign(new Error(`${task} went wrong`), { name: 'Boom' });
    return { status: 'SUCCEEDED', attempt: 1, retriesUsed: 0 };
  };
  const cleanup = (event: unknown) => {
    steps.push('cleanup');
    const { state } = event as Trace['cleanups'][number];
    cleanups.push(structuredClone(event) as Trace['cleanups'][number]);
    if (behaviour.cleanup) return behaviour.cleanup(cleanups.length - 1);
    const failed =
      'Error' in state ||
      marksOf(state.out)
        .values()
        .some((mark) => 'Error' in mark);
    return failed ? { done: true, error: 'TaskFailed', cause: 'the cause' } : { done: true, result: { all: 'well' } };
  };
  const handlers = Object.fromEntries(plan.tasks.map(({ name }) => [name, taskFunction(name)]));
  const deployed = JSON.parse(JSON.stringify(definition).replaceAll(/\$\{\w+\}/g, ARN));
  // The validator has tests of its own, and is slow.
  const machine = new StateMachine(deployed, { validationOptions: { noValidate: true } });
  const execution = machine.run(
    {},
    {
      overrides: {
        taskResourceLocalHandlers: { ...handlers, Cleanup: cleanup },
        retryIntervalOverrides: { Cleanup: 0 },
      },
      context: { Execution: { Name: 'run-1' }, State: { RetryCount: 0 } },
    },
  );
  const entered: string[] = [];
  const logged = (async () => {
    for await (const event of execution.eventLogs) if (event.type === 'StateEntered') entered.push(event.state.name);
  })();
  const end = await execution.result.then(
    (output) => ({ output }),
    (error: unknown) => {
      if (!(error instanceof ExecutionError)) throw error;
      return { failure: error.cause as Error };
    },
  );
  await logged;
  return { steps, cleanups, entered, ...end };
}

/** The rule, written down plainly: a task runs if and only if all that it depends on has succeeded. */
export function tasksThatRun({ tasks, edges }: Digraph, failing: ReadonlySet<string>): Set<string> {
  const runs = (task: string): boolean =>
    edges.filter(([, after]) => after === task).every(([before]) => runs(before) && !failing.has(before));
  return new Set(tasks.filter(runs));
}

/** The mark that each task leaves that runs. */
export function expectedMarks(graph: Digraph, failing: ReadonlySet<string>): Record<string, TaskOut> {
  const marks = [...tasksThatRun(graph, failing)].map((task): [string, TaskOut] => [
    task,
    failing.has(task) ? { Error: 'Boom', Cause: `${task} went wrong` } : { status: 'SUCCEEDED' },
  ]);
  return Object.fromEntries(marks);
}

/** The marks that cleanup was given. */
export function marksIn({ cleanups }: Trace): Record<string, TaskOut> {
  const state = cleanups[0]?.state;
  return state && 'out' in state ? Object.fromEntries(marksOf(state.out)) : {};
}

/** The tasks that started, one for each start. */
export function startedIn({ steps }: Trace): string[] {
  return steps.filter((step) => step.startsWith('start ')).map((step) => step.slice('start '.length));
}

/** The tasks that started before a task had ended that they depend on. */
export function startedTooEarly({ edges }: Digraph, { steps }: Trace): string[] {
  return edges
    .filter(([before, after]) => {
      const start = steps.indexOf(`start ${after}`);
      return start >= 0 && !steps.slice(0, start).includes(`end ${before}`);
    })
    .map(([, after]) => after);
}

/** Random graphs, which of their tasks fail (often few, or none), and how long each takes. */
export const runs: fc.Arbitrary<{ graph: Digraph; failing: Set<string>; turnsOf: (task: string) => number }> = dags(8)
  .chain((graph) =>
    fc.record({
      graph: fc.constant(graph),
      failing: fc.oneof(
        fc.constant([]),
        fc.subarray([...graph.tasks], { maxLength: Math.min(2, graph.tasks.length) }),
        fc.subarray([...graph.tasks]),
      ),
      turns: fc.dictionary(fc.constantFrom(...graph.tasks), fc.nat(5)),
    }),
  )
  .map(({ graph, failing, turns }) => ({
    graph,
    failing: new Set(failing),
    turnsOf: (task: string) => turns[task] ?? 0,
  }));
