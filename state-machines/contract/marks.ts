/** The marks that tasks and hooks leave in the state data, and the error that ended a run. */

import { RUN_ERRORS } from './error-names.ts';
import { isObject } from './objects.ts';
import type { FailureInfo } from './result.ts';
import type { TaskAnswer } from './task-events.ts';

/**
 * How the `Run` state ended: what its tasks recorded, or the error that it could not handle.
 * `out` nests as the state machine does: a Parallel's number leads to one such object a branch.
 */
export type RunEnd = HookNotes &
  (
    | { readonly out: RunOut; readonly Error?: string; readonly Cause?: string }
    | { readonly Error: string; readonly Cause?: string }
  );

/** What the hooks behind `Run` left, an `out` for each branch of theirs; or the error that kept it from being noted. */
interface HookNotes {
  readonly errors?: readonly RunOut[];
  readonly finally?: readonly RunOut[];
  readonly errorsLost?: CaughtError;
  readonly finallyLost?: CaughtError;
}

/** As a Catch puts it into the state data. */
export interface CaughtError {
  readonly Error: string;
  readonly Cause?: string;
}

export interface RunOut {
  readonly [part: string]: TaskOut | readonly RunOut[];
}

/** One task's mark in the state: its status, or the error of its last attempt as Step Functions caught it. */
export type TaskOut =
  | ({ readonly status: 'SUCCEEDED' } & Pick<TaskAnswer, 'values' | 'chunks'>)
  | { readonly status: 'OMITTED' }
  | CaughtError;

/** A Lambda's error arrives as `{ Error, Cause }` with JSON in its cause: `{ errorType, errorMessage, trace }`. */
export function failureOf({ Error: name, Cause = '' }: CaughtError): FailureInfo {
  try {
    const { errorMessage } = JSON.parse(Cause);
    return { name, message: typeof errorMessage === 'string' ? errorMessage : Cause };
  } catch {
    return { name, message: Cause };
  }
}

/** The marks in a nested `out`, by task. */
export function marksOf(out: RunOut): Map<string, TaskOut> {
  const marks = new Map<string, TaskOut>();
  for (const [part, mark] of Object.entries(out)) {
    if (!Array.isArray(mark)) marks.set(part, mark as TaskOut);
    else for (const branch of mark) for (const [task, inner] of marksOf(branch)) marks.set(task, inner);
  }
  return marks;
}

/** The marks of the failed tasks in the error that stopped their run at once; undefined where that was another error. */
export function stopMarksOf({ Error: name, Cause = '' }: Partial<CaughtError>): Map<string, TaskOut> | undefined {
  if (name !== RUN_ERRORS.task) return undefined;
  try {
    const out: unknown = JSON.parse(Cause);
    return isRunOut(out) ? marksOf(out) : undefined;
  } catch {
    return undefined;
  }
}

export function isRunOut(out: unknown): out is RunOut {
  return (
    isObject(out) && Object.values(out).every((mark) => (Array.isArray(mark) ? mark.every(isRunOut) : isMark(mark)))
  );
}

export function isMark(mark: unknown): mark is TaskOut {
  return isObject(mark) && (typeof mark['status'] === 'string' || typeof mark['Error'] === 'string');
}
