/** How one task or hook ended, as the state machine noted it and its records tell. */

import { NON_RETRYABLE_ERROR, TRANSIENT_ERRORS } from '../../state-machines/contract/error-names.ts';
import { ContractError } from '../../state-machines/contract/errors.ts';
import type { TaskId } from '../../state-machines/contract/keys.ts';
import { failureOf, type TaskOut } from '../../state-machines/contract/marks.ts';
import { bytesOut, type CommittedOutput } from '../../state-machines/contract/records.ts';
import {
  type FailureInfo,
  OMITTED,
  type OutputResult,
  SKIPPED,
  STOPPED,
  type TaskResult,
} from '../../state-machines/contract/result.ts';
import { type Records, retriesBegun } from '../storage/records.ts';

/** What is asked of them here. */
export interface TaskRecords extends Pick<Records, 'history' | 'chunkHistories' | 'committed' | 'attempt'> {
  isPublished(id: TaskId, output: CommittedOutput): Promise<boolean>;
}

/**
 * @param mark what the state machine noted; undefined where it lost its notes, and the records are all there is
 * @param since when the execution started, where it resumes a run: earlier attempts are not its own
 */
export async function taskResult(
  id: TaskId,
  retries: number,
  mark: TaskOut | undefined,
  records: TaskRecords,
  since?: string,
): Promise<TaskResult> {
  if (mark && 'Error' in mark) return failedTask(id, retries, failureOf(mark), records, since);
  if (mark?.status === 'OMITTED') return OMITTED;
  const record = await readable(records.committed(id));
  if (!record) return mark ? { status: 'SUCCEEDED', retriesUsed: 0 } : stoppedTask(id, records, since);
  const outputs = Object.entries(record.outputs).map(async ([name, output]): Promise<[string, OutputResult]> => {
    const { bytes, rows, resultKey } = output;
    // Publishing comes after the commit: a task whose end was noted has done it for certain.
    const published = resultKey !== undefined && (mark !== undefined || (await records.isPublished(id, output)));
    return [name, { bytes, ...(rows !== undefined && { rows }), ...(published && { resultKey }) }];
  });
  return {
    status: 'SUCCEEDED',
    retriesUsed: record.retriesUsed,
    startedAt: record.startedAt,
    durationMs: record.durationMs,
    bytesIn: record.bytesIn,
    bytesOut: bytesOut(record),
    outputs: Object.fromEntries(await Promise.all(outputs)),
    ...(record.chunks && { chunks: record.chunks }),
  };
}

async function failedTask(
  id: TaskId,
  retries: number,
  error: FailureInfo,
  records: TaskRecords,
  since: string | undefined,
): Promise<TaskResult> {
  const { retriesUsed, chunked, last: _, begun: __, ...known } = await attemptsOf(id, records, since);
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
async function stoppedTask(id: TaskId, records: TaskRecords, since: string | undefined): Promise<TaskResult> {
  const { begun, chunked: _, last, ...known } = await attemptsOf(id, records, since);
  if (!begun) return SKIPPED;
  return { status: 'FAILED', ...known, error: last ?? STOPPED };
}

/** What the markers of a task without a commit tell. */
async function attemptsOf(id: TaskId, records: TaskRecords, since: string | undefined): Promise<Attempts> {
  const { chunked, ...history } = await records.history(id);
  const attempts = since === undefined ? history.attempts : await begunSince(since, id, history.attempts, records);
  const ofChunks = chunked ? [...(await records.chunkHistories(id, since)).values()] : [];
  const retriesUsed = chunked
    ? ofChunks.reduce((sum, chunk) => sum + retriesBegun(chunk), 0)
    : retriesBegun({ ...history, attempts });
  const first = attempts[0] === undefined ? undefined : await readable(records.attempt(id, attempts[0]));
  const last = attempts.length > 1 ? await readable(records.attempt(id, attempts.at(-1) ?? '')) : first;
  const begun = { begun: attempts.length > 0 || ofChunks.length > 0, chunked, retriesUsed };
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

/** Attempts are numbered from one again when a run is resumed, so that their ids do not tell whose they are. */
async function begunSince(
  since: string,
  id: TaskId,
  attempts: readonly string[],
  records: TaskRecords,
): Promise<string[]> {
  const markers = await Promise.all(attempts.map((attempt) => readable(records.attempt(id, attempt))));
  return attempts.filter((_, index) => Date.parse(markers[index]?.startedAt ?? '') >= Date.parse(since));
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
