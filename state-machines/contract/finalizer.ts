/** What the finalizer is started with: how an execution ended, and what that left to do. */

import type { CaughtError } from './marks.ts';
import type { RunStatus } from './result.ts';
import type { ExecutionDetail } from './task-events.ts';

/** The input of the finalizer's execution, which has the name of the execution that it finalizes: one, once and for all. */
export interface FinalizerInput {
  /** The name of the execution that has ended. */
  readonly execution: string;
  readonly status: RunStatus;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The execution's input, whatever it was. */
  readonly input: unknown;
  readonly todo: FinalizerTodo;
  /** The state data that its first state is entered with: how the run was ended. */
  readonly end: CaughtError;
  /** For the tasks after the execution, without the input. */
  readonly detail: ExecutionDetail;
}

/**
 * Where the finalizer begins. It goes on from there:
 * - `hooks`: the errors and finally hooks, as the run was ended before or in them
 * - `cleanup`: the run was ended in its cleanup
 * - `sweep`: the run has cleaned up after itself, but functions may still be running that nobody waits for
 * - `after-execution`: it ended well; only the tasks after the execution are left
 */
export type FinalizerTodo = 'hooks' | 'cleanup' | 'sweep' | 'after-execution';
