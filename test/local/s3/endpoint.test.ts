import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalS3, startS3 } from '../../../local/s3/endpoint.ts';
import { filesUnder, s3ClientOf, temporaryFolder } from '../fixtures.ts';

const MIB = 1024 * 1024;
const folder = temporaryFolder();
let s3: LocalS3;
let client: S3Client;

beforeAll(async () => {
  s3 = await startS3({
    folder: join(folder, 'shared'),
    refuse: ({ method, key }) =>
      method === 'PUT' && key.startsWith('refused/')
        ? { status: 400, code: 'Injected', message: 'on purpose' }
        : undefined,
  });
  s3.createBucket('runs');
  client = s3ClientOf(s3.endpoint);
});

afterAll(async () => {
  client.destroy();
  await s3.stop();
});

function put(key: string, body: string | Uint8Array, to: { client?: S3Client; onlyIfNew?: boolean } = {}) {
  const condition = to.onlyIfNew ? { IfNoneMatch: '*' } : {};
  return (to.client ?? client).send(new PutObjectCommand({ Bucket: 'runs', Key: key, Body: body, ...condition }));
}

async function get(key: string, from = client): Promise<string> {
  const { Body } = await from.send(new GetObjectCommand({ Bucket: 'runs', Key: key }));
  return (await Body?.transformToString()) ?? '';
}

async function list(prefix: string, from = client): Promise<string[]> {
  const { Contents = [] } = await from.send(new ListObjectsV2Command({ Bucket: 'runs', Prefix: prefix }));
  return Contents.map(({ Key = '' }) => Key);
}

describe('a PUT with If-None-Match: *', () => {
  it('creates an object that is not there', async () => {
    await put('new/a', 'first', { onlyIfNew: true });
    expect(await get('new/a')).toBe('first');
  });

  it('answers 412 where there is one, and leaves it as it is', async () => {
    await put('taken/a', 'first');
    await expect(put('taken/a', 'second', { onlyIfNew: true })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    expect(await get('taken/a')).toBe('first');
  });

  it('creates an object again that was deleted', async () => {
    await put('gone/a', 'first');
    await client.send(new DeleteObjectCommand({ Bucket: 'runs', Key: 'gone/a' }));
    await put('gone/a', 'second', { onlyIfNew: true });
    expect(await get('gone/a')).toBe('second');
  });

  it('lets exactly one of fifty at the same time win', async () => {
    const tries = Array.from({ length: 50 }, (_, index) => put('race/a', `writer ${index}`, { onlyIfNew: true }));
    const ends = await Promise.allSettled(tries);
    const winners = ends.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    expect(winners).toHaveLength(1);
    expect(await get('race/a')).toBe(`writer ${winners[0]}`);
  });

  it('looks at the very key, one with characters that a URL escapes too', async () => {
    await put('odd/a b+c%20d', 'first');
    await expect(put('odd/a b+c%20d', 'second', { onlyIfNew: true })).rejects.toThrow();
    await put('odd/a b+c d', 'other', { onlyIfNew: true });
    expect(await list('odd/')).toHaveLength(2);
  });
});

it('fauxqs 2.4.1 by itself ignores If-None-Match on a PUT', async () => {
  const bare = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false, init: { buckets: ['runs'] } });
  const direct = s3ClientOf(`http://127.0.0.1:${bare.port}`);
  try {
    await put('a', 'first', { client: direct });
    await put('a', 'second', { client: direct, onlyIfNew: true });
    expect(await get('a', direct)).toBe('second');
  } finally {
    direct.destroy();
    await bare.stop();
  }
});

it('fauxqs 2.4.1 by itself lists no versions, and deletes `a<b` where `a&lt;b` is named', async () => {
  const bare = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false, init: { buckets: ['runs'] } });
  const direct = s3ClientOf(`http://127.0.0.1:${bare.port}`);
  try {
    await put('a<b', 'other', { client: direct });
    await put('a&lt;b', 'named', { client: direct });
    expect((await direct.send(new ListObjectVersionsCommand({ Bucket: 'runs' }))).Versions).toBeUndefined();
    const Delete = { Objects: [{ Key: 'a&lt;b' }] };
    await direct.send(new DeleteObjectsCommand({ Bucket: 'runs', Delete }));
    expect(await list('', direct)).toEqual(['a&lt;b']);
  } finally {
    direct.destroy();
    await bare.stop();
  }
});

describe('DeleteObjects', () => {
  it('deletes the `null` versions that are named, and no others', async () => {
    const keys = ['many/a&lt;b', 'many/a<b', 'many/a\nb', 'many/b'];
    for (const key of keys) await put(key, 'text');
    const Objects = ['many/a&lt;b', 'many/a\nb', 'many/none'].map((Key) => ({ Key, VersionId: 'null' }));
    const { Deleted = [], Errors } = await client.send(
      new DeleteObjectsCommand({ Bucket: 'runs', Delete: { Objects } }),
    );
    expect(Deleted.map(({ Key }) => Key)).toEqual(Objects.map(({ Key }) => Key));
    expect(Errors).toBeUndefined();
    expect(await list('many/')).toEqual(['many/a<b', 'many/b']);
    const rest = ['many/a<b', 'many/b'].map((Key) => ({ Key }));
    const quiet = await client.send(
      new DeleteObjectsCommand({ Bucket: 'runs', Delete: { Objects: rest, Quiet: true } }),
    );
    expect(quiet.Deleted).toBeUndefined();
    expect(await list('many/')).toEqual([]);
  });
});

