import type { LiveStatus, RunHistory } from '../../history/run-history.ts';
import type { Style } from '../terminal.ts';

export const TASK_STYLES: Readonly<Record<LiveStatus, Style>> = {
  WAITING: 'dim',
  RUNNING: 'cyan',
  RETRYING: 'yellow',
  SUCCEEDED: 'green',
  FAILED: 'red',
  SKIPPED: 'yellow',
  OMITTED: 'dim',
};

export const RUN_STYLES: Readonly<Record<RunHistory['status'], Style>> = {
  RUNNING: 'cyan',
  SUCCEEDED: 'green',
  FAILED: 'red',
  TIMED_OUT: 'red',
  ABORTED: 'red',
};
