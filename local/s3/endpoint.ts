/**
 * An S3 endpoint inside this process, from fauxqs, with its objects as files in a folder.
 *
 * What fauxqs 2.4.1 lacks is supplied around it (each pinned by a test): it ignores `If-None-Match` on a PUT, on which
 * the commit protocol rests; it answers ListMultipartUploads and ListObjectVersions as if they were ListObjects, and
 * ListObjectsV2 wrongly from its second page on; it reads some keys of DeleteObjects wrongly; it reads a whole folder for
 * each file that it deletes; and its `startFauxqs` listens on every network interface and lets nobody add to its routes.
 * So its app is put together here, from its own parts.
 */

import { rmdirSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { buildApp } from 'fauxqs';
import { REGION } from '../assembly-model.ts';
import { copySource } from './copy-source.ts';
import { type DeletedObject, deletionAnswer, parseDeletion } from './deleting.ts';
import { escapeXml, type ListedObject, type ListingQuery, listObjects, listUploads, listVersions } from './listing.ts';
import { OrderedBuckets } from './objects.ts';

export interface LocalS3 {
  readonly endpoint: string;
  createBucket(name: string): void;
  /** What is stored in it, parts of unfinished uploads too. */
  bytesHeld(bucket: string): number;
  putObject(bucket: string, key: string, body: Uint8Array): void;
  stop(): Promise<void>;
}

/** An answer that S3 could give, given before the request is carried out. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface S3Request {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** What a DeleteObjects names. */
  readonly deletes?: readonly DeletedObject[];
}

/** What the account of a request lets it do. */
export interface Admission {
  /** Answered in place of everything. */
  readonly refusal?: Refusal;
  /** Answered in place of 404. */
  readonly missing?: Refusal;
  /** For each object of a DeleteObjects why it stays, or nothing. */
  readonly refusedKeys?: readonly (Refusal | undefined)[];
}

export interface LocalS3Options {
  /** @default objects are held in memory, and gone when the endpoint stops */
  readonly folder?: string;
  /** Asked about every request, before anything else. @default credentials are not looked at */
  readonly admit?: (request: S3Request) => Promise<Admission>;
  /** Asked about every request that is admitted. */
  readonly refuse?: (request: S3Request) => Refusal | undefined;
}

/** Of the account: they may do everything. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
export const LOCAL_REGION = REGION;

/** A client of the endpoint, for this process. */
export function clientOf(endpoint: string): S3Client {
  return new S3Client({ endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS, forcePathStyle: true });
}

/** Reads objects of the endpoint as text. */
export function readingFrom(endpoint: string): (bucket: string, key: string) => Promise<string> {
  return async (Bucket, Key) => {
    const s3 = clientOf(endpoint);
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? '';
    } finally {
      s3.destroy();
    }
  };
}

export async function startS3({ folder, admit, refuse }: LocalS3Options): Promise<LocalS3> {
  const { buildApp, FileS3Persistence, S3Store, SnsStore, SqsStore } = await loadFauxqs();
  const s3Store = new S3Store();
  const buckets = new OrderedBuckets<ListedObject>();
  Object.assign(s3Store, { buckets });
  if (folder !== undefined) {
    const files = new FileS3Persistence(folder);
    Object.assign(files, { cleanEmptyParents: removeEmptyFolders });
    files.loadS3(s3Store);
    s3Store.persistence = files;
  }
  const app = buildApp({ logger: false, stores: { s3Store, sqsStore: new SqsStore(), snsStore: new SnsStore() } });

  // The handlers are synchronous and run right after this hook, so nothing can come between the look and the write.
  app.addHook('preHandler', (request, reply, done) => {
    const { bucket = '', '*': key = '' } = request.params as Record<string, string>;
    const query = request.query as ListingQuery;
    const deletion =
      request.method === 'POST' && key === '' && 'delete' in query ? parseDeletion(String(request.body)) : undefined;
    const { method, headers } = request;
    const asked: S3Request = { method, bucket, key, headers, query, ...(deletion && { deletes: deletion.objects }) };
    const exists = (name: string, path: string) => objectExists(s3Store, name, path);
    const carryOut = ({ refusal: denied, missing, refusedKeys = [] }: Admission) => {
      const refusal =
        denied ?? refuse?.(asked) ?? (missing && !exists(...readBy(asked)) ? missing : refuseOverwrite(asked, exists));
      if (refusal) {
        reply.status(refusal.status).type('application/xml');
        return reply.send(
          `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${refusal.code}</Code><Message>${escapeXml(refusal.message)}</Message></Error>`,
        );
      }
      if (deletion && buckets.has(bucket)) {
        const keys = deletion.objects.flatMap((object, index) => (refusedKeys[index] ? [] : [object.key]));
        s3Store.deleteObjects(bucket, keys);
        return reply.type('application/xml').send(deletionAnswer(deletion, refusedKeys));
      }
      const answer = key === '' && method === 'GET' ? answerToListing(s3Store, buckets, bucket, query) : undefined;
      return answer === undefined ? done() : reply.type('application/xml').send(answer);
    };
    if (admit) admit(asked).then(carryOut).catch(done);
    else carryOut({});
  });

  const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    endpoint,
    createBucket: (name) => s3Store.createBucket(name),
    bytesHeld: (bucket) => {
      const objects = [...(buckets.get(bucket)?.values() ?? [])];
      const uploads = [...s3Store['multipartUploads'].values()].filter((upload) => upload.bucket === bucket);
      const parts = uploads.flatMap((upload) => [...upload.parts.values()]);
      return [...objects, ...parts].reduce((sum, { contentLength }) => sum + contentLength, 0);
    },
    putObject: (bucket, key, body) => void s3Store.putObject(bucket, key, Buffer.from(body)),
    stop: () => app.close(),
  };
}

