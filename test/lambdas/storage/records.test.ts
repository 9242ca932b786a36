import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Records } from '../../../lambdas/storage/records.ts';
import { commitRecordKey, type TaskId, taskPrefix } from '../../../state-machines/contract/keys.ts';
import type { CommitRecord } from '../../../state-machines/contract/records.ts';
import {
  BUCKETS,
  connectionReset,
  intercept,
  interceptRequests,
  loseFirstAnswer,
  type S3Fixture,
  s3Error,
  startS3Fixture,
} from '../s3-fixture.ts';

let fixture: S3Fixture;
let records: Records;
let number = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
  records = new Records(fixture.s3, BUCKETS.runs);
});
afterAll(() => fixture.stop());
// The SDK waits a random part of its delay before it tries again: none.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => {
  vi.restoreAllMocks();
  fixture.refuse();
});

const newTask = (): TaskId => ({ pipeline: 'flights', run: `run-${++number}`, task: 'extract' });
const recordOf = (attemptId: string): CommitRecord => ({
  version: 1,
  attemptId,
  attempt: Number.parseInt(attemptId, 10),
  retriesUsed: 0,
  startedAt: '2026-01-02T03:04:05.678Z',
  durationMs: 12,
  bytesIn: 0,
  outputs: { raw: { key: `somewhere/${attemptId}/raw`, bytes: 7, rows: 1 } },
});
const first = recordOf('1-aaaaaaaa');
const second = recordOf('2-bbbbbbbb');
const hex = (value: number) => value.toString(16).padStart(8, '0');

describe('history', () => {
  it('of a task that nobody tried is empty', async () => {
    expect(await records.history(newTask())).toEqual({ committed: false, attempts: [], chunked: false });
  });

  it('has the attempts in the order of their numbers, each once, and whether one committed', async () => {
    const id = newTask();
    await records.markAttempt(id, '10-aaaaaaaa', { version: 1, startedAt: first.startedAt, requestId: 'a' });
    await fixture.putAll(['10-aaaaaaaa/raw', '2-bbbbbbbb/raw', '9-cccccccc/raw'].map((path) => taskPrefix(id) + path));
    expect(await records.history(id)).toEqual({
      committed: false,
      attempts: ['2-bbbbbbbb', '9-cccccccc', '10-aaaaaaaa'],
      chunked: false,
    });
    await records.commit(id, first);
    expect(await records.history(id)).toMatchObject({ committed: true });
  });

  it('reads on where a task has more than a page of keys', async () => {
    const id = newTask();
    const attempts = Array.from({ length: 1_100 }, (_, index) => `${index + 1}-${hex(index)}`);
    await fixture.putAll(attempts.map((attempt) => `${taskPrefix(id)}${attempt}/raw`));
    // Behind all the others in the order in which S3 lists.
    await records.commit(id, first);
    expect(await records.history(id)).toEqual({ committed: true, attempts, chunked: false });
  });

  it('ignores keys that are no attempts, and those of other tasks', async () => {
    const id = newTask();
    const strange = ['0-aaaaaaaa', '1-aaaa', '1-AAAAAAAA', '01-aaaaaaaa', 'notes', '1-aaaaaaaa-x', '1', '-1-aaaaaaaa'];
    const keys = strange.flatMap((name) => [taskPrefix(id) + name, `${taskPrefix(id)}${name}/raw`]);
    const committed = ['_committed.json.bak', 'x/_committed.json', '_committed'].map((name) => taskPrefix(id) + name);
    const others = [commitRecordKey({ ...id, task: 'extract-2' }), `${taskPrefix({ ...id, task: 'e' })}1-aaaaaaaa/raw`];
    await fixture.putAll([...keys, ...committed, ...others]);
    expect(await records.history(id)).toEqual({ committed: false, attempts: [], chunked: false });
  });
});

