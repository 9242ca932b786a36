/** The names of errors that the state machines match or report. */

import type { RunErrorCode, TaskErrorCode } from './error-codes.ts';

/** Error names that the state machine itself reports for a run. They are matched by users' alarms: API. */
export const RUN_ERRORS = {
  /** At least one task failed. */
  task: 'TaskFailed',
  /** An error of Step Functions itself ended the run. The result has its name. */
  run: 'RunFailed',
  /** The tasks succeeded, but a finally task failed. */
  finally: 'FinallyFailed',
  /** The tasks succeeded, but the run's intermediates could not all be deleted. */
  cleanup: 'CleanupFailed',
  /** The run that the input asks to resume is not there any more, is held by another execution, or was another graph's. */
  resume: 'ResumeRefused',
} as const satisfies Record<string, RunErrorCode>;

/**
 * Error names that begin so are Step Functions' own: a Fail state may have none of them. What becomes of one that does is
 * not documented, and elsewhere it is States.Runtime, without the cause. https://states-language.net/spec.html#errors
 */
export const RESERVED_PREFIX = 'States.';

/** The name under which a Fail state reports an error. */
export function reportable(name: string): string {
  return name.startsWith(RESERVED_PREFIX) ? RUN_ERRORS.run : name;
}

/** The error of which no further attempt is made. */
export const NON_RETRYABLE_ERROR = 'NonRetryableError' satisfies TaskErrorCode;

/** Of a task that was under way when its run was ended. */
export const STOPPED_ERROR = 'Stopped' satisfies TaskErrorCode;

/** More chunks of a task failed than it tolerates. */
export const GATHER_ERROR = 'ChunksFailed' satisfies TaskErrorCode;

/**
 * Errors of the Lambda service, not of the function: mostly nothing ran. They have a retrier of their own, so they use
 * up none of the task's retries. https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html
 */
export const TRANSIENT_ERRORS: readonly string[] = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];
