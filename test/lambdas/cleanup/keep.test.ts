import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CleanupEvent } from '../../../state-machines/contract/cleanup-events.ts';
import { leaseKey } from '../../../state-machines/contract/keys.ts';
import type { LeaseRecord } from '../../../state-machines/contract/records.ts';
import { type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { lambdaError, RunFolder, resultOf, SHAPE, SUCCEEDED, tasksOf } from './runs.ts';

let fixture: S3Fixture;
let number = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
afterEach(() => void vi.useRealTimers());

const NOW = '2026-01-02T04:00:00.000Z';
const A_DAY_LATER = '2026-01-03T04:00:00.000Z';
const TWO_DAYS_LATER = '2026-01-04T04:00:00.000Z';
const AN_HOUR_LATER = '2026-01-02T05:00:00.000Z';
const EXTRACT = tasksOf(['extract']);
const GOOD = { out: { extract: SUCCEEDED } };
const BAD = { out: { extract: lambdaError('Boom', 'no room') } };
const STOPPED = { Error: 'Aborted', Cause: 'the run was stopped' };

const setClock = (time: string) => vi.useFakeTimers({ now: Date.parse(time), toFake: ['Date'] });

async function newRun(): Promise<RunFolder> {
  const run = new RunFolder(fixture, `run-${++number}`);
  await run.commit('extract');
  return run;
}

describe('a run is kept', () => {
  type Case = [
    why: string,
    event: Partial<CleanupEvent> & Pick<CleanupEvent, 'state'>,
    status: string,
    until: string | undefined,
  ];
  const hour = { keepOnFailureSeconds: 3_600 };
  const twoDays = { keepOnFailureSeconds: 172_800 };
  it.each<Case>([
    ['not where it succeeded', { ...hour, state: GOOD }, 'SUCCEEDED', undefined],
    ['not where it failed and nobody asked', { state: BAD }, 'FAILED', undefined],
    ['not for no time', { keepOnFailureSeconds: 0, state: BAD }, 'FAILED', undefined],
    ['as long as the pipeline says where a task failed', { ...hour, state: BAD }, 'FAILED', AN_HOUR_LATER],
    ['where it was aborted', { ...hour, state: STOPPED, status: 'ABORTED' }, 'ABORTED', AN_HOUR_LATER],
    ['where it ran out of time', { ...hour, state: STOPPED, status: 'TIMED_OUT' }, 'TIMED_OUT', AN_HOUR_LATER],
    ['for a day where its input asks for it', { input: { keep: true }, state: GOOD }, 'SUCCEEDED', A_DAY_LATER],
    ['for a day at least', { input: { keep: true }, ...hour, state: BAD }, 'FAILED', A_DAY_LATER],
    ['for longer', { input: { keep: true }, ...twoDays, state: GOOD }, 'SUCCEEDED', TWO_DAYS_LATER],
  ])('%s', async (_, event, status, until) => {
    setClock(NOW);
    const run = await newRun();
    const before = await run.keys();
    const answer = await run.cleanUp({ tasks: EXTRACT, ...event });
    const result = resultOf(answer);
    expect(result.status).toBe(status);
    expect(result.keptUntil).toBe(until);
    if (until === undefined) {
      expect(result.released).toMatchObject({ objects: 3, left: 0 });
      expect(await run.keys()).toEqual([]);
    } else {
      expect(result.released).toEqual({ objects: 0, bytes: 0, left: 3 });
      expect(await run.keys()).toEqual([leaseKey(run), ...before]);
      const lease = { version: 1, until, keptAt: NOW, execution: run.run, holder: 0, shape: SHAPE };
      expect(await run.read<LeaseRecord>(leaseKey(run))).toEqual(lease);
    }
  });

  it.each([undefined, null, 'keep', [], { keep: 'yes' }, { keep: 1 }])('not for the input %j', async (input) => {
    const run = await newRun();
    await run.cleanUp({ tasks: EXTRACT, input, state: GOOD });
    expect(await run.keys()).toEqual([]);
  });

  it('no longer when its cleanup is tried again, which answers the same', async () => {
    setClock(NOW);
    const run = await newRun();
    const event = { tasks: EXTRACT, input: { keep: true }, state: BAD };
    const first = await run.cleanUp(event);
    const before = await run.keys();
    setClock(AN_HOUR_LATER);
    const second = await run.cleanUp(event);
    expect(resultOf(second)).toEqual({ ...resultOf(first), durationMs: expect.any(Number) });
    expect(resultOf(second).keptUntil).toBe(A_DAY_LATER);
    expect(await run.keys()).toEqual(before);
    expect((await run.read<LeaseRecord>(leaseKey(run))).until).toBe(A_DAY_LATER);
  });

  it('though another execution has taken it over and kept it since: it is left alone', async () => {
    const run = await newRun();
    await run.lease({ execution: 'again', holder: 1, until: TWO_DAYS_LATER });
    await run.holder(1, { execution: 'again' });
    const before = await run.keys();
    const answer = await run.cleanUp({ tasks: EXTRACT, keepOnFailureSeconds: 60, state: BAD });
    expect(resultOf(answer)).toMatchObject({ status: 'FAILED', keptUntil: TWO_DAYS_LATER });
    expect(await run.keys()).toEqual(before);
  });

  it('not any more once its deletion has begun', async () => {
    const run = await newRun();
    const first = await run.cleanUp({ tasks: EXTRACT, state: GOOD }, { hasTime: () => false });
    expect(first).toMatchObject({ done: false });
    const state = { Error: 'Aborted', Cause: 'in its cleanup' };
    const answer = await run.cleanUp({ tasks: EXTRACT, state, status: 'ABORTED', keepOnFailureSeconds: 60 });
    expect(resultOf(answer)).toMatchObject({ status: 'ABORTED', succeeded: 1, released: { objects: 3, left: 0 } });
    expect(resultOf(answer)).not.toHaveProperty('keptUntil');
    expect(await run.keys()).toEqual([]);
  });
});
