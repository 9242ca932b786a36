/**
 * What the functions of a pipeline count, by its names in CloudWatch. All are sent with the dimensions `service`, the
 * pipeline, and `deployment`, where it is deployed; some with `task` besides.
 *
 * A count of what goes wrong is sent only where it is not 0: CloudWatch charges for the hours in which a metric comes.
 */

export const METRIC_NAMESPACE = 'Ebbtide';

export const DIMENSIONS = { pipeline: 'service', deployment: 'deployment', task: 'task' } as const;

/** Of a run that has ended, by the cleanup: of each execution once. */
export const RUN_METRICS = {
  /** Tasks that failed for good. With `task` too. */
  taskFailures: 'TaskFailures',
  /** Attempts after the first, of tasks that succeeded and of those that failed. With `task` too. */
  retries: 'Retries',
  /** What its tasks wrote, intermediates and results. */
  bytesWritten: 'BytesWritten',
  /** What was deleted of its intermediates, by its tasks, its cleanup and its last sweep. */
  bytesReleased: 'BytesReleased',
  /** Runs of which something could not be deleted; by the reaper too, once a visit. */
  cleanupsFailed: 'CleanupsFailed',
} as const;

/** With `task`, by the function of a task or a hook. */
export const TASK_METRICS = {
  /** Milliseconds, of an attempt that succeeded; not of single chunks. */
  taskDuration: 'TaskDuration',
  /** Of what its function can tell: not of one that was killed. */
  attemptsFailed: 'AttemptsFailed',
} as const;

/** By the reaper, once a visit. */
export const REAPER_METRICS = {
  /** What lies in the bucket after it: always sent, so that a visit that did not come to its end is missed. */
  bytesHeld: 'BytesHeld',
  active: 'RunsActive',
  kept: 'RunsKept',
  released: 'RunsReleased',
  expired: 'RunsExpired',
  orphansFound: 'OrphansFound',
  failed: RUN_METRICS.cleanupsFailed,
} as const;