describe('without a folder', () => {
  it('objects are held in memory', async () => {
    const short = await startS3({});
    short.createBucket('runs');
    short.putObject('runs', 'a', Buffer.from('text'));
    const reader = s3ClientOf(short.endpoint);
    expect(await get('a', reader)).toBe('text');
    reader.destroy();
    await short.stop();
  });
});

describe('objects', () => {
  it('are there again when the endpoint is stopped and started on the same folder', async () => {
    const keys = ['runs/p/r/a/1-00000000/out', 'runs/p/r/a b+c%/ü'];
    const before = await startS3({ folder: join(folder, 'restarted') });
    before.createBucket('runs');
    const writer = s3ClientOf(before.endpoint);
    for (const key of keys) await put(key, `body of ${key}`, { client: writer });
    writer.destroy();
    await before.stop();

    const after = await startS3({ folder: join(folder, 'restarted') });
    const reader = s3ClientOf(after.endpoint);
    expect(await list('', reader)).toEqual(keys.toSorted());
    for (const key of keys) expect(await get(key, reader)).toBe(`body of ${key}`);
    await expect(put(keys[0] ?? '', 'again', { client: reader, onlyIfNew: true })).rejects.toThrow();
    reader.destroy();
    await after.stop();
  });

  it('leave no file behind when they are deleted', async () => {
    await put('deleted/x/y', 'text');
    expect(filesUnder(folder).filter((file) => file.includes('deleted'))).not.toEqual([]);
    await client.send(new DeleteObjectCommand({ Bucket: 'runs', Key: 'deleted/x/y' }));
    expect(filesUnder(folder).filter((file) => file.includes('deleted'))).toEqual([]);
  });

  it.each([
    'a b',
    'a+b',
    'a%b',
    'a%20b',
    'ünïcödé/日本語',
    "quote's",
    'a&b=c',
    'a?b#c',
    'star*',
    'a..b',
    'under_score-1',
    'emoji 🌊',
  ])('have the key %j as it was given', async (name) => {
    const key = `names/${name}`;
    await put(key, `body of ${name}`);
    expect(await get(key)).toBe(`body of ${name}`);
    expect(await list(key)).toEqual([key]);
    await client.send(new DeleteObjectCommand({ Bucket: 'runs', Key: key }));
    expect(await list(key)).toEqual([]);
  });

  it('of 20 MiB come back as they were sent in parts of 8 MiB', async () => {
    const body = randomBytes(20 * MIB);
    const params = { Bucket: 'runs', Key: 'large/a', Body: body };
    await new Upload({ client, params, partSize: 8 * MIB, queueSize: 2 }).done();
    const { Body, ContentLength } = await client.send(new GetObjectCommand({ Bucket: 'runs', Key: 'large/a' }));
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(ContentLength).toBe(20 * MIB);
    expect(digest((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(digest(body));
    expect((await client.send(new ListMultipartUploadsCommand({ Bucket: 'runs' }))).Uploads ?? []).toEqual([]);
  });
});

describe('refuse', () => {
  it('answers in place of S3, and nothing is stored', async () => {
    await expect(put('refused/a', 'text')).rejects.toMatchObject({
      name: 'Injected',
      message: 'on purpose',
      $metadata: { httpStatusCode: 400 },
    });
    expect(await list('refused/')).toEqual([]);
  });

  it('lets through what it has nothing against', async () => {
    await put('allowed/a', 'text');
    expect(await list('allowed/')).toEqual(['allowed/a']);
  });
});

describe('the endpoint', () => {
  const others = Object.values(networkInterfaces())
    .flat()
    .flatMap((address) => (address && address.address !== '127.0.0.1' && !address.scopeid ? [address.address] : []));

  it('is at 127.0.0.1', () => {
    expect(new URL(s3.endpoint).hostname).toBe('127.0.0.1');
  });

  it.runIf(others.length > 0).each(others)('cannot be reached at %s, an address of this machine', async (host) => {
    const socket = connect({ host, port: Number(new URL(s3.endpoint).port) });
    const end = await new Promise<string>((resolve) => {
      socket.once('connect', () => resolve('connected'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    });
    socket.destroy();
    expect(end).toBe('ECONNREFUSED');
  });

  it('is gone once it is stopped', async () => {
    const short = await startS3({ folder: join(folder, 'short') });
    await short.stop();
    await expect(fetch(short.endpoint)).rejects.toThrow('fetch failed');
  });
});
