/** The small JSON objects that tasks leave beside their outputs. */

import { ContractError } from './errors.ts';
import { isName, RUN_ID } from './names.ts';
import { isObject } from './objects.ts';
import type { ChunkCounts, FailureInfo, RunResult } from './result.ts';
import type { Scalar } from './values.ts';

/** `_committed.json`: makes one attempt's outputs the task's outputs. Written once, with `If-None-Match: *`. */
export interface CommitRecord {
  readonly version: 1;
  readonly attemptId: string;
  readonly attempt: number;
  /** Attempts that began before this one, in its execution. */
  readonly retriesUsed: number;
  /** Its execution, where that is not the one of the run's name: it resumed the run. */
  readonly execution?: string;
  /** ISO 8601, by the function's clock. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly outputs: Readonly<Record<string, CommittedOutput>>;
  /** The values that conditions look at, by `valueName`. */
  readonly values?: Readonly<Record<string, Scalar>>;
  /** Of a chunk-parallel task. */
  readonly chunks?: ChunkCounts;
}

export interface CommittedOutput {
  /** In the runs bucket; of a chunk-parallel task the folder of its chunks. */
  readonly key: string;
  readonly bytes: number;
  /** Rows, where the format has rows. */
  readonly rows?: number;
  /** Where a durable output is published, in the results bucket; of a chunk-parallel task the folder of its chunks. */
  readonly resultKey?: string;
  /** Of a chunk-parallel task: what each chunk committed, in the order of the chunks. */
  readonly parts?: readonly CommittedPart[];
  /** Of a list of chunks: their ids in order. */
  readonly chunkIds?: readonly string[];
  /** The tasks that read it: once all of them have committed, it is gone. */
  readonly releasedBy?: readonly string[];
}

export interface CommittedPart {
  readonly chunk: string;
  readonly key: string;
  readonly bytes: number;
  readonly rows?: number;
  readonly resultKey?: string;
}

/** How many bytes an attempt's outputs hold. */
export function bytesOut({ outputs }: CommitRecord): number {
  return Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0);
}

/** `_attempt.json`: written as an attempt begins, and again when it fails in a way that its function can see. */
export interface AttemptMarker {
  readonly version: 1;
  readonly startedAt: string;
  readonly requestId: string;
  readonly logStream?: string;
  readonly failed?: FailureInfo & {
    readonly durationMs: number;
    /** Where it was the gathering of chunks that failed, since too many of them had; times are then theirs. */
    readonly chunks?: ChunkCounts;
  };
}

/**
 * `_lease.json`: the run is over, and its data stays until then. It is what can be resumed; who deletes the data deletes
 * it first.
 */
export interface LeaseRecord {
  readonly version: 1;
  /** ISO 8601, as the other times. */
  readonly until: string;
  readonly keptAt: string;
  /** The execution that kept it. */
  readonly execution: string;
  /** Which holder of the run that was: 0 is the execution of the run's own name. */
  readonly holder: number;
  /** `shapeOf` the graph. */
  readonly shape: string;
}

/**
 * `_holders/<n>.json`: who holds the run after holder n-1 has kept it. Created with `If-None-Match: *`, so of all that
 * would resume a run or delete what is left of it only one can.
 */
export interface HolderRecord {
  readonly version: 1;
  /** An execution that resumes the run, by its name, or the reaper, once the lease is over. */
  readonly by: { readonly execution: string } | 'reaper';
  readonly at: string;
}

/** `_result.json`: what is known of a run, written before the records are deleted that tell it, and deleted last. */
export interface ResultRecord {
  readonly version: 1;
  /** The execution whose result it is. */
  readonly execution: string;
  readonly result: RunResult;
  /** What lay there before the first deletion; absent where that is more than a page of the listing. */
  readonly lay?: { readonly objects: number; readonly bytes: number };
}

/** @throws ContractError where the text is no such record, e.g. one of a newer version */
export function parseCommitRecord(text: string, key: string): CommitRecord {
  return parseVersion1<CommitRecord>(text, key, (record) => isObject(record.outputs));
}

export function parseAttemptMarker(text: string, key: string): AttemptMarker {
  return parseVersion1<AttemptMarker>(text, key, (record) => typeof record.startedAt === 'string');
}

export function parseLease(text: string, key: string): LeaseRecord {
  return parseVersion1<LeaseRecord>(
    text,
    key,
    ({ until, holder, shape }) =>
      !Number.isNaN(Date.parse(until)) && Number.isSafeInteger(holder) && holder >= 0 && typeof shape === 'string',
  );
}

export function parseHolder(text: string, key: string): HolderRecord {
  return parseVersion1<HolderRecord>(
    text,
    key,
    ({ by }) => by === 'reaper' || (isObject(by) && isName(RUN_ID, by['execution'])),
  );
}

export function parseResultRecord(text: string, key: string): ResultRecord {
  return parseVersion1<ResultRecord>(
    text,
    key,
    ({ execution, result }) => isName(RUN_ID, execution) && isObject(result) && isObject(result['tasks']),
  );
}

function parseVersion1<T extends { version: 1 }>(text: string, key: string, fits: (record: T) => boolean): T {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    record = undefined;
  }
  if (isObject(record) && record['version'] === 1 && fits(record as unknown as T)) return record as unknown as T;
  throw new ContractError('InvalidRecord', `${key} is not a record of version 1: ${text.slice(0, 100)}`);
}
