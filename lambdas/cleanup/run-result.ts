/** Puts a run's result together from what the state machine noted and what the tasks' records say. */

import { ContractError } from '../../state-machines/contract/errors.ts';
import {
  failureOf,
  marksOf,
  NON_RETRYABLE_ERROR,
  RUN_ERRORS,
  type RunEnd,
  type TaskOut,
  type TaskRetries,
  TRANSIENT_ERRORS,
} from '../../state-machines/contract/events.ts';
import { attemptNumberOf, type RunId, type TaskId } from '../../state-machines/contract/keys.ts';
import { bytesOut } from '../../state-machines/contract/records.ts';
import type { FailureInfo, OutputResult, RunResult, TaskResult } from '../../state-machines/contract/result.ts';
import { eachLimited } from '../storage/each-limited.ts';
import type { Records } from '../storage/records.ts';

const READS_AT_ONCE = 32;

export async function composeRunResult(
  id: RunId,
  run: { readonly tasks: readonly TaskRetries[]; readonly startedAt: string; readonly end: RunEnd },
  records: Records,
): Promise<RunResult> {
  const { tasks, startedAt, end } = run;
  const marks = 'out' in end ? marksOf(end.out) : undefined;
  const results: Record<string, TaskResult> = Object.fromEntries(tasks.map(({ name }) => [name, SKIPPED]));
  await eachLimited(tasks, READS_AT_ONCE, async ({ name, retries }) => {
    const mark = marks?.get(name);
    // Where the machine noted every task's end, one without a mark never started.
    if (marks && !mark) return;
    results[name] = await taskResult({ ...id, task: name }, retries, mark, records);
  });
  const count = (status: TaskResult['status']) =>
    Object.values(results).filter((task) => task.status === status).length;
  const error = runError(end, results);
  return {
    pipeline: id.pipeline,
    run: id.run,
    status: error ? 'FAILED' : 'SUCCEEDED',
    startedAt,
    durationMs: Date.now() - Date.parse(startedAt),
    ...(error && { error }),
    succeeded: count('SUCCEEDED'),
    failed: count('FAILED'),
    skipped: count('SKIPPED'),
    omitted: count('OMITTED'),
    tasks: results,
    released: { objects: 0, bytes: 0, left: 0 },
  };
}

const SKIPPED: TaskResult = { status: 'SKIPPED', retriesUsed: 0 };

/** @param mark what the state machine noted; undefined where it lost its notes, and the records are all there is */
async function taskResult(
  id: TaskId,
  retries: number,
  mark: TaskOut | undefined,
  records: Records,
): Promise<TaskResult> {
  if (mark && 'Error' in mark) return failedTask(id, retries, failureOf(mark), records);
  const record = await readable(records.committed(id));
  if (!record) return mark ? { status: 'SUCCEEDED', retriesUsed: 0 } : stoppedTask(id, records);
  // Publishing comes after the commit: only a task whose end was noted has done it for certain.
  const outputs = Object.entries(record.outputs).map(([name, { bytes, rows, resultKey }]): [string, OutputResult] => [
    name,
    { bytes, ...(rows !== undefined && { rows }), ...(mark && resultKey && { resultKey }) },
  ]);
  return {
    status: 'SUCCEEDED',
    retriesUsed: record.retriesUsed,
    startedAt: record.startedAt,
    durationMs: record.durationMs,
    bytesIn: record.bytesIn,
    bytesOut: bytesOut(record),
    outputs: Object.fromEntries(outputs),
  };
}

async function failedTask(id: TaskId, retries: number, error: FailureInfo, records: Records): Promise<TaskResult> {
  const { begun, last: _, ...times } = await attemptsOf(id, records);
  // An error that can be retried fails a task only when all its retries are used up, whether or not they came so far
  // as to leave a marker.
  const usedUp = error.name !== NON_RETRYABLE_ERROR && !TRANSIENT_ERRORS.includes(error.name);
  return { status: 'FAILED', retriesUsed: usedUp ? retries : Math.max(0, begun - 1), ...times, error };
}

/** A task without a commit in a run that was stopped: it had begun, or it never did. */
async function stoppedTask(id: TaskId, records: Records): Promise<TaskResult> {
  const { begun, last, ...times } = await attemptsOf(id, records);
  if (begun === 0) return SKIPPED;
  const error = last ?? { name: 'Stopped', message: 'the run ended while this task was running' };
  return { status: 'FAILED', retriesUsed: begun - 1, ...times, error };
}

/** What the markers of a task without a commit tell. */
async function attemptsOf(id: TaskId, records: Records): Promise<Attempts> {
  const { attempts } = await records.history(id);
  const begun = new Set(attempts.map(attemptNumberOf)).size;
  const first = attempts[0] === undefined ? undefined : await readable(records.attempt(id, attempts[0]));
  const last = attempts.length > 1 ? await readable(records.attempt(id, attempts.at(-1) ?? '')) : first;
  if (!first) return { begun };
  const { startedAt } = first;
  if (!last?.failed) return { begun, startedAt };
  const { durationMs, ...failure } = last.failed;
  return {
    begun,
    startedAt,
    durationMs: Date.parse(last.startedAt) + durationMs - Date.parse(startedAt),
    last: failure,
  };
}

/** A record that nobody can read is as good as none: it must not keep the run from being cleaned up. */
async function readable<T>(record: Promise<T>): Promise<T | undefined> {
  try {
    return await record;
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}

interface Attempts extends Pick<TaskResult, 'startedAt' | 'durationMs'> {
  /** How many began, twins of one number counted once. */
  readonly begun: number;
  /** How the last one failed, where its function could say. */
  readonly last?: FailureInfo;
}

function runError(end: RunEnd, tasks: Readonly<Record<string, TaskResult>>): FailureInfo | undefined {
  if (end.Error !== undefined) return failureOf({ Error: end.Error, Cause: end.Cause ?? '' });
  const failed = Object.entries(tasks).filter(([, task]) => task.status === 'FAILED');
  if (failed.length === 0) return undefined;
  const named = failed.slice(0, 3).map(([name, { error }]) => `${name} (${error?.name}: ${error?.message})`);
  const more = failed.length > named.length ? ` and ${failed.length - named.length} more` : '';
  return { name: RUN_ERRORS.task, message: `${named.join(', ')}${more} failed` };
}
