/** What a hook is told of its run, and how that follows from the state data that the machine sends it. */

import { RUN_ERRORS, STOPPED_ERROR } from './error-names.ts';
import { failureOf, marksOf, type TaskOut } from './marks.ts';
import { resultIn } from './reported-result.ts';
import type { FailureInfo, RunResult, RunStatus, TaskStatus } from './result.ts';
import type { ExecutionDetail, HookState } from './task-events.ts';

export interface Outcome {
  /**
   * FAILED where a task has failed or the run was stopped, else SUCCEEDED; so far, unless the execution has ended.
   * A local handler's outcome is about its task, a group's about the group.
   */
  readonly status: RunStatus;
  /** In the order of the tasks' declaration; tasks that only were under way when the run was ended (`Stopped`) last. */
  readonly failures: readonly TaskFailure[];
  /** How the tasks ended that the hook is about. */
  readonly tasks: Readonly<Record<string, TaskStatus>>;
  /** Why the run as a whole was ended, where that was not a task's failure. */
  readonly error?: FailureInfo;
}

export interface TaskFailure extends FailureInfo {
  readonly task: string;
}

/** @param about the names of the tasks that the hook is about, all of them over */
export function outcomeOf(state: HookState, about: readonly string[]): Outcome {
  const ended = endIn(state);
  if (ended?.execution) return outcomeOfExecution(ended.execution, ended.ended?.result);
  const marks = notesIn(state);
  const failures = about.flatMap((task): TaskFailure[] => {
    const mark = marks.get(task);
    return mark && 'Error' in mark ? [{ task, ...failureOf(mark) }] : [];
  });
  const tasks = about.map((task): [string, TaskStatus] => [task, statusOf(marks.get(task))]);
  const error = runErrorIn(state);
  return {
    status: failures.length > 0 || wasEnded(state) ? 'FAILED' : 'SUCCEEDED',
    failures: stoppedLast(failures),
    tasks: Object.fromEntries(tasks),
    ...(error && { error }),
  };
}

/** The state data that tells of the execution that has ended, for a task after it. */
function endIn(state: HookState): HookState | undefined {
  return state.execution ? state : state.up && endIn(state.up);
}

/** What went wrong comes before what was stopped for it. */
function stoppedLast(failures: readonly TaskFailure[]): TaskFailure[] {
  return failures.toSorted((a, b) => Number(a.name === STOPPED_ERROR) - Number(b.name === STOPPED_ERROR));
}

/** A task that is over and left no mark did not run because something upstream of it had failed. */
function statusOf(mark: TaskOut | undefined): TaskStatus {
  if (!mark) return 'SKIPPED';
  return 'Error' in mark ? 'FAILED' : mark.status;
}

/** All marks that can be seen from a place in the machine. */
function notesIn(state: HookState): Map<string, TaskOut> {
  const marks = state.up ? notesIn(state.up) : new Map<string, TaskOut>();
  for (const out of [state.out ?? {}, ...(state.errors ?? [])]) {
    for (const [name, mark] of marksOf(out)) marks.set(name, mark);
  }
  return marks;
}

/** By an error, though it may be that of a task whose mark found no room. */
function wasEnded({ Error: name, up }: HookState): boolean {
  return name !== undefined || (up !== undefined && wasEnded(up));
}

function runErrorIn({ Error: name, Cause = '', up }: HookState): FailureInfo | undefined {
  if (name === undefined) return up && runErrorIn(up);
  return name === RUN_ERRORS.task ? undefined : failureOf({ Error: name, Cause });
}

/** @param finalized the result of a run whose execution could tell of none: it was put together behind it */
function outcomeOfExecution(
  { status, output, error, cause }: ExecutionDetail,
  finalized: RunResult | undefined,
): Outcome {
  const reported = resultIn(output) ?? resultIn(cause);
  const result = reported ?? finalized;
  const tasks = Object.entries(result?.tasks ?? {});
  const failures = tasks.flatMap(([task, { error }]): TaskFailure[] => (error ? [{ task, ...error }] : []));
  const why = reported?.error ?? (error ? { name: error, message: cause ?? '' } : result?.error);
  return {
    status,
    failures: stoppedLast(failures),
    tasks: Object.fromEntries(tasks.map(([task, result]) => [task, result.status])),
    ...(why && why.name !== RUN_ERRORS.task && { error: why }),
  };
}
