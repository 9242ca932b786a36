/**
 * One attempt at a task: the commit protocol.
 *
 * 1. A task that has committed answers from its record and does no work.
 * 2. The handler streams its outputs into a folder that no other attempt has.
 * 3. Creating the commit record, which only one attempt can, makes them the task's outputs.
 * 4. Durable outputs are then copied, from what was committed, to where they stay. An attempt that finds a record
 *    does this step again, so a crash between 3 and 4 loses nothing and a late attempt publishes nothing of its own.
 */

import { randomBytes } from 'node:crypto';
import type { TaskAnswer, TaskEvent } from '../../state-machines/contract/events.ts';
import { attemptIdOf, attemptNumberOf, type TaskId } from '../../state-machines/contract/keys.ts';
import { type AttemptMarker, bytesOut, type CommitRecord } from '../../state-machines/contract/records.ts';
import { cutText } from '../../state-machines/contract/result.ts';
import type { PlannedTask } from '../../state-machines/graph/plan.ts';
import { CommitRefusedError, type Records } from '../storage/records.ts';
import { NonRetryableError } from './errors.ts';
import { openInputs } from './inputs.ts';
import { Outputs } from './outputs.ts';
import type { Store } from './store.ts';
import type { TaskContext } from './types.ts';

/** Any task's handler; the types were checked where it was declared. The receipts that it returns are for the compiler. */
// biome-ignore lint/suspicious/noExplicitAny: the context of whatever task it is
export type AnyHandler = (context: any) => unknown;

export interface Attempt {
  readonly pipeline: string;
  readonly task: PlannedTask;
  readonly event: TaskEvent;
  readonly records: Records;
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly log: TaskContext<{}, {}>['log'];
  readonly requestId: string;
  readonly logStream?: string | undefined;
}

/** Error messages travel through the state data of the machine, which is limited. */
const MESSAGE_LENGTH = 1_000;

export async function runAttempt(handler: AnyHandler, attempt: Attempt): Promise<TaskAnswer> {
  const { pipeline, task, event, records, store } = attempt;
  const id: TaskId = { pipeline, run: event.run, task: task.name };
  const before = await records.history(id);
  if (before.committed) {
    const record = await records.committed(id);
    if (record) {
      attempt.log.info('already committed', { attempt: record.attempt });
      await publish(record, store);
      return answerOf(record);
    }
  }
  const number = event.retryCount + 1;
  const began = {
    attemptId: attemptIdOf(number, randomBytes(4).toString('hex')),
    attempt: number,
    startedAt: new Date(),
  };
  const marker = new Marker(attempt, id, began.attemptId, began.startedAt);
  const outputs = new Outputs(id, began.attemptId, task, store, attempt.signal);
  let phase: 'working' | 'committing' | 'committed' = 'working';
  try {
    const [inputs] = await Promise.all([openInputs(id, task, records, store), marker.begun]);
    const written = await untilAborted(attempt.signal, async () => {
      await handler({
        inputs: inputs.readers,
        outputs: outputs.writers,
        input: event.input,
        run: event.run,
        attempt: number,
        signal: attempt.signal,
        log: attempt.log,
      });
      return outputs.finish();
    });
    await refuseIfOver(id, began.attemptId, records);
    phase = 'committing';
    const record = await records.commit(id, {
      version: 1,
      attemptId: began.attemptId,
      attempt: number,
      retriesUsed: new Set(before.attempts.map(attemptNumberOf)).difference(new Set([number])).size,
      startedAt: began.startedAt.toISOString(),
      durationMs: Date.now() - began.startedAt.getTime(),
      bytesIn: inputs.bytesOpened(),
      outputs: written,
    });
    phase = 'committed';
    if (record.attemptId !== began.attemptId) {
      attempt.log.warn('another attempt committed first', { attempt: record.attempt });
      await outputs.discard();
    }
    await publish(record, store);
    return answerOf(record);
  } catch (cause) {
    const refused = cause instanceof CommitRefusedError;
    const error = presentable(refused ? cause.cause : cause);
    // From the commit on these may be the task's outputs, whatever this attempt was told: only what S3 is certain not
    // to have committed may go.
    const uncommitted = phase === 'working' || (phase === 'committing' && refused);
    await Promise.all([uncommitted && outputs.discard(), marker.fail(error)]);
    throw error;
  }
}

/**
 * A twin that nobody waits for any more may end long after its run. Its own marker tells: cleanup has deleted it.
 *
 * @throws NonRetryableError
 */
async function refuseIfOver(id: TaskId, attemptId: string, records: Records): Promise<void> {
  const { attempts } = await records.history(id);
  if (attempts.includes(attemptId)) return;
  throw new NonRetryableError('the run has ended and its data is gone; this attempt came too late');
}

/** Rejects with the signal's reason when it fires; what still runs then can store nothing more. */
async function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function publish(record: CommitRecord, store: Store): Promise<void> {
  await Promise.all(
    Object.values(record.outputs).map(async ({ key, bytes, resultKey }) => {
      if (resultKey) await store.publish(key, resultKey, bytes);
    }),
  );
}

function answerOf(record: CommitRecord): TaskAnswer {
  return {
    status: 'SUCCEEDED',
    attempt: record.attempt,
    retriesUsed: record.retriesUsed,
    durationMs: record.durationMs,
    bytesIn: record.bytesIn,
    bytesOut: bytesOut(record),
  };
}

/** Says that an attempt began. It is there before the handler is: a handler that dies at once is counted too. */
class Marker {
  readonly begun: Promise<void>;
  readonly #write: (marker: AttemptMarker) => Promise<void>;
  readonly #marker: AttemptMarker;

  constructor({ records, requestId, logStream }: Attempt, id: TaskId, attemptId: string, startedAt: Date) {
    this.#write = (marker) => records.markAttempt(id, attemptId, marker);
    this.#marker = { version: 1, startedAt: startedAt.toISOString(), requestId, ...(logStream && { logStream }) };
    this.begun = this.#write(this.#marker);
    this.begun.catch(() => undefined);
  }

  /** Best effort: the error reaches the state machine in any case. */
  async fail(error: Error): Promise<void> {
    const durationMs = Date.now() - Date.parse(this.#marker.startedAt);
    await this.begun.catch(() => undefined);
    const failed = { name: error.name, message: error.message, durationMs };
    await this.#write({ ...this.#marker, failed }).catch(() => undefined);
  }
}

/** An Error in any case, with a message and a stack that are not too long to be handed on. */
function presentable(cause: unknown): Error {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  if (error.message.length > MESSAGE_LENGTH) error.message = cutText(error.message, MESSAGE_LENGTH);
  error.stack = (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 5)
    .join('\n');
  error.stack = `${error.name}: ${error.message}\n${error.stack}`;
  return error;
}
