/** What a run makes Lambda and Step Functions do where every task runs and succeeds at once, and how long it is reckoned to take. */

import { secondsOf } from '../compiler/estimate.ts';
import { type Structure, structureOf } from '../compiler/structure.ts';
import type { Plan, PlannedHook, PlannedTask } from '../graph/plan.ts';

/** How long an invocation takes of which nobody has said anything. */
export const ASSUMED_SECONDS = 1;
/** Of the cleanup and of the reaper. */
export const OWN_MEMORY_MIB = 512;

export interface Work {
  /** The task or hook; `undefined` for what Ebbtide itself does. */
  readonly of?: string;
  readonly what: 'task' | 'chunks' | 'gather' | 'hook' | 'cleanup' | 'reaper';
  readonly invocations: number;
  /** Of one invocation. */
  readonly seconds: number;
  readonly from: SecondsFrom;
  readonly memoryMiB: number;
  /** How often each invocation may be tried again. */
  readonly retries: number;
}

/** Said for this estimate; the task's hint; the mean of the other tasks' hints; nothing at all. */
export type SecondsFrom = 'given' | 'expectedSeconds' | 'mean' | 'assumed';

export interface Guesses {
  /** How long one invocation of a task's or a hook's function takes. */
  readonly seconds?: Readonly<Record<string, number>>;
  /** How many chunks a task has. @default as many as there may be */
  readonly chunks?: Readonly<Record<string, number>>;
}

export function chunksIn(plan: Plan, { chunks }: Guesses): (task: string) => number {
  return (task) => chunks?.[task] ?? plan.task(task)?.each?.maxChunks ?? 1;
}

export function workOf(plan: Plan, guesses: Guesses): Work[] {
  const chunksOf = chunksIn(plan, guesses);
  const hinted = plan.tasks.some(({ expectedSeconds }) => expectedSeconds !== undefined);
  const secondsByHints = secondsOf(plan.tasks);
  const timed = (task: PlannedTask, rounds = 1): Pick<Work, 'seconds' | 'from'> => {
    const given = guesses.seconds?.[task.name];
    if (given !== undefined) return { seconds: given, from: 'given' };
    if (task.expectedSeconds !== undefined) return { seconds: task.expectedSeconds / rounds, from: 'expectedSeconds' };
    return hinted && plan.task(task.name)
      ? { seconds: secondsByHints(task.name), from: 'mean' }
      : { seconds: ASSUMED_SECONDS, from: 'assumed' };
  };
  const own = { seconds: ASSUMED_SECONDS, from: 'assumed', memoryMiB: OWN_MEMORY_MIB, retries: 0 } as const;
  const after = plan.hooksAfterExecution;
  return [
    ...plan.tasks.flatMap((task): Work[] => {
      const { name: of, retries, each } = task;
      const { memoryMiB } = task.resources;
      if (!each) return [{ of, what: 'task', invocations: 1, ...timed(task), memoryMiB, retries }];
      const invocations = Math.ceil(chunksOf(of) / each.batchSize);
      const rounds = Math.max(1, Math.ceil(invocations / each.maxConcurrency));
      return [
        { of, what: 'chunks', invocations, ...timed(task, rounds), memoryMiB, retries },
        { of, what: 'gather', invocations: 1, ...own, memoryMiB },
      ];
    }),
    ...plan.hooks.filter(runsWhenAllGoesWell).map((hook): Work => {
      const { name: of, resources, retries } = hook;
      return { of, what: 'hook', invocations: 1, ...timed(hook), memoryMiB: resources.memoryMiB, retries };
    }),
    { what: 'cleanup', invocations: 1, ...own },
    ...(after.length > 0 ? [{ what: 'reaper', invocations: 1, ...own } as const] : []),
  ];
}

function runsWhenAllGoesWell({ hook }: PlannedHook): boolean {
  return hook !== 'errors';
}

export interface Transitions {
  /** Of the execution itself. */
  readonly run: number;
  /** Of chunks, in it or in executions of their own. */
  readonly chunks: number;
  /** Of the finalizer, which runs the tasks after an execution. */
  readonly afterExecution: number;
}

/** What is left? → After execution, and in it the hooks → May anything still run? → Nothing is left */
const AROUND_AFTER_EXECUTION = 4;

export function transitionsOf(plan: Plan, statesEntered: number, work: readonly Work[]): Transitions {
  const after = plan.hooksAfterExecution;
  return {
    run: statesEntered,
    chunks: work.reduce((sum, { what, invocations }) => sum + (what === 'chunks' ? invocations : 0), 0),
    afterExecution: after.length > 0 ? AROUND_AFTER_EXECUTION + statesIn(structureOf(after)) : 0,
  };
}

function statesIn(structure: Structure): number {
  if (structure.kind === 'task') return 1;
  const inside = structure.parts.reduce((sum, part) => sum + statesIn(part), 0);
  return structure.kind === 'parallel' ? 1 + inside : inside;
}
