/** What the reaper asks of Step Functions, or of whatever carries executions out: no SDK is seen from here. */

import type { FinalizerInput } from '../../state-machines/contract/finalizer.ts';
import type { RunStatus } from '../../state-machines/contract/result.ts';

export interface Executions {
  /** Of the pipeline's machine; undefined where there is none of that name. */
  describe(name: string): Promise<ExecutionState | undefined>;
  /** Of the finalizer of that execution. */
  finalizer(name: string): Promise<FinalizerState>;
  /** Whether the execution came to its cleanup, after which no hook is left to run. */
  enteredCleanup(name: string): Promise<boolean>;
  /** @returns false where there was one of that name already: once is enough */
  startFinalizer(input: FinalizerInput): Promise<boolean>;
  /**
   * Names of executions that ended and have no finalizer, those that succeeded only if wanted. Asked where there are hooks
   * or tasks after the execution, which one can leave to do that leaves no prefix to be found by: it has cleaned up after
   * itself, or was ended before it wrote anything.
   */
  withoutFinalizer(wanted: { readonly succeeded: boolean }): AsyncIterable<string>;
}

export interface ExecutionState {
  readonly status: 'RUNNING' | RunStatus;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly input: unknown;
  /** JSON, where it succeeded. */
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

export type FinalizerState = 'none' | 'running' | 'over';

export interface EndedExecution extends ExecutionState {
  readonly status: RunStatus;
}

export function hasEnded(execution: ExecutionState): execution is EndedExecution {
  return execution.status !== 'RUNNING';
}
