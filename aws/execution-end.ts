import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { RunStatus } from '../state-machines/contract/result.ts';

/** How an execution ended, as the last event of its history tells. */
export interface ExecutionEnd {
  readonly status: RunStatus;
  readonly at: Date;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** @returns undefined for an event that ends nothing */
export function endIn(event: HistoryEvent): ExecutionEnd | undefined {
  const { type, timestamp: at = new Date() } = event;
  switch (type) {
    case 'ExecutionSucceeded':
      return { status: 'SUCCEEDED', at, ...whole(event.executionSucceededEventDetails) };
    case 'ExecutionFailed':
      return { status: 'FAILED', at, ...whole(event.executionFailedEventDetails) };
    case 'ExecutionAborted':
      return { status: 'ABORTED', at, ...whole(event.executionAbortedEventDetails) };
    case 'ExecutionTimedOut':
      return { status: 'TIMED_OUT', at, ...whole(event.executionTimedOutEventDetails) };
    default:
      return undefined;
  }
}

interface Told {
  readonly output?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

function whole({ output, error, cause }: Told = {}): Pick<ExecutionEnd, 'output' | 'error' | 'cause'> {
  return { ...(output && { output }), ...(error && { error }), ...(cause && { cause }) };
}
