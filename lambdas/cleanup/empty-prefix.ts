/**
 * Deletes everything under one run's prefix: objects, their earlier versions, delete markers and unfinished multipart
 * uploads, as much of it as time allows, and looks again, in three listings, whether all is gone.
 *
 * For n entries it takes ⌈n/1000⌉ listings, as many deletions, and the three listings of the proof.
 */

import type { S3Client } from '@aws-sdk/client-s3';
import { ContractError } from '../../state-machines/contract/errors.ts';
import { type RunId, runPrefix } from '../../state-machines/contract/keys.ts';
import { eachLimited } from '../storage/each-limited.ts';
import { abortUploads } from './emptying/abort-uploads.ts';
import { deleteEntries } from './emptying/delete-entries.ts';
import { type Entry, listObjects, listUploads, listVersions, type Place } from './emptying/listings.ts';
import { OutOfTimeError, REQUESTS_AT_ONCE, Requests } from './emptying/requests.ts';

/** DeleteObjects takes as many keys as a listing's page has. */
const PAGE = 1_000;
/** How often an object that only readers' listing shows is looked for by version before it is believed to have none. */
const LOOKS = 3;

export interface Emptied {
  readonly objects: number;
  /** Of objects and of their earlier versions. */
  readonly bytes: number;
  /** Earlier versions of objects, and delete markers. */
  readonly versions: number;
  /** Unfinished multipart uploads. */
  readonly uploads: number;
  /** Sent to S3, those that were sent again included. */
  readonly requests: number;
  /** What the last listings showed and what is still there; 0 proves the prefix empty, unless time was over. */
  readonly left: number;
  /** Time was over first: to be called again. */
  readonly outOfTime: boolean;
  /** Why something could not be deleted, where S3 said so, as `Code: Message`. */
  readonly refusals: readonly string[];
}

export interface EmptyPrefixOptions {
  /** Keys under the prefix that go once everything else is gone. */
  readonly last?: readonly string[];
}

/**
 * Goes through the listings again and again until they are empty: late writers add to them while they are read. Gives up
 * when a whole pass has deleted nothing.
 *
 * @param id checked by `runPrefix`: nothing but one run's whole prefix can be named
 * @param hasTime asked before each page is deleted, and before anything is tried again
 * @throws ContractError before any request, where the id is none, or a key of `last` is not under its prefix
 * @throws ForeignKeyError where the endpoint lists what is not under the prefix
 */
export async function emptyPrefix(
  s3: S3Client,
  bucket: string,
  id: RunId,
  hasTime: () => boolean,
  { last = [] }: EmptyPrefixOptions = {},
): Promise<Emptied> {
  const prefix = runPrefix(id);
  const outside = last.find((key) => !key.startsWith(prefix));
  if (outside !== undefined)
    throw new ContractError('InvalidName', `the key ${JSON.stringify(outside)} is not under ${prefix}`);
  const requests = new Requests(hasTime);
  return new Emptying({ s3, bucket, prefix, requests }, hasTime, new Set(last)).run();
}

interface Pass {
  /** Kept ones aside. */
  readonly seen: number;
  readonly gone: number;
  readonly kept: readonly Entry[];
}

class Emptying {
  readonly #place: Place;
  readonly #hasTime: () => boolean;
  readonly #last: ReadonlySet<string>;
  readonly #refusals = new Set<string>();
  #objects = 0;
  #bytes = 0;
  #versions = 0;
  #uploads = 0;
  /** Of the pass that is under way. */
  #left = 0;

  constructor(place: Place, hasTime: () => boolean, last: ReadonlySet<string>) {
    this.#place = place;
    this.#hasTime = hasTime;
    this.#last = last;
  }

  async run(): Promise<Emptied> {
    try {
      const left = await this.#untilEmpty();
      return this.#emptied(left, left > 0 && !this.#hasTime());
    } catch (error) {
      if (!(error instanceof OutOfTimeError)) throw error;
      return this.#emptied(this.#left, true);
    }
  }

  /** @returns how much could not be deleted */
  async #untilEmpty(): Promise<number> {
    let list = listVersions;
    let looks = 0;
    let versionsListed = false;
    for (;;) {
      const { seen, gone, kept } = await this.#deleteAll(list(this.#place));
      if (gone > 0) {
        versionsListed ||= list === listVersions;
        looks = 0;
        continue;
      }
      // What an upload became that was completed since the versions were listed is shown by a listing that comes after
      // that of the uploads: readers' listing where no upload is left, the next pass where one was.
      const uploads = await abortUploads(this.#place, this.#whileTime(listUploads(this.#place)), this.#refusals);
      this.#uploads += uploads.gone;
      const left = seen + uploads.seen - uploads.gone + kept.length;
      if (seen > 0) return left;
      if (uploads.seen > 0) {
        if (uploads.gone === 0) return left;
        continue;
      }
      if (kept.length > 0) {
        versionsListed ||= list === listVersions;
        if ((await this.#delete(kept.slice(0, PAGE))) === 0) return left;
        continue;
      }
      const stillThere = await firstOf(listObjects(this.#place));
      if (stillThere.length === 0) return 0;
      looks += 1;
      if (looks < LOOKS) continue;
      if (versionsListed || list === listObjects) return stillThere.length;
      // Some endpoints answer ListObjectVersions with 200 and nothing, without implementing it.
      list = listObjects;
    }
  }

  async #deleteAll(pages: AsyncIterable<readonly Entry[]>): Promise<Pass> {
    let seen = 0;
    let gone = 0;
    const kept: Entry[] = [];
    this.#left = 0;
    await eachLimited(this.#whileTime(pages), REQUESTS_AT_ONCE, async (page) => {
      const entries = this.#last.size === 0 ? page : page.filter(({ key }) => !this.#last.has(key));
      if (entries.length < page.length) kept.push(...page.filter(({ key }) => this.#last.has(key)));
      if (entries.length === 0) return;
      seen += entries.length;
      this.#left += entries.length;
      // Not `gone += await …`, which reads `gone` before other pages have added to it.
      const deleted = await this.#delete(entries);
      gone += deleted;
    });
    return { seen, gone, kept };
  }

  /** @returns how many are gone */
  async #delete(entries: readonly Entry[]): Promise<number> {
    const gone = await deleteEntries(this.#place, entries, this.#refusals);
    const objects = gone.filter(({ isObject }) => isObject).length;
    this.#objects += objects;
    this.#versions += gone.length - objects;
    this.#bytes += gone.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#left -= gone.length;
    return gone.length;
  }

  /** An empty page costs no time: what is empty is found to be so even without any. */
  async *#whileTime<T>(pages: AsyncIterable<readonly T[]>): AsyncGenerator<readonly T[]> {
    for await (const page of pages) {
      if (page.length === 0) continue;
      if (!this.#hasTime()) throw new OutOfTimeError();
      yield page;
    }
  }

  #emptied(left: number, outOfTime: boolean): Emptied {
    return {
      objects: this.#objects,
      bytes: this.#bytes,
      versions: this.#versions,
      uploads: this.#uploads,
      requests: this.#place.requests.count,
      left,
      outOfTime,
      refusals: [...this.#refusals],
    };
  }
}

async function firstOf(pages: AsyncIterable<readonly Entry[]>): Promise<readonly Entry[]> {
  for await (const page of pages) if (page.length > 0) return page;
  return [];
}