/** @returns what fauxqs would answer wrongly; undefined for the rest */
function answerToListing(
  store: S3Store,
  buckets: OrderedBuckets<ListedObject>,
  bucket: string,
  query: ListingQuery,
): string | undefined {
  const objects = buckets.get(bucket);
  if (!objects) return undefined;
  if (query['uploads'] !== undefined) {
    const uploads = [...store['multipartUploads'].values()].filter((upload) => upload.bucket === bucket);
    return listUploads(uploads, bucket, query);
  }
  if (query['versions'] !== undefined) return listVersions(objects, bucket, query);
  if (query['list-type'] === '2') return listObjects(objects, bucket, query);
  return undefined;
}

/** The object that a request reads: its own, or the one that it copies. */
function readBy({ bucket, key, headers }: S3Request): [bucket: string, key: string] {
  const source = copySource(headers);
  return source ? [source.bucket, source.key] : [bucket, key];
}

/** Up to another folder, which stays. */
function removeEmptyFolders(folder: string, stopAt: string): void {
  try {
    for (let current = folder; current.startsWith(stopAt) && current !== stopAt; current = dirname(current)) {
      rmdirSync(current);
    }
  } catch {
    // Something is in it.
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function refuseOverwrite(request: S3Request, exists: (bucket: string, key: string) => boolean): Refusal | undefined {
  if (request.method !== 'PUT' || request.headers['if-none-match'] !== '*' || !exists(request.bucket, request.key))
    return undefined;
  return {
    status: 412,
    code: 'PreconditionFailed',
    message: 'At least one of the pre-conditions you specified did not hold',
  };
}

function objectExists(store: S3Store, bucket: string, key: string): boolean {
  try {
    store.headObject(bucket, key);
    return true;
  } catch {
    return false;
  }
}

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
type S3Store = Stores['s3Store'];

interface FauxqsParts {
  readonly buildApp: typeof buildApp;
  readonly S3Store: new () => S3Store;
  readonly SqsStore: new () => Stores['sqsStore'];
  readonly SnsStore: new () => Stores['snsStore'];
  readonly FileS3Persistence: new (
    folder: string,
  ) => NonNullable<S3Store['persistence']> & { loadS3(store: S3Store): void };
}

/** fauxqs exports its app but not the stores that the app takes; they lie beside it. The version is pinned. */
async function loadFauxqs(): Promise<FauxqsParts> {
  // Not import.meta.resolve, which a program that tsx runs as CommonJS does not have.
  const root = pathToFileURL(String(findPackageJSON('fauxqs', import.meta.url)));
  const parts = await Promise.all([
    import('fauxqs'),
    ...['s3/s3Store.js', 's3/fileS3Persistence.js', 'sqs/sqsStore.js', 'sns/snsStore.js'].map(
      (file) => import(new URL(`dist/${file}`, root).href),
    ),
  ]);
  return Object.assign({}, ...parts);
}
