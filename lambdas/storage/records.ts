/**
 * The records that tasks leave beside their outputs: read, and written so that only one commit can win.
 *
 * Asks for nothing that a task's role does not have: whether a record exists is found out with a listing of the task's
 * own folder, since S3 answers 403, not 404, to a GET of a missing key by a role that may not list the whole bucket.
 */

import type { S3Client } from '@aws-sdk/client-s3';
import {
  attemptMarkerKey,
  attemptNumberOf,
  CHUNKS,
  COMMIT_RECORD,
  chunksPrefix,
  commitRecordKey,
  type TaskId,
  taskPrefix,
} from '../../state-machines/contract/keys.ts';
import {
  type AttemptMarker,
  type CommitRecord,
  parseAttemptMarker,
  parseCommitRecord,
} from '../../state-machines/contract/records.ts';
import { SmallObjects } from './small-objects.ts';

/** What the attempts at a task left so far. */
export interface TaskHistory {
  readonly committed: boolean;
  /** The ids of the attempts that began, in the order of their numbers. */
  readonly attempts: readonly string[];
}

/** How many attempts after the first began, twins of one number counted once. */
export function retriesBegun({ attempts }: TaskHistory): number {
  return Math.max(0, new Set(attempts.map(attemptNumberOf)).size - 1);
}

/** Of a chunk-parallel task the attempts are those at gathering its chunks, which have attempts of their own. */
export interface WholeTaskHistory extends TaskHistory {
  readonly chunked: boolean;
}

export class Records {
  readonly #objects: SmallObjects;

  constructor(s3: S3Client, bucket: string) {
    this.#objects = new SmallObjects(s3, bucket);
  }

  async history(id: TaskId): Promise<WholeTaskHistory> {
    const attempts: string[] = [];
    let committed = false;
    let chunked = false;
    // Folders, not what is in them: there may be 100,000 chunks.
    for await (const name of this.#objects.list(taskPrefix(id), '/')) {
      committed ||= name === COMMIT_RECORD;
      chunked ||= name === CHUNKS;
      if (name.endsWith('/') && attemptNumberOf(name.slice(0, -1)) !== undefined) attempts.push(name.slice(0, -1));
    }
    return { committed, attempts: attempts.sort(byNumber), chunked };
  }

  /**
   * The same for every chunk that was begun, by its id; in one listing.
   *
   * @param since ISO 8601: leaves out what was written last before that second, which is as exactly as S3 knows
   */
  async chunkHistories(id: TaskId, since?: string): Promise<Map<string, TaskHistory>> {
    const chunks = new Map<string, { committed: boolean; readonly attempts: string[] }>();
    const first = since === undefined ? Number.NEGATIVE_INFINITY : Math.floor(Date.parse(since) / 1_000) * 1_000;
    for await (const { name, modifiedAt } of this.#objects.listObjects(chunksPrefix(id))) {
      if (modifiedAt < first) continue;
      const [chunk = '', folder = '', ...rest] = name.split('/');
      const isRecord = rest.length === 0 && folder === COMMIT_RECORD;
      if (!isRecord && (rest.length === 0 || attemptNumberOf(folder) === undefined)) continue;
      const history = chunks.get(chunk) ?? { committed: false, attempts: [] };
      chunks.set(chunk, history);
      if (isRecord) history.committed = true;
      else if (history.attempts.at(-1) !== folder) history.attempts.push(folder);
    }
    for (const { attempts } of chunks.values()) attempts.sort(byNumber);
    return chunks;
  }

  /** @returns undefined where there is none (or none that this role may see, which S3 does not tell apart) */
  async committed(id: TaskId): Promise<CommitRecord | undefined> {
    const key = commitRecordKey(id);
    const text = await this.#objects.getText(key);
    return text === undefined ? undefined : parseCommitRecord(text, key);
  }

  /** Whether there is a record, without reading it: that of 100,000 chunks is large. */
  hasCommitted(id: TaskId): Promise<boolean> {
    return this.#objects.exists(commitRecordKey(id));
  }

  /** The keys of all that lies in the task's folder. */
  async keysOf(id: TaskId): Promise<Set<string>> {
    const keys = new Set<string>();
    for await (const name of this.#objects.list(taskPrefix(id))) keys.add(taskPrefix(id) + name);
    return keys;
  }

  async attempt(id: TaskId, attemptId: string): Promise<AttemptMarker | undefined> {
    const key = attemptMarkerKey(id, attemptId);
    const text = await this.#objects.getText(key);
    return text === undefined ? undefined : parseAttemptMarker(text, key);
  }

  /**
   * Writes the record unless there is one.
   *
   * @throws CommitRefusedError where it is certain that nothing was written; after any other error that is not known
   * @returns the record that holds from now on, whoever wrote it
   */
  commit(id: TaskId, record: CommitRecord): Promise<CommitRecord> {
    const refused = (cause: unknown) => new CommitRefusedError(cause);
    return this.#objects.create(commitRecordKey(id), record, () => this.committed(id), refused);
  }

  markAttempt(id: TaskId, attemptId: string, marker: AttemptMarker): Promise<void> {
    return this.#objects.putJson(attemptMarkerKey(id, attemptId), marker);
  }
}

function byNumber(a: string, b: string): number {
  return (attemptNumberOf(a) ?? 0) - (attemptNumberOf(b) ?? 0);
}

/** S3 said no to the only request there was: nothing was written, and nothing that is under way still will be. */
export class CommitRefusedError extends Error {
  override readonly name = 'CommitRefused';
  override readonly cause: unknown;

  constructor(cause: unknown) {
    super('S3 refused the commit record');
    this.cause = cause;
  }
}
