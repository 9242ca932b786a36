/** The S3 requests for a task's data, as streams. All keys come from the contract. */

import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { eachLimited } from '../storage/each-limited.ts';
import { backOff, statusOf } from '../storage/s3-requests.ts';
import { copyLarge, LARGEST_COPY_BYTES } from './copy-large.ts';

/** Two parts of 8 MiB under way and one filling: what an upload keeps in memory, whatever its length. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_UNDER_WAY = 2;

const DELETED_AT_ONCE = { keys: 1_000, requests: 4 };

export interface Buckets {
  readonly runs: string;
  readonly results: string;
}

export class Store {
  readonly #s3: S3Client;
  readonly #buckets: Buckets;

  constructor(s3: S3Client, buckets: Buckets) {
    this.#s3 = s3;
    this.#buckets = buckets;
  }

  /** Streams pieces into an object. After an error, or when the signal fires, there is no object. */
  async upload(
    key: string,
    contentType: string,
    pieces: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const upload = new Upload({
      client: this.#s3,
      params: { Bucket: this.#buckets.runs, Key: key, Body: Readable.from(pieces), ContentType: contentType },
      partSize: PART_BYTES,
      queueSize: PARTS_UNDER_WAY,
    });
    const abort = () => void upload.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await upload.done();
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    const { Body } = await this.#s3.send(
      new GetObjectCommand({
        Bucket: this.#buckets.runs,
        Key: key,
        ...(range && { Range: `bytes=${range.start}-${range.end - 1}` }),
      }),
    );
    return Body as Readable;
  }

  /** Copies a committed output to where it stays, unless a result is there: what is published never changes. */
  async publish(key: string, resultKey: string, bytes: number): Promise<void> {
    const from = { bucket: this.#buckets.runs, key };
    const to = { bucket: this.#buckets.results, key: resultKey };
    const copy = { Bucket: to.bucket, Key: to.key, CopySource: `${from.bucket}/${from.key}`, IfNoneMatch: '*' };
    await once(async () => {
      if (bytes > LARGEST_COPY_BYTES) await copyLarge(this.#s3, from, to, bytes);
      else await this.#s3.send(new CopyObjectCommand(copy));
    });
  }

  async delete(key: string): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: this.#buckets.runs, Key: key }));
  }

  /** @throws Error that names the first one that S3 would not delete */
  async deleteAll(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const groups: string[][] = [];
    for (let start = 0; start < keys.length; start += DELETED_AT_ONCE.keys)
      groups.push(keys.slice(start, start + DELETED_AT_ONCE.keys));
    await eachLimited(groups, DELETED_AT_ONCE.requests, async (group) => {
      signal.throwIfAborted();
      const Objects = group.map((Key) => ({ Key }));
      const request = new DeleteObjectsCommand({ Bucket: this.#buckets.runs, Delete: { Objects, Quiet: true } });
      const { Errors: [refused] = [] } = await this.#s3.send(request);
      if (refused) throw new Error(`${refused.Key} was not deleted: ${refused.Code}: ${refused.Message}`);
    });
  }
}

const TRIES = 3;

/** A conditional write: 412 says that it is there already, 409 that another is at it this moment. */
async function once(write: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      const status = statusOf(error);
      if (status === 412) return;
      if (status !== 409 || tries === TRIES) throw error;
      await backOff(tries);
    }
  }
}
