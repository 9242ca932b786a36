/** The Task states: one function, the payload that it gets, and what is done about its errors. */

import { NON_RETRYABLE_ERROR, TRANSIENT_ERRORS } from '../contract/events.ts';
import type { PlannedTask } from '../graph/plan.ts';
import type { Retrier, TaskState } from './asl.ts';

export const RETRY_TRANSIENT: Retrier = {
  ErrorEquals: TRANSIENT_ERRORS,
  MaxAttempts: 6,
  IntervalSeconds: 1,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  JitterStrategy: 'FULL',
};

/**
 * How much longer than the function itself the state waits for it: a function's timeout does not count its cold start.
 * The function's own timeout comes first, so no state is left while its function goes on.
 */
export const TIMEOUT_MARGIN_SECONDS = 60;

/**
 * @param placeholder stands for the function's ARN
 * @param mark where the task leaves its status, or the error that was caught
 * @param onFailure the state to go on with when the task has failed
 */
export function taskState(
  task: PlannedTask,
  placeholder: string,
  mark: string,
  onFailure: string,
  exit: Pick<TaskState, 'Next' | 'End' | 'OutputPath'>,
): TaskState {
  return {
    Type: 'Task',
    Resource: `\${${placeholder}}`,
    TimeoutSeconds: task.timeoutSeconds + TIMEOUT_MARGIN_SECONDS,
    Parameters: {
      'run.$': '$$.Execution.Name',
      'input.$': '$$.Execution.Input',
      'retryCount.$': '$$.State.RetryCount',
    },
    Retry: [RETRY_TRANSIENT, ...ownRetries(task)],
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: mark, Next: onFailure }],
    // Whatever it answered: reading a path that is not there would end the run uncatchably.
    ResultSelector: { status: 'SUCCEEDED' },
    ResultPath: mark,
    ...exit,
  };
}

function ownRetries(task: PlannedTask): Retrier[] {
  if (task.retries === 0) return [];
  const { intervalSeconds, backoffRate, maxDelaySeconds, jitter } = task.retry;
  return [
    { ErrorEquals: [NON_RETRYABLE_ERROR], MaxAttempts: 0 },
    {
      ErrorEquals: ['States.ALL'],
      MaxAttempts: task.retries,
      IntervalSeconds: intervalSeconds,
      BackoffRate: backoffRate,
      MaxDelaySeconds: maxDelaySeconds,
      JitterStrategy: jitter === 'full' ? 'FULL' : 'NONE',
    },
  ];
}
