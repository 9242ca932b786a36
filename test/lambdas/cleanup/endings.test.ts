import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskOut } from '../../../state-machines/contract/marks.ts';
import { CAUSE_LIMIT, PAYLOAD_LIMIT } from '../../../state-machines/contract/result.ts';
import { type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { at, lambdaError, RunFolder, resultOf, SUCCEEDED, tasksOf } from './runs.ts';

let fixture: S3Fixture;
let number = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
const newRun = () => new RunFolder(fixture, `run-${++number}`);

describe('a run whose machine lost its notes', () => {
  const tasks = tasksOf(['committed', 'failed', 'killed', 'never'], 1);
  const state = { Error: 'States.DataLimitExceeded', Cause: 'the state is too large' };

  async function stoppedRun() {
    const run = newRun();
    await run.marker('committed', '1-aaaaaaaa', { failed: { name: 'Boom', message: 'once', durationMs: 1 } });
    await run.commit('committed', { attemptId: '2-bbbbbbbb', retriesUsed: 1 });
    await run.marker('failed', '1-aaaaaaaa', { startedAt: at(1) });
    const failed = { name: 'Boom', message: 'again', durationMs: 500 };
    await run.marker('failed', '2-bbbbbbbb', { startedAt: at(3), failed });
    await run.marker('killed', '1-aaaaaaaa', { startedAt: at(4) });
    return run;
  }

  it('has from the records who committed (SUCCEEDED), who began (FAILED), and who did not (SKIPPED)', async () => {
    const run = await stoppedRun();
    const answer = await run.cleanUp({ tasks, state });
    expect(answer).toMatchObject({ done: true, error: 'RunFailed' });
    expect(resultOf(answer)).toMatchObject({
      status: 'FAILED',
      error: { name: 'States.DataLimitExceeded', message: 'the state is too large' },
      succeeded: 1,
      failed: 2,
      skipped: 1,
      tasks: {
        committed: { status: 'SUCCEEDED', retriesUsed: 1, bytesOut: 5 },
        failed: {
          status: 'FAILED',
          retriesUsed: 1,
          startedAt: at(1),
          durationMs: 2_500,
          error: { name: 'Boom', message: 'again' },
        },
        killed: { status: 'FAILED', retriesUsed: 0, startedAt: at(4), error: { name: 'Stopped' } },
        never: { status: 'SKIPPED', retriesUsed: 0 },
      },
      released: { objects: 7, left: 0 },
    });
    expect(await run.keys()).toEqual([]);
  });

  it('fails with the machine’s error although every task committed', async () => {
    const run = newRun();
    await run.commit('committed');
    const answer = await run.cleanUp({ tasks: tasksOf(['committed']), state });
    expect(answer).toMatchObject({ done: true, error: 'RunFailed' });
    expect(resultOf(answer)).toMatchObject({ status: 'FAILED', succeeded: 1, failed: 0 });
  });

  it('fails with the machine’s error also when the answer of a first cleanup was lost', async () => {
    const run = await stoppedRun();
    await run.cleanUp({ tasks, state });
    expect(await run.cleanUp({ tasks, state })).toMatchObject({ done: true, error: 'RunFailed' });
  });
});

describe('a cleanup that ran out of time', () => {
  const many = Array.from({ length: 1_100 }, (_, index) => `1-aaaaaaaa/part-${index}`);
  const once = () => {
    let asked = 0;
    return () => ++asked <= 1;
  };

  it('is not done, and the next one ends it with the sum of what both released', async () => {
    const run = newRun();
    await fixture.putAll(many.map((path) => `runs/flights/${run.run}/extract/${path}`));
    const tasks = tasksOf(['extract', 'load']);
    const out = { extract: SUCCEEDED, load: lambdaError('Boom', 'no room') };
    const first = await run.cleanUp({ tasks, state: { out } }, { hasTime: once() });
    expect(first).toMatchObject({ done: false, Error: 'TaskFailed', result: { released: { objects: 999 } } });
    if (first.done) throw new Error('it is not done');
    const second = await run.cleanUp({ tasks, state: first });
    expect(second).toMatchObject({ done: true, error: 'TaskFailed' });
    expect(resultOf(second)).toMatchObject({
      tasks: first.result.tasks,
      succeeded: 1,
      failed: 1,
      error: { name: 'TaskFailed' },
      released: { objects: 1_100, bytes: 1_100, left: 0 },
    });
  });

  it('has no Error where the run succeeded', async () => {
    const run = newRun();
    await run.commit('extract');
    const state = { out: { extract: SUCCEEDED } };
    const first = await run.cleanUp({ tasks: tasksOf(['extract']), state }, { hasTime: () => false });
    expect(first).toMatchObject({ done: false, result: { status: 'SUCCEEDED' } });
    expect(first).not.toHaveProperty('Error');
    if (first.done) throw new Error('it is not done');
    expect(await run.cleanUp({ tasks: tasksOf(['extract']), state: first })).toMatchObject({
      done: true,
      result: { status: 'SUCCEEDED', released: { objects: 3, left: 0 } },
    });
  });
});

describe('a result of 3,000 tasks', () => {
  const names = Array.from({ length: 3_000 }, (_, index) => `task-${index}-${'x'.repeat(40)}`);
  const outOf = (mark: (index: number) => TaskOut) =>
    Object.fromEntries(names.map((name, index) => [name, mark(index)]));

  it('fits a state’s payload where all succeeded', async () => {
    const answer = await newRun().cleanUp({ tasks: tasksOf(names), state: { out: outOf(() => SUCCEEDED) } });
    expect(answer).toMatchObject({ done: true, result: { succeeded: 3_000 } });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(PAYLOAD_LIMIT);
  });

  it('fits a cause, and names who failed, where ten failed', async () => {
    const out = outOf((index) => (index % 300 === 0 ? lambdaError('Boom', 'é"\n'.repeat(300)) : SUCCEEDED));
    const answer = await newRun().cleanUp({ tasks: tasksOf(names), state: { out } });
    if (!('cause' in answer)) throw new Error('it has no cause');
    expect(answer.cause.length).toBeLessThanOrEqual(CAUSE_LIMIT);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(PAYLOAD_LIMIT);
    const result = resultOf(answer);
    expect(result).toMatchObject({ succeeded: 2_990, failed: 10 });
    expect(Object.values(result.tasks).filter(({ status }) => status === 'FAILED')).toHaveLength(10);
  });

  it('fits the payload of a cleanup that is not done', async () => {
    const run = newRun();
    await fixture.put(`runs/flights/${run.run}/x`);
    const out = outOf((index) => (index % 2 ? lambdaError('Boom', 'é"\n'.repeat(300)) : SUCCEEDED));
    const answer = await run.cleanUp({ tasks: tasksOf(names), state: { out } }, { hasTime: () => false });
    expect(answer).toMatchObject({ done: false, Error: 'TaskFailed', result: { succeeded: 1_500, failed: 1_500 } });
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThanOrEqual(PAYLOAD_LIMIT);
  });
});
