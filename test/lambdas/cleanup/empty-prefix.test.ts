import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Emptied, emptyPrefix } from '../../../lambdas/cleanup/empty-prefix.ts';
import { ContractError } from '../../../state-machines/contract/errors.ts';
import type { RunId } from '../../../state-machines/contract/keys.ts';
import { fc } from '../../fast-check.ts';
import { BUCKETS, intercept, type S3Fixture, s3Error, startS3Fixture } from '../s3-fixture.ts';
import { deleteAllBut } from './refusals.ts';

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
// No delay between one try and the next, here and in the SDK: both choose it at random from nothing to much.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => {
  vi.restoreAllMocks();
  fixture.refuse();
});

const always = () => true;
const empty = (id: RunId, client = fixture.s3, hasTime: () => boolean = always): Promise<Emptied> =>
  emptyPrefix(client, BUCKETS.runs, id, hasTime);

function manyKeys(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}task/1-aaaaaaaa/part-${String(index).padStart(5, '0')}`);
}

describe('what goes and what stays', () => {
  it('2,500 objects of a run go, counted with their bytes, and nothing of its neighbours', async () => {
    const neighbours = [
      'results/flights/run-1/x',
      'runs/flights',
      'runs/flights-2/run-1/x',
      'runs/flights/run-1',
      'runs/flights/run-1-b/x',
      'runs/flights/run-10/x',
      'runs/flights/run-2/run-1/x',
      'runs/flights/runs/flights/run-1/x',
      'runs/flights2/run-1/x',
      'runs/light/run-1/x',
    ];
    await fixture.putAll([...manyKeys('runs/flights/run-1/', 2_500), ...neighbours], 'abc');

    expect(await empty({ pipeline: 'flights', run: 'run-1' })).toEqual({
      objects: 2_500,
      bytes: 7_500,
      versions: 0,
      uploads: 0,
      requests: 9,
      left: 0,
      outOfTime: false,
      refusals: [],
    });
    expect(await fixture.keys()).toEqual(neighbours);
  });

  it('of any keys of any runs, exactly one run’s keys go', async () => {
    const name = fc.constantFrom('a', 'ab', 'a-', 'a1', 'A', 'b', 'run-1', 'run-10', 'run-1-');
    const rest = fc
      .string({
        unit: fc.constantFrom('a', '/', '.', ' ', '+', '%', '&', '<', '"', '=', '~', 'é', '😀', '_'),
        minLength: 1,
      })
      .filter((text) => !/^\/|\/$|\/\/|(^|\/)\.{1,2}(\/|$)/.test(text));
    const key = fc.tuple(name, name, rest).map(([pipeline, run, path]) => `runs/${pipeline}/${run}/${path}`);
    const keySets = fc.uniqueArray(key, { maxLength: 12 });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(keySets, name, name, async (set, pipeline, run) => {
        // The keys of the cases before, in a bucket that is shared, are told apart by a name in front.
        const own = `case${++number}`;
        const keys = [...new Set(set.map((text) => text.replace('runs/', `runs/${own}`)))];
        const prefix = `runs/${own}${pipeline}/${run}/`;
        const result = `results/${own}${pipeline}/${run}/x.csv`;
        await fixture.putAll([...keys, result]);
        const gone = keys.filter((text) => text.startsWith(prefix));
        const { objects, left } = await empty({ pipeline: own + pipeline, run });
        expect({ objects, left }).toEqual({ objects: gone.length, left: 0 });
        expect(await fixture.keys(`runs/${own}`)).toEqual(keys.filter((text) => !gone.includes(text)).sort());
        expect(await fixture.keys(`results/${own}`)).toEqual([result]);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    '',
    '/',
    'runs/',
    '.',
    '..',
    '../flights',
    'run-1/',
    'a/b',
    'a%2Fb',
    'run-1%2F..%2Frun-2',
    'run\uff0d1',
    'r\u0443n-1',
    'run-1\u200b',
    'a\u2215b',
    'é',
    '*',
    'a b',
    'a\n',
    'a\0',
    'x'.repeat(81),
    // biome-ignore lint/suspicious/noExplicitAny: from an event that nobody has looked at
    ...([undefined, null, 1, {}, ['run-1'], { toString: () => 'run-1' }] as any[]),
  ])('the run id %j is refused, and so is such a pipeline name, before any request', async (name) => {
    const client = fixture.newClient();
    let requests = 0;
    client.middlewareStack.add((next) => (args) => {
      requests += 1;
      return next(args);
    });
    const refused = { name: 'ContractError', code: 'InvalidName' };
    await expect(empty({ pipeline: 'flights', run: name }, client)).rejects.toMatchObject(refused);
    await expect(empty({ pipeline: name, run: 'run-1' }, client)).rejects.toMatchObject(refused);
    await expect(empty({ pipeline: 'flights', run: name }, client)).rejects.toBeInstanceOf(ContractError);
    expect(requests).toBe(0);
  });
});

describe('odd keys', () => {
  const names = [
    'a b',
    'a+b',
    'a%20b',
    'a%b',
    'a%2Fb',
    'a&b',
    'a&lt;b',
    'a<b>"c"',
    'ünïcödé/日本語',
    '🌊',
    'a\nb',
    ' a ',
    '\r',
    'a\tb',
    'a\u0001b',
    '!*()~\'"',
    'a//b',
  ];

  it('all go', async () => {
    const folders = `runs/odd/run-1/${'ü'.repeat(100)}/${'y'.repeat(200)}/${'y'.repeat(200)}/${'y'.repeat(200)}/`;
    const full = folders + 'z'.repeat(1_024 - Buffer.byteLength(folders));
    expect(Buffer.byteLength(full)).toBe(1_024);
    const keys = [...names.map((name) => `runs/odd/run-1/${name}`), full];
    await fixture.putAll(keys);
    expect(await empty({ pipeline: 'odd', run: 'run-1' })).toMatchObject({ objects: keys.length, left: 0 });
    expect(await fixture.keys('runs/odd/')).toEqual([]);
  });

  it.each(names)('%j goes, and none that it could be mistaken for', async (name) => {
    await fixture.putAll([`runs/odd/run-2/${name}`, ...names.map((other) => `runs/odd/run-20/${other}`)]);
    expect(await empty({ pipeline: 'odd', run: 'run-2' })).toMatchObject({ objects: 1, left: 0 });
    expect((await fixture.keys('runs/odd/')).length).toBe(names.length);
  });
});

describe('the requests that are sent', () => {
  it.each([
    [0, 3],
    [1, 5],
    [1_000, 5],
    [1_001, 7],
    [3_000, 9],
  ])('for %i objects are %i: listings, as many deletions, and the proof', async (count, least) => {
    await fixture.putAll(manyKeys('runs/count/run-1/', count));
    expect(await empty({ pipeline: 'count', run: 'run-1' })).toMatchObject({
      objects: count,
      left: 0,
      requests: least,
    });
  });
});

describe('keys that go last', () => {
  const id = { pipeline: 'last', run: 'run-1' };
  const last = 'runs/last/run-1/_result.json';
  const emptyBut = (client = fixture.s3, hasTime = always) =>
    emptyPrefix(client, BUCKETS.runs, id, hasTime, { last: [last] });

  it('are deleted when all else is gone, in the same call', async () => {
    await fixture.putAll([...manyKeys('runs/last/run-1/', 1_500), last]);
    const client = fixture.newClient();
    const batches: string[][] = [];
    intercept(client, 'DeleteObjectsCommand', async (input, send) => {
      batches.push(input.Delete.Objects.map(({ Key }: { Key: string }) => Key));
      return send();
    });
    expect(await emptyBut(client)).toMatchObject({ objects: 1_501, left: 0 });
    expect(batches.at(-1)).toEqual([last]);
    expect(batches.slice(0, -1).flat()).not.toContain(last);
    expect(await fixture.keys('runs/last/')).toEqual([]);
  });

  it('stay where something else cannot be deleted', async () => {
    await fixture.putAll(['runs/last/run-1/kept', 'runs/last/run-1/x', last]);
    const client = fixture.newClient();
    intercept(client, 'DeleteObjectsCommand', (input, send) => deleteAllBut(/kept$/, input, send));
    expect(await emptyBut(client)).toMatchObject({ objects: 1, left: 2 });
    expect(await fixture.keys('runs/last/')).toEqual([last, 'runs/last/run-1/kept']);
    expect(await emptyBut()).toMatchObject({ objects: 2, left: 0 });
  });

  it('stay where time is over', async () => {
    await fixture.putAll([...manyKeys('runs/last/run-1/', 1_500), last]);
    let asked = 0;
    expect(await emptyBut(fixture.s3, () => ++asked <= 1)).toMatchObject({ outOfTime: true });
    expect(await fixture.keys('runs/last/')).toContain(last);
    expect(await emptyBut()).toMatchObject({ left: 0, outOfTime: false });
    expect(await fixture.keys('runs/last/')).toEqual([]);
  });

  it('of another run are refused', async () => {
    const other = { last: ['runs/last/run-10/_result.json'] };
    await expect(emptyPrefix(fixture.s3, BUCKETS.runs, id, always, other)).rejects.toBeInstanceOf(ContractError);
  });
});

describe('when S3 does not do as asked', () => {
  it('keys in the `Errors` of a 200 are tried again until they are gone', async () => {
    const id = { pipeline: 'errors', run: 'again' };
    await fixture.putAll(manyKeys('runs/errors/again/', 10));
    const client = fixture.newClient();
    const asked: number[] = [];
    intercept(client, 'DeleteObjectsCommand', async (input, send, call) => {
      asked.push(input.Delete.Objects.length);
      return call <= 2 ? deleteAllBut(/part-0000[3-7]$/, input, send, 'SlowDown') : send();
    });
    expect(await empty(id, client)).toMatchObject({ objects: 10, bytes: 10, left: 0, refusals: [] });
    expect(asked).toEqual([10, 5, 5]);
    expect(await fixture.keys('runs/errors/')).toEqual([]);
  });

  it('keys that are refused for good are reported and left, and the others go', async () => {
    const id = { pipeline: 'errors', run: 'for-good' };
    await fixture.putAll(manyKeys('runs/errors/for-good/', 10));
    const client = fixture.newClient();
    intercept(client, 'DeleteObjectsCommand', (input, send) => deleteAllBut(/part-0000[3-7]$/, input, send));
    expect(await empty(id, client)).toMatchObject({
      objects: 5,
      bytes: 5,
      left: 5,
      outOfTime: false,
      refusals: ['AccessDenied: not this one'],
    });
    expect(await fixture.keys('runs/errors/for-good/')).toHaveLength(5);
  });

  it('503 SlowDown is survived', async () => {
    await fixture.putAll(manyKeys('runs/slow/down/', 20));
    let refused = 0;
    fixture.refuse(({ method }) => {
      const slowDown = { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' };
      return method === 'POST' && refused++ < 2 ? slowDown : undefined;
    });
    expect(await empty({ pipeline: 'slow', run: 'down' })).toMatchObject({ objects: 20, left: 0, refusals: [] });
    expect(refused).toBeGreaterThan(2);
  });

  it('a request that fails for good is an error, not an empty prefix', async () => {
    const denied = () => Promise.reject(s3Error('AccessDenied', 403));
    const listings = ['ListObjectVersionsCommand', 'ListMultipartUploadsCommand', 'ListObjectsV2Command'];
    for (const command of [...listings, 'DeleteObjectsCommand']) {
      await fixture.put('runs/denied/run-1/x');
      const client = fixture.newClient();
      intercept(client, command, denied);
      await expect(empty({ pipeline: 'denied', run: 'run-1' }, client)).rejects.toMatchObject({ name: 'AccessDenied' });
    }
  });

  it('what a late writer adds while the prefix is emptied goes too', async () => {
    await fixture.put('runs/late/run-1/a/first');
    const client = fixture.newClient();
    intercept(client, 'DeleteObjectsCommand', async (_, send, call) => {
      const answer = await send();
      if (call <= 3) await fixture.put(`runs/late/run-1/a/late-${call}`);
      return answer;
    });
    expect(await empty({ pipeline: 'late', run: 'run-1' }, client)).toMatchObject({ objects: 4, left: 0 });
    expect(await fixture.keys('runs/late/')).toEqual([]);
  });
});

describe('when time is short', () => {
  it('time over after the first page: outOfTime, and calling again finishes', async () => {
    const id = { pipeline: 'short', run: 'run-1' };
    await fixture.putAll(manyKeys('runs/short/run-1/', 1_100));
    let asked = 0;
    const first = await empty(id, fixture.s3, () => ++asked <= 1);
    expect(first).toMatchObject({ objects: 1_000, outOfTime: true });
    expect(await fixture.keys('runs/short/')).toHaveLength(100);
    expect(await empty(id)).toMatchObject({ objects: 100, bytes: 100, left: 0, outOfTime: false, refusals: [] });
  });

  it('without any time nothing goes, and an empty prefix is empty all the same', async () => {
    await fixture.put('runs/short/run-2/x');
    expect(await empty({ pipeline: 'short', run: 'run-2' }, fixture.s3, () => false)).toMatchObject({
      objects: 0,
      outOfTime: true,
    });
    expect(await fixture.keys('runs/short/run-2/')).toHaveLength(1);
    expect(await empty({ pipeline: 'short', run: 'none' }, fixture.s3, () => false)).toMatchObject({
      left: 0,
      outOfTime: false,
    });
  });
});
