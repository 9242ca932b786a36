/** Which results a run has published, for where nobody noted it: publishing comes after the commit. */

import { type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { resultsPrefix, type TaskId } from '../../state-machines/contract/keys.ts';
import type { CommittedOutput } from '../../state-machines/contract/records.ts';
import { SmallObjects } from '../storage/small-objects.ts';

export class Published {
  readonly #objects: SmallObjects;
  /** By prefix: one listing tells of all tasks. */
  readonly #listings = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(s3: S3Client, resultsBucket: string) {
    this.#objects = new SmallObjects(s3, resultsBucket);
  }

  /** Whether all of it is there; of a chunk-parallel task, each of its chunks. */
  async has({ pipeline, run, execution }: TaskId, { resultKey, parts }: CommittedOutput): Promise<boolean> {
    if (resultKey === undefined) return false;
    const prefix = resultsPrefix({ pipeline, run: execution ?? run });
    const listing = this.#listings.get(prefix) ?? this.#list(prefix);
    this.#listings.set(prefix, listing);
    const keys = await listing;
    return (parts ?? [{ resultKey }]).every((part) => part.resultKey !== undefined && keys.has(part.resultKey));
  }

  async #list(prefix: string): Promise<ReadonlySet<string>> {
    const keys = new Set<string>();
    try {
      for await (const name of this.#objects.list(prefix)) keys.add(prefix + name);
    } catch (error) {
      // What cannot be told must not keep the run from being cleaned up.
      if (!(error instanceof S3ServiceException)) throw error;
    }
    return keys;
  }
}
