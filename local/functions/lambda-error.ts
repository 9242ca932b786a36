/** Errors of functions, as Step Functions sees them. */

import { type FailureInfo, STOPPED } from '../../state-machines/contract/result.ts';

/** The error's type is what Retry and Catch match; the cause is JSON. */
export class LambdaError extends Error {
  readonly errorMessage: string;

  constructor(errorType: string, errorMessage: string, trace: readonly string[] = []) {
    super(JSON.stringify({ errorType, errorMessage, trace }));
    this.name = errorType;
    this.errorMessage = errorMessage;
  }
}

/** Lambda kills a function that runs longer than its timeout. */
export function timedOut(requestId: string, timeoutSeconds: number): LambdaError {
  const message = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return new LambdaError('Sandbox.Timedout', message);
}

/** What a function ends with that still runs when its run has ended. */
export function stopped(): LambdaError {
  return new LambdaError(STOPPED.name, STOPPED.message);
}

export function failureInfoOf(error: unknown): FailureInfo {
  if (error instanceof LambdaError) return { name: error.name, message: error.errorMessage };
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}
