/**
 * What whoever writes tasks by hand shares between them: the same S3 calls that ours make for a task. A client on the
 * first invocation, and codecs when they are needed, as ours: by hand both are often there on import, which takes longer.
 */

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

export interface Log {
  succeeded(task: string, run: string, milliseconds: number): void;
}

export interface Data {
  /** The keys that a task, or each chunk of it, wrote under that name. */
  keys(task: string, name: string): Promise<string[]>;
  stream(key: string): Promise<Readable>;
  bytes(key: string): Promise<Buffer>;
  write(name: string, body: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>): Promise<void>;
  readonly run: string;
}

interface Event {
  readonly run: string;
  readonly chunk?: unknown;
}

export type Work = (data: Data, event: Event) => Promise<void>;

interface Options {
  /** Names of outputs that go to the results bucket. */
  readonly durable?: readonly string[];
  /** Tasks whose data goes once this one has committed. */
  readonly releases?: readonly string[];
}

export function byHand(task: string, log: Log, work: Work, { durable = [], releases = [] }: Options = {}) {
  let warm: S3Client | undefined;
  return async (event: Event): Promise<void> => {
    warm ??= new S3Client({});
    const s3 = warm;
    const began = Date.now();
    const { RUNS: Bucket = '', RESULTS: results = '' } = process.env;
    const folderOf = (name: string) => `${event.run}/${name}/`;
    const list = async (Prefix: string): Promise<string[]> => {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token }));
        for (const { Key = '' } of page.Contents ?? []) keys.push(Key);
        token = page.NextContinuationToken;
      } while (token);
      return keys;
    };
    const record = `${folderOf(task)}commit.json`;
    if ((await list(folderOf(task))).includes(record)) return;

    const stream = async (Key: string) => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body as Readable;
    await work(
      {
        run: event.run,
        keys: async (from, name) => (await list(folderOf(from))).filter((key) => key.includes(`/${name}`)),
        stream,
        bytes: async (key) => buffer(await stream(key)),
        write: async (name, body) => {
          const params = { Bucket, Key: folderOf(task) + name, Body: Readable.from(body) };
          await new Upload({ client: s3, params, queueSize: 2 }).done();
        },
      },
      event,
    );
    const committed = { Bucket, Key: record, Body: JSON.stringify({ task, began }), ContentType: 'application/json' };
    await s3.send(new PutObjectCommand({ ...committed, IfNoneMatch: '*' }));
    for (const name of durable) {
      const CopySource = `${Bucket}/${folderOf(task)}${name}`;
      await s3.send(new CopyObjectCommand({ Bucket: results, Key: folderOf(task) + name, CopySource }));
    }
    for (const from of releases) {
      for (const Key of await list(folderOf(from))) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    }
    log.succeeded(task, event.run, Date.now() - began);
  };
}
