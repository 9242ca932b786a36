/** When a task is tried again, as far as its retriers say. */

import type { TaskHistory } from '../../history/run-history.ts';
import { TRANSIENT_ERRORS } from '../../state-machines/contract/error-names.ts';
import type { PlannedTask } from '../../state-machines/graph/plan.ts';
import type { RetryDef } from '../../state-machines/graph/settings.ts';

export interface Due {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** At that time; with jitter at any time until then. */
  readonly exactly: boolean;
}

/** Of errors of the Lambda service: the defaults of Step Functions. */
const TRANSIENT: Required<RetryDef> = {
  intervalSeconds: 1,
  backoffRate: 2,
  maxDelaySeconds: Number.POSITIVE_INFINITY,
  jitter: 'full',
};

/** @returns undefined where it waits for no next attempt, or where the plan does not know the task */
export function nextAttemptDue({ status, attempts }: TaskHistory, planned: PlannedTask | undefined): Due | undefined {
  const last = attempts.findLast((attempt) => attempt.status === 'FAILED');
  if (status !== 'RETRYING' || !planned || last?.endedAt === undefined) return undefined;
  const retry = TRANSIENT_ERRORS.includes(last.error?.name ?? '') ? TRANSIENT : planned.retry;
  const seconds = Math.min(retry.maxDelaySeconds, retry.intervalSeconds * retry.backoffRate ** (last.attempt - 1));
  return { at: Date.parse(last.endedAt) + seconds * 1000, exactly: retry.jitter === 'none' };
}
