/** Records as objects of a bucket: small JSON texts, read and written whole, and found by listing. */

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { isMissing } from './s3-requests.ts';

export class SmallObjects {
  readonly #s3: S3Client;
  readonly #bucket: string;

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.#bucket = bucket;
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

  async *#pages(prefix: string, delimiter?: string): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await this.#s3.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          ContinuationToken: token,
          ...(delimiter && { Delimiter: delimiter }),
        }),
      );
      yield page;
      token = page.NextContinuationToken;
    } while (token);
  }

  /** @returns undefined where there is none (or none that this role may see, which S3 does not tell apart) */
  async getText(key: string): Promise<string | undefined> {
    try {
      const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
      return (await Body?.transformToString()) ?? '';
    } catch (error) {
      if (error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.name === 'AccessDenied'))
        return undefined;
      throw error;
    }
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

  async delete(key: string): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }
}
