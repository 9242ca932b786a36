/**
 * The end of a run: its result put together while its records are there, its prefix kept or emptied, its verdict.
 *
 * The order of the requests is what makes it safe to stop anywhere and be called again:
 *
 * 1. The result is stored in the prefix. Before that nothing is deleted, so the next call finds all the records.
 * 2. The lease of a resumed run goes. From then on nobody can take the run over, so that nobody works where things are
 *    being deleted; and whoever finds no lease need not look who holds the run. It cannot come later: once the records
 *    of the holders are gone, a lease would let their numbers be taken again.
 * 3. Everything else goes, in any order, since nothing of it is needed: the stored result says that it may go, and whose
 *    it is.
 * 4. The stored result goes. A call that comes later still, since the last answer was lost, has the machine's marks only.
 *
 * Keeping is one request, the lease, before which nothing has changed.
 *
 * An execution that is ended in its cleanup leaves a function behind that goes on with it, while the finalizer's comes to
 * keep the run that this one deletes. Each writes down what it is about, and then looks whether the other has: one that
 * deletes leaves what it finds kept, and one that keeps gives up where it finds the other deleting.
 */

import type { S3Client } from '@aws-sdk/client-s3';
import type {
  CleanupAnswer,
  CleanupEvent,
  NotesAnswer,
  SweepAnswer,
  SweepEvent,
} from '../../state-machines/contract/cleanup-events.ts';
import { RUN_ERRORS, reportable } from '../../state-machines/contract/error-names.ts';
import { type RunId, resultRecordKey } from '../../state-machines/contract/keys.ts';
import { failureOf } from '../../state-machines/contract/marks.ts';
import type { ResultRecord } from '../../state-machines/contract/records.ts';
import { CAUSE_LIMIT, PAYLOAD_LIMIT, type RunResult, shortenResult } from '../../state-machines/contract/result.ts';
import { Leases } from '../storage/leases.ts';
import { Records } from '../storage/records.ts';
import { SmallObjects } from '../storage/small-objects.ts';
import { emptyPrefix } from './empty-prefix.ts';
import { keepSeconds } from './keep.ts';
import { notesOf } from './notes.ts';
import { Published } from './published.ts';
import { hasGivenUp, releasedNow } from './released.ts';
import { composeRunResult, NO_RECORDS, refusedResult } from './run-result.ts';
import { storedResult, storeResult } from './stored-result.ts';
import { sweep } from './sweep.ts';
import { takeToCleanUp } from './take-to-clean-up.ts';
import type { TaskRecords } from './task-result.ts';
import { whatLies } from './what-lies.ts';

/** The answer is wrapped, and so is the state that carries it. */
const SLACK_BYTES = 8_192;
const RESULT_LIMIT = PAYLOAD_LIMIT - SLACK_BYTES;

export interface CleanupSurroundings {
  readonly pipeline: string;
  readonly s3: S3Client;
  readonly runsBucket: string;
  readonly resultsBucket: string;
  readonly hasTime: () => boolean;
  /**
   * Told of the result before it is cut to what an answer may hold.
   *
   * @param cleanup whether all is deleted that is not kept
   */
  readonly onEnd?: (result: RunResult, cleanup: 'done' | 'failed') => void;
}

/** With `notesOnly` it cleans nothing up, and answers with what it would report. */
export async function cleanUp(
  event: CleanupEvent | SweepEvent,
  surroundings: CleanupSurroundings,
): Promise<CleanupAnswer | NotesAnswer | SweepAnswer> {
  return 'sweep' in event ? sweep(event, surroundings) : new Cleanup(event, surroundings).answer();
}

class Cleanup {
  readonly #event: CleanupEvent;
  readonly #surroundings: CleanupSurroundings;
  readonly #id: RunId;
  readonly #leases: Leases;
  readonly #objects: SmallObjects;

  constructor(event: CleanupEvent, surroundings: CleanupSurroundings) {
    const { pipeline, s3, runsBucket } = surroundings;
    this.#event = event;
    this.#surroundings = surroundings;
    this.#id = { pipeline, run: event.run };
    this.#leases = new Leases(s3, runsBucket, { mayList: true });
    this.#objects = new SmallObjects(s3, runsBucket);
  }

