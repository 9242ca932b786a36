/** How tasks, attempts and runs stand, in words. */

import type { AttemptHistory, LiveStatus, RunHistory } from './run-history.ts';

export type AnyStatus = LiveStatus | RunHistory['status'] | AttemptHistory['status'];

export const STATUS_WORDS: Readonly<Record<AnyStatus, string>> = {
  WAITING: 'waiting',
  RUNNING: 'running',
  RETRYING: 'retrying',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  SKIPPED: 'skipped',
  OMITTED: 'omitted',
  STOPPED: 'stopped',
  ABORTED: 'aborted',
  TIMED_OUT: 'timed out',
};
