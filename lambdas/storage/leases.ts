/**
 * Who may work on a run, and delete it, once its first execution has kept it.
 *
 * A kept run has a lease, which says how many holders the run has had. Whoever wants it next, an execution that resumes
 * it or the reaper, creates the holder record of the next number, which only one can. Who deletes the run deletes the
 * lease first: from then on nobody can take it any more.
 */

import type { S3Client } from '@aws-sdk/client-s3';
import { HOLDERS, holderKey, leaseKey, type RunId, runPrefix } from '../../state-machines/contract/keys.ts';
import { type HolderRecord, type LeaseRecord, parseHolder, parseLease } from '../../state-machines/contract/records.ts';
import { SmallObjects } from './small-objects.ts';

export class Leases {
  readonly #objects: SmallObjects;

  constructor(s3: S3Client, bucket: string, rights?: { readonly mayList?: boolean }) {
    this.#objects = new SmallObjects(s3, bucket, rights);
  }

  /** @returns undefined where the run is not kept */
  async lease(run: RunId): Promise<LeaseRecord | undefined> {
    const text = await this.#objects.getText(leaseKey(run));
    return text === undefined ? undefined : parseLease(text, leaseKey(run));
  }

  async holder(run: RunId, number: number): Promise<HolderRecord | undefined> {
    const text = await this.#objects.getText(holderKey(run, number));
    return text === undefined ? undefined : parseHolder(text, holderKey(run, number));
  }

  /** The number of the latest holder; 0 where nobody has taken the run over. Needs the right to list the run. */
  async latestHolder(run: RunId): Promise<number> {
    let latest = 0;
    for await (const name of this.#objects.list(runPrefix(run) + HOLDERS)) {
      const number = /^([1-9][0-9]{0,8})\.json$/.exec(name)?.[1];
      if (number !== undefined) latest = Math.max(latest, Number(number));
    }
    return latest;
  }

  /**
   * Becomes the holder of that number, unless there is one.
   *
   * @returns the holder from now on
   */
  take(run: RunId, number: number, by: HolderRecord['by']): Promise<HolderRecord> {
    const record: HolderRecord = { version: 1, by, at: new Date().toISOString() };
    return this.#objects.create(holderKey(run, number), record, () => this.holder(run, number));
  }

  /** Keeps the run. */
  async keep(run: RunId, lease: Omit<LeaseRecord, 'version'>): Promise<void> {
    await this.#objects.putJson(leaseKey(run), { version: 1, ...lease } satisfies LeaseRecord);
  }

  /** The first thing to delete of a run. */
  async end(run: RunId): Promise<void> {
    await this.#objects.delete(leaseKey(run));
  }
}
