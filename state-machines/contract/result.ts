/** How a run ended: the execution's output where it succeeded, the cause of its error where it failed. */

import { STOPPED_ERROR } from './error-names.ts';

export const RUN_STATUSES = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export type TaskStatus = 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'OMITTED';

export interface RunResult {
  readonly pipeline: string;
  readonly run: string;
  /** The execution, where it is not the one of the run's name: it resumed the run. */
  readonly execution?: string;
  readonly status: RunStatus;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** Why the run failed. */
  readonly error?: FailureInfo;
  /** How many tasks ended in each way. */
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
  readonly omitted: number;
  readonly tasks: Readonly<Record<string, TaskResult>>;
  /** The hooks, where there are any: OMITTED is one that there was no reason to run. */
  readonly hooks?: Readonly<Record<string, TaskResult>>;
  readonly released: Released;
  /** Where the run's intermediates were kept: until when, ISO 8601. */
  readonly keptUntil?: string;
}

/** What was deleted of the run's intermediates. */
export interface Released {
  readonly objects: number;
  readonly bytes: number;
  /** Objects that are still there; 0 unless they were kept or failed to go. */
  readonly left: number;
  /** Those that went while the run went on, since every task that reads them had committed. */
  readonly consumed?: { readonly objects: number; readonly bytes: number };
  /** Versions that were not the latest, and delete markers; where there were any, as below. */
  readonly versions?: number;
  /** Multipart uploads that nobody would have completed. */
  readonly uploads?: number;
  /** What deleting took, in requests to S3. */
  readonly requests?: number;
}

export interface TaskResult {
  readonly status: TaskStatus;
  /** Attempts after the first that began; Lambda's own transient errors, after which none began, do not count. */
  readonly retriesUsed: number;
  /** ISO 8601: when the attempt that succeeded began, or the first one of a task that failed. */
  readonly startedAt?: string;
  /** Of the attempt that succeeded; of a task that failed, from the first attempt's start to the last one's end. */
  readonly durationMs?: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly error?: FailureInfo;
  readonly outputs?: Readonly<Record<string, OutputResult>>;
  /** Of a chunk-parallel task; its other figures are those of all its chunks together. */
  readonly chunks?: ChunkCounts;
}

/** Of a task or a hook that did not run. */
export const SKIPPED: TaskResult = { status: 'SKIPPED', retriesUsed: 0 };
export const OMITTED: TaskResult = { status: 'OMITTED', retriesUsed: 0 };

/** Of a task that was under way when its run was ended. */
export const STOPPED: FailureInfo = { name: STOPPED_ERROR, message: 'the run ended while this task was running' };

export interface ChunkCounts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  /** The first few that failed, tolerated or not. */
  readonly failures?: readonly ChunkFailure[];
}

export interface ChunkFailure {
  readonly chunk: string;
  /** The name of its error and what it says, or what is known where its function could say nothing. */
  readonly message: string;
}

export interface FailureInfo {
  /** As `Retry` and `Catch` match it. */
  readonly name: string;
  readonly message: string;
}

export interface OutputResult {
  readonly bytes: number;
  readonly rows?: number;
  /** Of a durable output: where it stays, in the results bucket. */
  readonly resultKey?: string;
}

/** The longest cause that a `Fail` state reports, in characters (API_FailedExecution, ExecutionFailed event). */
export const CAUSE_LIMIT = 32_768;

/** The largest payload between states, in UTF-8 bytes. */
export const PAYLOAD_LIMIT = 262_144;

/**
 * A result that takes no more than `limit` UTF-8 bytes as JSON. Long messages are cut first, then the details of tasks
 * go, then the tasks that did not fail, at last all tasks; the counts always stay.
 */
export function shortenResult(result: RunResult, limit: number): RunResult {
  let shortened = result;
  for (const shorten of [cutMessages(500), dropOutputs, cutMessages(120), onlyStatuses, onlyUnsuccessful, onlyCounts]) {
    if (sizeOf(shortened) <= limit) return shortened;
    shortened = shorten(shortened);
  }
  return shortened;
}

type Shorten = (result: RunResult) => RunResult;

function cutMessages(length: number): Shorten {
  const cut = (error: FailureInfo): FailureInfo => ({ name: error.name, message: cutText(error.message, length) });
  return (result) => ({
    ...mapResults(result, (task) => (task.error ? { ...task, error: cut(task.error) } : task)),
    ...(result.error && { error: cut(result.error) }),
  });
}

const dropOutputs: Shorten = (result) => mapResults(result, ({ outputs: _, ...task }) => task);

const onlyStatuses: Shorten = (result) =>
  mapResults(result, ({ status, retriesUsed, error }) => ({ status, retriesUsed, ...(error && { error }) }));

const onlyUnsuccessful: Shorten = (result) =>
  changeResults(result, (results) =>
    Object.fromEntries(Object.entries(results).filter(([, { status }]) => status === 'FAILED')),
  );

const onlyCounts: Shorten = (result) => changeResults(result, () => ({}));

function mapResults(result: RunResult, change: (one: TaskResult) => TaskResult): RunResult {
  return changeResults(result, (results) =>
    Object.fromEntries(Object.entries(results).map(([name, one]) => [name, change(one)])),
  );
}

/** The tasks' and the hooks' alike. */
function changeResults(result: RunResult, change: (results: RunResult['tasks']) => RunResult['tasks']): RunResult {
  return { ...result, tasks: change(result.tasks), ...(result.hooks && { hooks: change(result.hooks) }) };
}

export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  // Not through the middle of a character that takes two code units.
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function sizeOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
