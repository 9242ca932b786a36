/** Errors of a task. Their names are what `Retry` and `Catch` match in the state machine: API. */

import type { TaskErrorCode } from '../../state-machines/contract/error-codes.ts';
import { GATHER_ERROR, NON_RETRYABLE_ERROR } from '../../state-machines/contract/error-names.ts';
import type { ChunkCounts } from '../../state-machines/contract/result.ts';

/** Throw it where another attempt cannot help: the task fails at once, whatever retries it has left. */
export class NonRetryableError extends Error {
  override readonly name = NON_RETRYABLE_ERROR;
}

/** The attempt was stopped shortly before Lambda would have killed it. */
export class TaskTimedOutError extends Error {
  override readonly name = 'TaskTimedOut' satisfies TaskErrorCode;
}

/** What a task read or wrote is not what its format or its validator allows. */
export class InvalidDataError extends Error {
  override readonly name = 'InvalidData' satisfies TaskErrorCode;
}

/** An input's task has not committed, so there is nothing to read. */
export class InputMissingError extends Error {
  override readonly name = 'InputMissing' satisfies TaskErrorCode;
}

/** More chunks of a task failed than it tolerates. */
export class ChunksFailedError extends Error {
  override readonly name = GATHER_ERROR;
  readonly chunks: ChunkCounts;
  /** When the first of them began, ISO 8601. */
  readonly startedAt: string;

  constructor(message: string, chunks: ChunkCounts, startedAt: string) {
    super(message);
    this.chunks = chunks;
    this.startedAt = startedAt;
  }
}
