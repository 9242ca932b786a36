/** How one task or hook ended, as the state machine noted it and its records tell. */

import { ContractError } from '../../state-machines/contract/errors.ts';
import {
  failureOf,
  NON_RETRYABLE_ERROR,
  STOPPED_ERROR,
  type TaskOut,
  TRANSIENT_ERRORS,
} from '../../state-machines/contract/events.ts';
import type { TaskId } from '../../state-machines/contract/keys.ts';
import { bytesOut } from '../../state-machines/contract/records.ts';
import type { FailureInfo, OutputResult, TaskResult } from '../../state-machines/contract/result.ts';
import { type Records, retriesBegun } from '../storage/records.ts';

export const SKIPPED: TaskResult = { status: 'SKIPPED', retriesUsed: 0 };
export const OMITTED: TaskResult = { status: 'OMITTED', retriesUsed: 0 };

/** Of a task that was under way when its run was ended. */
export const STOPPED: FailureInfo = { name: STOPPED_ERROR, message: 'the run ended while this task was running' };

/** @param mark what the state machine noted; undefined where it lost its notes, and the records are all there is */
export async function taskResult(
  id: TaskId,
  retries: number,
  mark: TaskOut | undefined,
  records: Records,
): Promise<TaskResult> {
  if (mark && 'Error' in mark) return failedTask(id, retries, failureOf(mark), records);
  if (mark?.status === 'OMITTED') return OMITTED;
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
    ...(record.chunks && { chunks: record.chunks }),
  };
}

async function failedTask(id: TaskId, retries: number, error: FailureInfo, records: Records): Promise<TaskResult> {
  const { retriesUsed, chunked, last: _, begun: __, ...known } = await attemptsOf(id, records);
  // An error that can be retried fails a task only when all its retries are used up, whether or not they came so far
  // as to leave a marker. A chunk-parallel task has them for each chunk.
  const usedUp =
    !chunked &&
    !MAP_ERRORS.includes(error.name) &&
    error.name !== NON_RETRYABLE_ERROR &&
    error.name !== STOPPED.name &&
    !TRANSIENT_ERRORS.includes(error.name);
  return { status: 'FAILED', retriesUsed: usedUp ? retries : retriesUsed, ...known, error };
}

/** Those of a Map itself, which comes before any attempt. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
const MAP_ERRORS = ['States.ItemReaderFailed', 'States.ResultWriterFailed', 'States.ExceedToleratedFailureThreshold'];

/** A task without a commit in a run that was stopped: it had begun, or it never did. */
async function stoppedTask(id: TaskId, records: Records): Promise<TaskResult> {
  const { begun, chunked: _, last, ...known } = await attemptsOf(id, records);
  if (!begun) return SKIPPED;
  return { status: 'FAILED', ...known, error: last ?? STOPPED };
}

/** What the markers of a task without a commit tell. */
async function attemptsOf(id: TaskId, records: Records): Promise<Attempts> {
  const history = await records.history(id);
  const { attempts, chunked } = history;
  const retriesUsed = chunked
    ? [...(await records.chunkHistories(id)).values()].reduce((sum, chunk) => sum + retriesBegun(chunk), 0)
    : retriesBegun(history);
  const first = attempts[0] === undefined ? undefined : await readable(records.attempt(id, attempts[0]));
  const last = attempts.length > 1 ? await readable(records.attempt(id, attempts.at(-1) ?? '')) : first;
  const begun = { begun: attempts.length > 0 || chunked, chunked, retriesUsed };
  if (!first) return begun;
  const { startedAt } = first;
  if (!last?.failed) return { ...begun, startedAt };
  const { durationMs, chunks, ...failure } = last.failed;
  return {
    ...begun,
    startedAt,
    durationMs: Date.parse(last.startedAt) + durationMs - Date.parse(startedAt),
    ...(chunks && { chunks }),
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

interface Attempts extends Pick<TaskResult, 'startedAt' | 'durationMs' | 'chunks'> {
  readonly begun: boolean;
  readonly chunked: boolean;
  /** Attempts after the first that began; of a chunk-parallel task, of all its chunks together. */
  readonly retriesUsed: number;
  /** How the last one failed, where its function could say. */
  readonly last?: FailureInfo;
}
