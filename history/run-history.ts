/** A run as it stands: what is shown of it, drawn in its report and printed by `show --json`. */

import type { FailureInfo, RunResult, RunStatus, TaskStatus } from '../state-machines/contract/result.ts';
import type { HookKind } from '../state-machines/graph/declarations.ts';
import type { Denial } from './events.ts';

export interface RunHistory {
  readonly pipeline: string;
  readonly run: string;
  /** The execution, where it is not the one of the run's name: it resumed the run. */
  readonly execution?: string;
  /** On AWS. */
  readonly executionArn?: string;
  /** Here. */
  readonly folder?: string;
  /** RUNNING until nothing of it is left to do: an execution that was aborted still has its finalizer. */
  readonly status: 'RUNNING' | RunStatus;
  readonly phase: Phase;
  /** ISO 8601, as all times. */
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly input: unknown;
  readonly error?: FailureInfo;
  /** The tasks in the order of their declaration, then the hooks. */
  readonly tasks: readonly TaskHistory[];
  /** Each call of the cleanup, in order. */
  readonly cleanups: readonly CleanupHistory[];
  /**
   * The bytes of intermediates that committed attempts hold, from each of these times on. It begins with 0, of a resumed run
   * with what its earlier executions had left.
   */
  readonly held: readonly HeldBytes[];
  readonly denials: readonly Denial[];
  /** Once it has ended. */
  readonly result?: RunResult;
}

export type Phase = 'preparing' | 'tasks' | 'finalizing' | 'cleanup' | 'over';

/**
 * WAITING for what it depends on; RETRYING between two attempts. SKIPPED is told as soon as something upstream has
 * failed; OMITTED only when the run is over.
 */
export type LiveStatus = 'WAITING' | 'RUNNING' | 'RETRYING' | TaskStatus;

export interface TaskHistory {
  readonly name: string;
  readonly hook?: HookKind;
  readonly status: LiveStatus;
  /** In the order in which they began; of a chunk-parallel task those of its chunks, and of their gathering. */
  readonly attempts: readonly AttemptHistory[];
  readonly retriesUsed: number;
  /** It had committed before, in a resumed run in an earlier execution: it answered, and did no work. */
  readonly committedBefore?: true;
  /** From the start of the first attempt, or of the first chunk. */
  readonly startedAt?: string;
  /** To the end of the last attempt, once it is over. */
  readonly endedAt?: string;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly chunks?: ChunkProgress;
  /** Of the last attempt that failed. */
  readonly error?: FailureInfo;
}

export interface ChunkProgress {
  readonly total: number;
  readonly succeeded: number;
  /** Those that an attempt of failed last; one that is tried again may still succeed. */
  readonly failed: number;
}

export interface AttemptHistory {
  readonly attempt: number;
  readonly chunks?: readonly string[];
  readonly gather?: true;
  /** STOPPED was under way when the run was ended. */
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'STOPPED';
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly error?: FailureInfo;
  /** Of the error: in the sources of the package, `lambdas/sales/total.ts:12:9`. */
  readonly place?: string;
}

export interface CleanupHistory {
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly done?: boolean;
}

export interface HeldBytes {
  readonly at: string;
  readonly bytes: number;
}

/** Where the error of a task came from. Of chunks, each has its own. */
export function placeOf({ attempts, chunks }: TaskHistory): string | undefined {
  return chunks ? undefined : attempts.findLast(({ error }) => error)?.place;
}
