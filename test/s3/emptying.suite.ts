/** emptyPrefix at an endpoint that has versions, delete markers and unfinished uploads; see main.ts. */

import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyPrefix } from '../../lambdas/cleanup/empty-prefix.ts';
import { eachLimited } from '../../lambdas/storage/each-limited.ts';
import { clientOf } from '../../local/s3/endpoint.ts';

const s3 = clientOf(process.env['EBBTIDE_TEST_S3_ENDPOINT'] ?? '');
afterAll(() => s3.destroy());

const PREFIX = 'runs/pipe/run-1/';
const NEIGHBOURS = ['results/pipe/run-1/x', 'runs/pipe/run-10/x', 'runs/pipe/run-2/x', 'runs/pipe2/run-1/x'];
const ODD = [
  'a b',
  'a+b',
  'a%20b',
  'a%b',
  'a&b',
  'a&lt;b',
  'a<b',
  '"quoted"',
  'ünïcödé/日本語',
  '🌊',
  'a\nb',
  'a//b',
  '~',
];

describe.each([
  ['Enabled', true],
  ['Suspended', true],
  ['never set', false],
] as const)('in a bucket whose versioning is %s', (versioning, versioned) => {
  const Bucket = `emptying-${versioning.replaceAll(' ', '-').toLowerCase()}`;
  const set = (Status: 'Enabled' | 'Suspended') =>
    s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  const put = (Key: string, Body = 'abc') => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const remove = (Key: string) => s3.send(new DeleteObjectCommand({ Bucket, Key }));
  const begin = async (Key: string, parts: number) => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    for (let PartNumber = 1; PartNumber <= parts; PartNumber++) {
      await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: 'part' }));
    }
  };
  const empty = (options = {}) => emptyPrefix(s3, Bucket, { pipeline: 'pipe', run: 'run-1' }, () => true, options);
  /** Asked of the endpoint by the SDK alone. */
  const left = async (Prefix: string) => {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix }));
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
    return [...Versions, ...DeleteMarkers, ...Contents, ...Uploads].map(({ Key = '' }) => Key);
  };

  beforeAll(async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    if (versioned) await set('Enabled');
    for (const key of NEIGHBOURS) {
      await put(key);
      await put(key);
      await begin(key, 1);
    }
    if (versioning === 'Suspended') await set('Suspended');
  });

  it('an empty prefix takes three requests', async () => {
    expect(await empty()).toMatchObject({ objects: 0, versions: 0, uploads: 0, left: 0, requests: 3 });
  });

  it('objects, their earlier versions and delete markers go, and are counted apart', async () => {
    if (versioned) await set('Enabled');
    for (let round = 0; round < 3; round++) for (const name of ['a', 'b', 'c']) await put(PREFIX + name);
    await remove(`${PREFIX}c`);
    await remove(`${PREFIX}c`);
    if (versioning === 'Suspended') await set('Suspended');
    await put(`${PREFIX}d`);
    await put(`${PREFIX}d`);
    const counts = versioned
      ? { objects: 3, versions: 9, bytes: 30, uploads: 0 }
      : { objects: 3, versions: 0, bytes: 9, uploads: 0 };
    const deleted = versioning === 'Enabled' ? { ...counts, versions: 10, bytes: 33 } : counts;
    expect(await empty()).toMatchObject({ ...deleted, left: 0, refusals: [] });
    expect(await left(PREFIX)).toEqual([]);
  });

  it('unfinished uploads go, several of one key, with and without parts', async () => {
    for (const [name, parts] of [
      ['u', 0],
      ['u', 2],
      ['v/w', 3],
      ['ü b+c', 1],
    ] as const)
      await begin(PREFIX + name, parts);
    expect(await empty()).toMatchObject({ objects: 0, uploads: 4, left: 0 });
    expect(await left(PREFIX)).toEqual([]);
  });

  it('1,100 unfinished uploads, more than a page, go', async () => {
    const keys = Array.from({ length: 1_100 }, (_, index) => `${PREFIX}u-${index}`);
    await eachLimited(keys, 16, (key) => begin(key, 0));
    expect(await empty()).toMatchObject({ uploads: 1_100, left: 0 });
    expect(await left(PREFIX)).toEqual([]);
  });

  it('2,500 versions of 500 objects, in pages that end within a key, go', async () => {
    const keys = Array.from({ length: 500 }, (_, index) => `${PREFIX}part-${String(index).padStart(4, '0')}`);
    for (let round = 0; round < 5; round++) await eachLimited(keys, 16, async (key) => void (await put(key)));
    const { objects, versions, left: rest } = await empty();
    expect({ objects, versions, rest }).toEqual({
      objects: 500,
      versions: versioning === 'Enabled' ? 2_000 : 0,
      rest: 0,
    });
    expect(await left(PREFIX)).toEqual([]);
  });

  it('odd keys go', async () => {
    for (const name of ODD) await put(PREFIX + name);
    expect(await empty()).toMatchObject({ objects: ODD.length, left: 0, refusals: [] });
    expect(await left(PREFIX)).toEqual([]);
  });

  it('a key that goes last goes, with its versions', async () => {
    const last = `${PREFIX}_result.json`;
    for (const key of [last, last, `${PREFIX}a`]) await put(key);
    expect(await empty({ last: [last] })).toMatchObject({ objects: 2, left: 0 });
    expect(await left(PREFIX)).toEqual([]);
  });

  it('everything else is as it was', async () => {
    const each = versioned ? 4 : 3;
    for (const key of NEIGHBOURS) expect(await left(key)).toHaveLength(each);
    expect(await left('')).toHaveLength(each * NEIGHBOURS.length);
  });
});
