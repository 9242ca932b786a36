/**
 * The commit protocol, of a task, of one chunk of it, and of the gathering of its chunks.
 *
 * 1. What has committed answers from its record and does no work.
 * 2. The work streams its outputs into a folder that no other attempt has.
 * 3. Creating the commit record, which only one attempt can, makes them the task's outputs.
 * 4. Durable outputs are then copied, from what was committed, to where they stay. An attempt that finds a record
 *    does this step again, so a crash between 3 and 4 loses nothing and a late attempt publishes nothing of its own.
 *
 * An attempt that fails while another has committed answers from the record too: its inputs may have gone meanwhile,
 * as the other's commit released them.
 */

import { randomBytes } from 'node:crypto';
import { attemptIdOf, attemptNumberOf, type TaskId } from '../../state-machines/contract/keys.ts';
import type { CommitRecord, CommittedPart } from '../../state-machines/contract/records.ts';
import { eachLimited } from '../storage/each-limited.ts';
import { CommitRefusedError, type Records } from '../storage/records.ts';
import { isMissing } from '../storage/s3-requests.ts';
import { untilAborted } from './deadline.ts';
import { NonRetryableError } from './errors.ts';
import type { Attempt } from './invocation.ts';
import { Marker } from './marker.ts';
import { presentable } from './presentable.ts';

/** What is done between an attempt's marker and its commit record. */
export interface Work {
  /** @returns what the record says of it; where it says neither, times and retries are the attempt's own */
  carryOut(): Promise<
    Pick<CommitRecord, 'bytesIn' | 'outputs'> &
      Partial<Pick<CommitRecord, 'values' | 'chunks' | 'retriesUsed' | 'startedAt'>>
  >;
  /** Deletes what was stored. Called only where it is certain that it is not committed. */
  discard(): Promise<void>;
}

export interface Committed {
  /** The one that holds, whoever committed it. */
  readonly record: CommitRecord;
  /** It was there when the attempt began, which did no work. */
  readonly before: boolean;
}

/**
 * @param prepare finds what the work needs; carried out while the attempt's marker is being written
 * @throws an error that can be shown, whatever went wrong
 */
export async function commitOnce(
  id: TaskId,
  attempt: Attempt,
  prepare: (attemptId: string) => Promise<Work>,
): Promise<Committed> {
  const { event, records, log } = attempt;
  const chunk = id.chunk !== undefined && { chunk: id.chunk };
  const before = await records.history(id);
  if (before.committed) {
    const record = await records.committed(id);
    if (record) {
      log.info('already committed', { attempt: record.attempt, ...chunk });
      await publish(id, record, attempt);
      return { record, before: true };
    }
  }
  const number = event.retryCount + 1;
  const attemptId = attemptIdOf(number, randomBytes(4).toString('hex'));
  const began = new Date();
  const marker = new Marker(attempt, id, attemptId, began);
  let work: Work | undefined;
  let phase: 'working' | 'committing' | 'committed' = 'working';
  try {
    [work] = await Promise.all([prepare(attemptId), marker.begun]);
    const { startedAt = began.toISOString(), ...done } = await untilAborted(attempt.signal, work.carryOut);
    await refuseIfOver(id, attemptId, records);
    phase = 'committing';
    const record = await records.commit(id, {
      version: 1,
      attemptId,
      attempt: number,
      retriesUsed: new Set(
        before.attempts.map(attemptNumberOf).filter((other) => other !== undefined && other < number),
      ).size,
      startedAt,
      durationMs: Date.now() - Date.parse(startedAt),
      ...(event.execution !== event.run && { execution: event.execution }),
      ...done,
    });
    phase = 'committed';
    if (record.attemptId !== attemptId) {
      log.warn('another attempt committed first', { attempt: record.attempt, ...chunk });
      await work.discard();
    }
    await publish(id, record, attempt);
    return { record, before: false };
  } catch (cause) {
    const refused = cause instanceof CommitRefusedError;
    const error = presentable(refused ? cause.cause : cause);
    // From the commit on these may be the task's outputs, whatever this attempt was told: only what S3 is certain not
    // to have committed may go.
    const uncommitted = phase === 'working' || (phase === 'committing' && refused);
    await Promise.all([uncommitted && work?.discard(), marker.fail(error)]);
    const record = phase === 'working' ? await records.committed(id).catch(() => undefined) : undefined;
    if (!record) throw error;
    log.warn('failed, and another attempt has committed', { attempt: record.attempt, ...chunk, error });
    await publish(id, record, attempt);
    return { record, before: false };
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

const PUBLISHED_AT_ONCE = 32;

async function publish(id: TaskId, { outputs }: CommitRecord, { records, store }: Attempt): Promise<void> {
  let stored: Promise<ReadonlySet<string>> | undefined;
  const objects = Object.values(outputs).flatMap((output) => {
    const parts: readonly Omit<CommittedPart, 'chunk'>[] = output.parts ?? [output];
    return parts.map((part) => ({ part, mayBeGone: output.releasedBy !== undefined }));
  });
  await eachLimited(objects, PUBLISHED_AT_ONCE, async ({ part: { key, bytes, resultKey }, mayBeGone }) => {
    if (!resultKey) return;
    try {
      await store.publish(key, resultKey, bytes);
    } catch (error) {
      if (!mayBeGone || !isMissing(error)) throw error;
      // Those who released it began after it had been published. A refusal looks the same, so it is looked for.
      stored ??= records.keysOf(id);
      if ((await stored).has(key)) throw error;
    }
  });
}
