/**
 * The result of a run of which none is to be found: it was cut, or whoever would have put it together is gone, or never
 * came. It is as true as its history, and says so.
 */

import type { LiveStatus, RunHistory, TaskHistory } from '../history/run-history.ts';
import {
  type RunResult,
  type RunStatus,
  STOPPED,
  type TaskResult,
  type TaskStatus,
} from '../state-machines/contract/result.ts';
import type { ExecutionEnd } from './execution-end.ts';

export function asFarAsKnown(history: RunHistory, end: ExecutionEnd): RunResult {
  const resultsOf = (those: readonly TaskHistory[]) =>
    those.map((task): [string, TaskResult] => [task.name, resultOf(task)]);
  const tasks = resultsOf(history.tasks.filter(({ hook }) => !hook));
  const hooks = resultsOf(history.tasks.filter(({ hook }) => hook));
  const count = (status: TaskStatus) => tasks.filter(([, result]) => result.status === status).length;
  const { run, pipeline, execution } = history;
  return {
    pipeline,
    run,
    ...(execution !== undefined && { execution }),
    status: end.status,
    startedAt: history.startedAt,
    durationMs: end.at.getTime() - Date.parse(history.startedAt),
    error: {
      name: end.error || NAMES[end.status],
      message: [end.cause, NO_RESULT].filter(Boolean).join('; '),
    },
    succeeded: count('SUCCEEDED'),
    failed: count('FAILED'),
    skipped: count('SKIPPED'),
    omitted: count('OMITTED'),
    tasks: Object.fromEntries(tasks),
    ...(hooks.length > 0 && { hooks: Object.fromEntries(hooks) }),
    released: { objects: 0, bytes: 0, left: holders(history) },
  };
}

const NO_RESULT =
  'the result of this run is not to be found any more, so this is what its history tells: what it left may have been deleted since';
const NAMES: Readonly<Record<RunStatus, string>> = {
  SUCCEEDED: 'ResultUnknown',
  FAILED: 'States.Runtime',
  ABORTED: 'Aborted',
  TIMED_OUT: 'States.Timeout',
};

/** How many tasks have written what was not seen to go. */
function holders({ held, tasks }: RunHistory): number {
  if ((held.at(-1)?.bytes ?? 0) === 0) return 0;
  return Math.max(1, tasks.filter(({ status, bytesOut = 0 }) => status === 'SUCCEEDED' && bytesOut > 0).length);
}

const ENDS: Readonly<Record<LiveStatus, TaskStatus>> = {
  WAITING: 'SKIPPED',
  RUNNING: 'FAILED',
  RETRYING: 'FAILED',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  SKIPPED: 'SKIPPED',
  OMITTED: 'OMITTED',
};

function resultOf({ status, retriesUsed, startedAt, endedAt, bytesIn, bytesOut, error }: TaskHistory): TaskResult {
  const end = ENDS[status];
  return {
    status: end,
    retriesUsed,
    ...(startedAt !== undefined && { startedAt }),
    ...(startedAt !== undefined &&
      endedAt !== undefined && { durationMs: Date.parse(endedAt) - Date.parse(startedAt) }),
    ...(bytesIn !== undefined && { bytesIn }),
    ...(bytesOut !== undefined && { bytesOut }),
    ...(end === 'FAILED' && { error: error ?? STOPPED }),
  };
}