describe('the history of chunks', () => {
  it('is one for each chunk that began, and no part of that of their task', async () => {
    const id = newTask();
    await records.markAttempt(id, '1-aaaaaaaa', { version: 1, startedAt: first.startedAt, requestId: 'a' });
    const attempts = ['10-aaaaaaaa', '2-bbbbbbbb', '2-bbbbbbbc'];
    const keys = attempts.flatMap((attempt) => [`a/${attempt}/_attempt.json`, `a/${attempt}/raw`]);
    const strange = ['a/notes', 'a/0-aaaaaaaa/raw', '_committed.json', 'c', 'd/x/_committed.json'];
    await fixture.putAll([...keys, ...strange].map((key) => `${taskPrefix(id)}_chunks/${key}`));
    await records.commit({ ...id, chunk: 'a-2' }, first);
    expect(await records.history(id)).toEqual({ committed: false, attempts: ['1-aaaaaaaa'], chunked: true });
    expect(Object.fromEntries(await records.chunkHistories(id))).toEqual({
      a: { committed: false, attempts: ['2-bbbbbbbb', '2-bbbbbbbc', '10-aaaaaaaa'] },
      'a-2': { committed: true, attempts: [] },
    });
  });

  it('can leave out what was written before a second', async () => {
    const id = newTask();
    const now = Date.now();
    await fixture.put(`${taskPrefix(id)}_chunks/a/1-aaaaaaaa/raw`);
    const chunksSince = async (time: number) => [
      ...(await records.chunkHistories(id, new Date(time).toISOString())).keys(),
    ];
    expect(await chunksSince(now)).toEqual(['a']);
    expect(await chunksSince(now + 60_000)).toEqual([]);
  });

  it('is read to its last page; their task needs one request, however many there are', async () => {
    const id = newTask();
    const chunks = Array.from({ length: 1_100 }, (_, index) => hex(index));
    await fixture.putAll(chunks.map((chunk) => `${taskPrefix(id)}_chunks/${chunk}/1-aaaaaaaa/_attempt.json`));
    const client = fixture.newClient();
    let requests = 0;
    intercept(client, 'ListObjectsV2Command', (_, send, call) => {
      requests = call;
      return send();
    });
    const counting = new Records(client, BUCKETS.runs);
    expect(await counting.history(id)).toEqual({ committed: false, attempts: [], chunked: true });
    expect(requests).toBe(1);
    const histories = await counting.chunkHistories(id);
    expect([...histories.keys()]).toEqual(chunks);
    expect(requests).toBe(3);
  });
});

