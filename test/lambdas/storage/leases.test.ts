import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Leases } from '../../../lambdas/storage/leases.ts';
import { holderKey, leaseKey, type RunId } from '../../../state-machines/contract/keys.ts';
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
let leases: Leases;
let number = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
  leases = new Leases(fixture.s3, BUCKETS.runs);
});
afterAll(() => fixture.stop());
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

const newRun = (): RunId => ({ pipeline: 'flights', run: `run-${++number}` });
const LEASE = {
  until: '2026-01-03T03:04:05.000Z',
  keptAt: '2026-01-02T03:04:05.000Z',
  execution: 'run-1',
  holder: 0,
  shape: 'shape',
};

describe('a lease', () => {
  it('is there from when the run is kept until that ends', async () => {
    const run = newRun();
    expect(await leases.lease(run)).toBeUndefined();
    await leases.keep(run, LEASE);
    expect(await leases.lease(run)).toEqual({ version: 1, ...LEASE });
    await leases.end(run);
    await leases.end(run);
    expect(await leases.lease(run)).toBeUndefined();
  });

  it.each(['', '{}', '{"version":2}', JSON.stringify({ version: 1, ...LEASE, until: 'soon' })])(
    'that says %j is an invalid record',
    async (text) => {
      const run = newRun();
      await fixture.put(leaseKey(run), text);
      await expect(leases.lease(run)).rejects.toMatchObject({ code: 'InvalidRecord' });
    },
  );
});

describe('where S3 answers 403, as it does to a role that may not read an object, or may not list the bucket and there is none', () => {
  const deniedLeases = (rights?: { mayList: boolean }) => {
    const s3 = fixture.newClient();
    intercept(s3, 'GetObjectCommand', () => Promise.reject(s3Error('AccessDenied', 403)));
    return new Leases(s3, BUCKETS.runs, rights);
  };

  it('whoever may list the run is not told of a lease that is there, and not that there is none', async () => {
    const run = newRun();
    await leases.keep(run, LEASE);
    await expect(deniedLeases({ mayList: true }).lease(run)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('whoever may list the run knows that there is none', async () => {
    const run = newRun();
    await fixture.put(`${leaseKey(run)}x`, 'another key that begins like it');
    expect(await deniedLeases({ mayList: true }).lease(run)).toBeUndefined();
  });

  it('nobody else can tell: there is none', async () => {
    const run = newRun();
    await leases.keep(run, LEASE);
    expect(await deniedLeases().lease(run)).toBeUndefined();
  });
});

describe('a run is taken over', () => {
  it('by one of 20 who try at the same time, and every one is told by whom', async () => {
    const run = newRun();
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) => leases.take(run, 1, { execution: `again-${index}` })),
    );
    expect(taken).toEqual(Array(20).fill(await leases.holder(run, 1)));
    expect(await leases.take(run, 1, 'reaper')).toEqual(taken[0]);
  });

  it('also where the answer to that was lost', async () => {
    const run = newRun();
    const client = fixture.newClient();
    interceptRequests(client, 'PutObjectCommand', loseFirstAnswer);
    const taken = await new Leases(client, BUCKETS.runs).take(run, 1, { execution: 'again' });
    expect(taken.by).toEqual({ execution: 'again' });
  });

  it('not where S3 does not answer', async () => {
    const client = fixture.newClient({ maxAttempts: 1 });
    interceptRequests(client, 'PutObjectCommand', async () => {
      throw connectionReset();
    });
    await expect(new Leases(client, BUCKETS.runs).take(newRun(), 1, 'reaper')).rejects.toThrow('socket hang up');
  });

  it('by holders of whom the latest is known by number, not by name', async () => {
    const run = newRun();
    expect(await leases.latestHolder(run)).toBe(0);
    for (let holder = 1; holder <= 10; holder++) await leases.take(run, holder, 'reaper');
    await fixture.putAll(
      ['11', '12.json.bak', '012.json', 'x/13.json'].map((name) => holderKey(run, 1).replace('1.json', name)),
    );
    expect(await leases.latestHolder(run)).toBe(10);
  });
});