  async answer(): Promise<CleanupAnswer | NotesAnswer> {
    const { unresumable, execution, notesOnly, state } = this.#event;
    if (unresumable !== undefined) return this.#untouched(unresumable);
    const [stored, lease] = await Promise.all([
      storedResult(this.#objects, this.#id, execution),
      this.#leases.lease(this.#id),
    ]);
    const begun = stored ?? this.#handedOver();
    if (begun) {
      const record = { ...begun, result: this.#asEnded(begun.result) };
      return notesOnly ? notesOf(record.result, state) : this.#empty(record);
    }
    const hold = await takeToCleanUp(this.#id, this.#event, lease, this.#leases);
    if (hold.kind === 'refused' || hold.kind === 'gone') return this.#untouched(hold.why, hold.kind);

    const [result, lay] = await Promise.all([this.#compose(), notesOnly ? undefined : this.#whatLies(1)]);
    if (notesOnly) return notesOf(result, state);
    if (hold.kind === 'kept') return this.#kept(result, hold.lease.until);
    const seconds = keepSeconds(this.#event, result.status);
    if (seconds > 0) return this.#keep(result, seconds, hold.holder);
    return this.#empty({ version: 1, execution, result, ...(lay && { lay }) });
  }

  /** What an invocation before this one answered with, whose stored result is gone. */
  #handedOver(): ResultRecord | undefined {
    const { state, execution } = this.#event;
    return 'result' in state ? { version: 1, execution, result: state.result } : undefined;
  }

  /** Of an execution that was ended in its cleanup, the cleanup itself knows nothing of that. */
  #asEnded(result: RunResult): RunResult {
    const { status, state } = this.#event;
    if (status === undefined) return result;
    const ended = 'Error' in state && state.Error !== undefined && !('result' in state);
    const error = result.error ?? (ended ? failureOf({ Error: state.Error, Cause: state.Cause ?? '' }) : undefined);
    return { ...result, status, ...(error && { error }) };
  }

  #compose(records: Parameters<typeof composeRunResult>[2] = this.#records()): Promise<RunResult> {
    const { state } = this.#event;
    if ('result' in state) return Promise.resolve(state.result);
    return composeRunResult(this.#id, { ...this.#event, end: state }, records);
  }

  #records(): TaskRecords {
    const { s3, runsBucket, resultsBucket } = this.#surroundings;
    const records = new Records(s3, runsBucket);
    const published = new Published(s3, resultsBucket);
    return {
      history: (task) => records.history(task),
      chunkHistories: (task, since) => records.chunkHistories(task, since),
      committed: (task) => records.committed(task),
      attempt: (task, attemptId) => records.attempt(task, attemptId),
      isPublished: (task, output) => published.has(task, output),
    };
  }

  #whatLies(maxPages: number) {
    const { s3, runsBucket } = this.#surroundings;
    return whatLies(s3, runsBucket, this.#id, maxPages);
  }

  /** The run is not this execution's: nothing is read of it, and nothing deleted. */
  async #untouched(why: string, kind: 'refused' | 'gone' = 'refused'): Promise<CleanupAnswer | NotesAnswer> {
    const { state, notesOnly, status } = this.#event;
    const composed = await this.#compose(NO_RECORDS);
    if (notesOnly) return notesOf(composed, state);
    return this.#verdict(status === undefined ? refusedResult(composed, why, kind) : composed);
  }

  async #keep(result: RunResult, seconds: number, holder: number): Promise<CleanupAnswer> {
    const { execution, shape, status } = this.#event;
    const now = Date.now();
    const until = new Date(now + seconds * 1_000).toISOString();
    await this.#leases.keep(this.#id, { until, keptAt: new Date(now).toISOString(), execution, holder, shape });
    const deleting = status === undefined ? undefined : await storedResult(this.#objects, this.#id, execution);
    if (deleting) {
      await this.#leases.end(this.#id);
      return this.#empty({ ...deleting, result: this.#asEnded(deleting.result) });
    }
    return this.#kept(result, until);
  }

  async #kept(result: RunResult, keptUntil: string): Promise<CleanupAnswer> {
    const { objects = 0 } = (await this.#whatLies(Number.POSITIVE_INFINITY)) ?? {};
    return this.#verdict({ ...result, released: { ...result.released, left: objects }, keptUntil });
  }

  async #empty(record: ResultRecord): Promise<CleanupAnswer> {
    const { s3, runsBucket, hasTime } = this.#surroundings;
    const { run, execution } = this.#event;
    await storeResult(this.#objects, this.#id, record);
    const lease = await this.#leases.lease(this.#id);
    if (lease?.execution === execution) {
      await this.#objects.delete(resultRecordKey(this.#id));
      return this.#kept(record.result, lease.until);
    }
    if (run !== execution) await this.#leases.end(this.#id);
    const last = [resultRecordKey(this.#id)];
    const emptied = await emptyPrefix(s3, runsBucket, this.#id, hasTime, { last });
    const result: RunResult = {
      ...record.result,
      durationMs: Date.now() - Date.parse(record.result.startedAt),
      released: releasedNow(record, emptied),
    };
    if (emptied.outOfTime && !hasGivenUp(emptied)) {
      await storeResult(this.#objects, this.#id, { ...record, result });
      return this.#handOver(result);
    }
    if (emptied.left === 0) return this.#verdict(result);
    const why = emptied.refusals.join('; ') || 'they were written while the cleanup ran';
    return this.#verdict(
      {
        ...result,
        status: this.#event.status ?? 'FAILED',
        error: result.error ?? {
          name: RUN_ERRORS.cleanup,
          message: `${result.released.left} objects are left: ${why}`,
        },
      },
      'failed',
    );
  }

  #handOver(result: RunResult): CleanupAnswer {
    const { state: _, ...rest } = this.#event;
    const room = RESULT_LIMIT - Buffer.byteLength(JSON.stringify(rest));
    return {
      done: false,
      result: shortenResult(result, room),
      ...(result.error && { Error: result.error.name }),
    };
  }

  /** @param cleanup whether all is deleted that is not kept */
  #verdict(result: RunResult, cleanup: 'done' | 'failed' = 'done'): CleanupAnswer {
    this.#surroundings.onEnd?.(result, cleanup);
    const ofFinalizer = this.#event.status !== undefined;
    if (!result.error || (ofFinalizer && cleanup === 'done'))
      return { done: true, result: shortenResult(result, RESULT_LIMIT) };
    const error = ofFinalizer ? RUN_ERRORS.cleanup : reportable(result.error.name);
    return { done: true, error, cause: JSON.stringify(shortenResult(result, CAUSE_LIMIT)) };
  }
}