describe('commit', () => {
  it('of 20 at the same time one wins, and every one gets the record that won', async () => {
    const id = newTask();
    const mine = Array.from({ length: 20 }, (_, index) => recordOf(`${index + 1}-${hex(index)}`));
    const held = await Promise.all(mine.map((record) => records.commit(id, record)));
    const winner = await records.committed(id);
    expect(mine).toContainEqual(winner);
    expect(held).toEqual(Array(20).fill(winner));
  });

  it('after another commit changes nothing and gives the record that is there', async () => {
    const id = newTask();
    expect(await records.commit(id, first)).toEqual(first);
    expect(await records.commit(id, second)).toEqual(first);
    expect(await records.committed(id)).toEqual(first);
  });

  it('whose answer is lost after it was carried out gives our own record', async () => {
    const id = newTask();
    const client = fixture.newClient();
    let requests = 0;
    interceptRequests(client, 'PutObjectCommand', (input, send, call) => {
      requests = call;
      return loseFirstAnswer(input, send, call);
    });
    expect(await new Records(client, BUCKETS.runs).commit(id, first)).toEqual(first);
    expect(requests).toBe(2);
  });

  it('that is never carried out fails, and leaves no record', async () => {
    const id = newTask();
    const client = fixture.newClient();
    interceptRequests(client, 'PutObjectCommand', () => Promise.reject(connectionReset()));
    await expect(new Records(client, BUCKETS.runs).commit(id, first)).rejects.toThrow('socket hang up');
    expect(await records.committed(id)).toBeUndefined();
  });

  it('is tried again after a 409', async () => {
    const id = newTask();
    let refused = 0;
    fixture.refuse(({ method }) => (method === 'PUT' && refused++ < 2 ? conflict : undefined));
    expect(await records.commit(id, first)).toEqual(first);
    expect(refused).toBe(3);
  });

  it('after a 409 gives the record of the writer that was at it, where that one succeeded', async () => {
    const id = newTask();
    await records.commit(id, second);
    fixture.refuse(({ method }) => (method === 'PUT' ? conflict : undefined));
    expect(await records.commit(id, first)).toEqual(second);
  });

  it('fails where S3 answers 409 again and again', async () => {
    const id = newTask();
    fixture.refuse(({ method }) => (method === 'PUT' ? conflict : undefined));
    await expect(records.commit(id, first)).rejects.toMatchObject({ name: 'ConditionalRequestConflict' });
  });

  it('fails where it is not allowed, even though there is a record', async () => {
    const id = newTask();
    await records.commit(id, second);
    fixture.refuse(({ method }) => (method === 'PUT' ? denied : undefined));
    await expect(records.commit(id, first)).rejects.toMatchObject({
      name: 'CommitRefused',
      cause: { name: 'AccessDenied' },
    });
  });

  it('is not certainly refused where an earlier request may still be under way', async () => {
    const id = newTask();
    const s3 = fixture.newClient();
    intercept(s3, 'PutObjectCommand', async (_, __, call) => {
      throw call === 1 ? s3Error('ConditionalRequestConflict', 409) : s3Error('AccessDenied', 403);
    });
    await expect(new Records(s3, BUCKETS.runs).commit(id, first)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('does not take a record that cannot be read for none', async () => {
    const id = newTask();
    await fixture.put(commitRecordKey(id), '{"version":2,"outputs":{}}');
    await expect(records.commit(id, first)).rejects.toMatchObject({ code: 'InvalidRecord' });
    expect(await fixture.text(commitRecordKey(id))).toBe('{"version":2,"outputs":{}}');
  });
});

describe('reading a record', () => {
  it('gives undefined where there is none, or none that may be seen', async () => {
    const id = newTask();
    expect(await records.committed(id)).toBeUndefined();
    expect(await records.attempt(id, '1-aaaaaaaa')).toBeUndefined();
    await records.commit(id, first);
    fixture.refuse(({ method }) => (method === 'GET' ? denied : undefined));
    expect(await records.committed(id)).toBeUndefined();
  });

  it.each([
    ['NoSuchBucket', 404],
    ['InvalidAccessKeyId', 403],
    ['InternalError', 500],
    ['SlowDown', 503],
  ])('throws on %s', async (name, status) => {
    const client = fixture.newClient();
    intercept(client, 'GetObjectCommand', () => Promise.reject(s3Error(name, status)));
    await expect(new Records(client, BUCKETS.runs).committed(newTask())).rejects.toMatchObject({ name });
  });

  it('throws where the connection breaks for good', async () => {
    const client = fixture.newClient();
    interceptRequests(client, 'GetObjectCommand', () => Promise.reject(connectionReset()));
    await expect(new Records(client, BUCKETS.runs).committed(newTask())).rejects.toThrow('socket hang up');
  });

  it.each([
    '',
    'garbage',
    'null',
    '1',
    '[]',
    '{}',
    '{"version":2,"outputs":{}}',
    '{"version":1}',
    '{"version":1,"outputs":null}',
  ])('that is %j is an InvalidRecord', async (text) => {
    const id = newTask();
    await fixture.put(commitRecordKey(id), text);
    const error = {
      name: 'ContractError',
      code: 'InvalidRecord',
      message: expect.stringContaining(commitRecordKey(id)),
    };
    await expect(records.committed(id)).rejects.toMatchObject(error);
  });

  it('gives back what was marked of an attempt', async () => {
    const id = newTask();
    const marker = { version: 1, startedAt: first.startedAt, requestId: 'request', logStream: 'é' } as const;
    await records.markAttempt(id, '1-aaaaaaaa', marker);
    expect(await records.attempt(id, '1-aaaaaaaa')).toEqual(marker);
    const failed = { ...marker, failed: { name: 'Boom', message: 'no room', durationMs: 3 } };
    await records.markAttempt(id, '1-aaaaaaaa', failed);
    expect(await records.attempt(id, '1-aaaaaaaa')).toEqual(failed);
  });
});

const conflict = { status: 409, code: 'ConditionalRequestConflict', message: 'at the same time' };
const denied = { status: 403, code: 'AccessDenied', message: 'no' };
