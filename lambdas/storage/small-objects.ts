/** Records as objects of a bucket: small JSON texts, read and written whole, and found by listing. */

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { backOff, isConflict, isMissing } from './s3-requests.ts';

const TRIES = 3;

export class SmallObjects {
  readonly #s3: S3Client;
  readonly #bucket: string;
  readonly #mayList: boolean;

  /** @param options.mayList the role may list what lies there, so that it can tell what it may not read from what is missing */
  constructor(s3: S3Client, bucket: string, { mayList = false } = {}) {
    this.#s3 = s3;
    this.#bucket = bucket;
    this.#mayList = mayList;
  }

  /** What lies under a prefix, without the prefix; with a delimiter, folders end with it and come once. */
  async *list(prefix: string, delimiter?: string): AsyncGenerator<string> {
    for await (const { Contents = [], CommonPrefixes = [] } of this.#pages(prefix, delimiter)) {
      for (const { Key = '' } of Contents) yield Key.slice(prefix.length);
      for (const { Prefix = '' } of CommonPrefixes) yield Prefix.slice(prefix.length);
    }
  }

  /** The same without folders, and when each was written last, in milliseconds since 1970; S3 knows the second. */
  async *listObjects(prefix: string): AsyncGenerator<{ readonly name: string; readonly modifiedAt: number }> {
    for await (const { Contents = [] } of this.#pages(prefix))
      for (const { Key = '', LastModified } of Contents)
        yield { name: Key.slice(prefix.length), modifiedAt: LastModified?.getTime() ?? 0 };
  }

  #pages(prefix: string, delimiter?: string): AsyncIterable<ListObjectsV2CommandOutput> {
    const query = { Bucket: this.#bucket, Prefix: prefix, ...(delimiter && { Delimiter: delimiter }) };
    return paginateListObjectsV2({ client: this.#s3 }, query);
  }

  /** @returns undefined where there is none (or, without the right to list, none that this role may see, which S3 does not tell apart) */
  async getText(key: string): Promise<string | undefined> {
    try {
      return await this.#read(key);
    } catch (error) {
      if (!(error instanceof S3ServiceException)) throw error;
      if (error.name === 'NoSuchKey') return undefined;
      if (error.name !== 'AccessDenied') throw error;
      if (!this.#mayList || !(await this.#isListed(key))) return undefined;
      // It may have been written only now.
      return this.#read(key);
    }
  }

  async #read(key: string): Promise<string> {
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
    return (await Body?.transformToString()) ?? '';
  }

  async #isListed(key: string): Promise<boolean> {
    // Of the keys that begin with this one it is the first.
    for await (const rest of this.list(key)) return rest === '';
    return false;
  }

  /** The same without reading it, which can be large. */
  async exists(key: string): Promise<boolean> {
    try {
      await this.#s3.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** @param condition `IfNoneMatch: '*'` writes only where there is none, and fails with 412 otherwise */
  async putJson(key: string, value: unknown, condition: { IfNoneMatch?: '*' } = {}): Promise<void> {
    const body = { Body: JSON.stringify(value), ContentType: 'application/json' };
    await this.#s3.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, ...body, ...condition }));
  }

  /**
   * Writes it unless there is one.
   *
   * @param holding reads the one that there is
   * @param refused makes the error of a refusal after which it is certain that nothing was written
   * @returns the one that holds from now on. It may be this very one even where S3 says that one exists already: the first
   *   request can have succeeded and its answer been lost.
   */
  async create<T>(
    key: string,
    value: T,
    holding: () => Promise<T | undefined>,
    refused: (cause: unknown) => unknown = (cause) => cause,
  ): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        await this.putJson(key, value, { IfNoneMatch: '*' });
        return value;
      } catch (error) {
        const winner = isConflict(error) ? await holding() : undefined;
        if (winner) return winner;
        // 409: another writer was at it this moment and may yet fail, so there can be none; 412 never comes alone.
        if (!isConflict(error) || tries === TRIES) throw tries === 1 && isCertain(error) ? refused(error) : error;
        await backOff(tries);
      }
    }
  }

  async delete(key: string): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }
}

/** S3 said no to the only request there was: nothing was written, and nothing that is under way still will be. */
function isCertain(error: unknown): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  const { httpStatusCode = 0, attempts } = error.$metadata;
  return httpStatusCode >= 400 && httpStatusCode < 500 && attempts === 1;
}
