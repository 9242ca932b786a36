import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { intercept, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { deleteAllBut } from './refusals.ts';
import { at, lambdaError, PIPELINE, RunFolder, resultOf, STARTED_AT, SUCCEEDED, tasksOf } from './runs.ts';

let fixture: S3Fixture;
let number = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
afterEach(() => void vi.restoreAllMocks());
const newRun = () => new RunFolder(fixture, `run-${++number}`);

const NAMES = ['extract', 'aggregate', 'enrich', 'merge-load'];
const TASKS = tasksOf(NAMES, 2);
const EXTRACT = tasksOf(['extract']);
const TRUE_OF_ANY_RUN = { pipeline: PIPELINE, startedAt: STARTED_AT, durationMs: expect.any(Number), omitted: 0 };

describe('a run that succeeded', () => {
  const out = {
    extract: SUCCEEDED,
    parallel: [{ aggregate: SUCCEEDED }, { enrich: SUCCEEDED }],
    'merge-load': SUCCEEDED,
  };

  it('is reported with the figures from its records, and everything is released', async () => {
    const run = newRun();
    for (const task of NAMES.slice(0, 3)) await run.commit(task);
    const resultKey = `results/flights/${run.run}/merge-load/table.csv`;
    const table = { key: 'anywhere', bytes: 7, rows: 2, resultKey };
    await run.commit('merge-load', {
      attemptId: '2-bbbbbbbb',
      attempt: 2,
      retriesUsed: 1,
      outputs: { table, log: { key: 'anywhere', bytes: 4 } },
    });
    const keys = await run.keys();
    const bytes = (await Promise.all(keys.map((key) => fixture.text(key)))).join('').length;

    const usual = {
      status: 'SUCCEEDED',
      retriesUsed: 0,
      startedAt: at(1),
      durationMs: 250,
      bytesIn: 3,
      bytesOut: 5,
      outputs: { out: { bytes: 5 } },
    };
    expect(await run.cleanUp({ tasks: TASKS, state: { out } })).toEqual({
      done: true,
      result: {
        ...TRUE_OF_ANY_RUN,
        run: run.run,
        status: 'SUCCEEDED',
        succeeded: 4,
        failed: 0,
        skipped: 0,
        tasks: {
          extract: usual,
          aggregate: usual,
          enrich: usual,
          'merge-load': {
            ...usual,
            retriesUsed: 1,
            bytesOut: 11,
            outputs: { table: { bytes: 7, rows: 2, resultKey }, log: { bytes: 4 } },
          },
        },
        released: { objects: 12, bytes, left: 0, requests: expect.any(Number) },
      },
    });
    expect(await run.keys()).toEqual([]);
  });

  it('is a CleanupFailed where objects cannot be deleted', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const run = newRun();
    await run.commit('extract');
    const s3 = fixture.newClient();
    intercept(s3, 'DeleteObjectsCommand', (input, send) => deleteAllBut(/\/out$/, input, send));
    const answer = await run.cleanUp({ tasks: EXTRACT, state: { out: { extract: SUCCEEDED } } }, { s3 });
    expect(answer).toMatchObject({ done: true, error: 'CleanupFailed' });
    expect(resultOf(answer)).toMatchObject({
      status: 'FAILED',
      error: { name: 'CleanupFailed', message: expect.stringContaining('AccessDenied') },
      succeeded: 1,
      failed: 0,
      tasks: { extract: { status: 'SUCCEEDED' } },
      released: { objects: 2, left: 1 },
    });
  });

  it('keeps its tasks’ status when the answer of a first cleanup, that had deleted everything, was lost', async () => {
    const run = newRun();
    for (const task of NAMES) await run.commit(task);
    await run.cleanUp({ tasks: TASKS, state: { out } });
    const answer = await run.cleanUp({ tasks: TASKS, state: { out } });
    expect(answer).toMatchObject({ done: true, result: { status: 'SUCCEEDED', succeeded: 4, failed: 0, skipped: 0 } });
    const { tasks, released } = resultOf(answer);
    expect(Object.values(tasks).map(({ status }) => status)).toEqual(Array(4).fill('SUCCEEDED'));
    expect(released).toMatchObject({ objects: 0, bytes: 0, left: 0 });
  });

  it.each(['{"version": 2}', 'garbage', ''])('is cleaned up although a record of it is %j', async (text) => {
    const run = newRun();
    await run.commit('extract');
    await run.record('extract', text);
    const answer = await run.cleanUp({ tasks: EXTRACT, state: { out: { extract: SUCCEEDED } } });
    expect(resultOf(answer).released).toMatchObject({ left: 0 });
    expect(await run.keys()).toEqual([]);
  });
});

describe('a run with a task that failed', () => {
  const out = { extract: SUCCEEDED, parallel: [{ aggregate: lambdaError('Boom', 'no room') }, { enrich: SUCCEEDED }] };

  async function failedRun() {
    const run = newRun();
    await run.commit('extract');
    await run.commit('enrich');
    const failed = { name: 'Boom', message: 'no room', durationMs: 400 };
    await run.marker('aggregate', '1-aaaaaaaa', { startedAt: at(2), failed });
    await run.marker('aggregate', '3-cccccccc', { startedAt: at(5), failed });
    return run;
  }

  it('is a TaskFailed whose cause is the result as JSON, with the error out of Lambda’s cause', async () => {
    const run = await failedRun();
    const answer = await run.cleanUp({ tasks: TASKS, state: { out } });
    expect(answer).toEqual({ done: true, error: 'TaskFailed', cause: expect.any(String) });
    const result = resultOf(answer);
    expect(result).toMatchObject({
      ...TRUE_OF_ANY_RUN,
      run: run.run,
      status: 'FAILED',
      error: { name: 'TaskFailed', message: expect.stringContaining('aggregate (Boom: no room)') },
      succeeded: 2,
      failed: 1,
      skipped: 1,
      released: { objects: 8, left: 0 },
    });
    expect(result.tasks['merge-load']).toEqual({ status: 'SKIPPED', retriesUsed: 0 });
    expect(await run.keys()).toEqual([]);
  });

  it('took from the start of the first attempt to the end of the last one', async () => {
    const run = await failedRun();
    const { aggregate } = resultOf(await run.cleanUp({ tasks: TASKS, state: { out } })).tasks;
    expect(aggregate).toEqual({
      status: 'FAILED',
      retriesUsed: 2,
      startedAt: at(2),
      durationMs: 3_400,
      error: { name: 'Boom', message: 'no room' },
    });
  });

  it.each([
    ['all that it has, where the error can be retried', 'Boom', 5],
    ['all that it has, where the function was killed', 'States.Timeout', 5],
    ['the attempts after the first that began, where the error is not retried', 'NonRetryableError', 1],
    ['the attempts after the first that began, where the service failed', 'Lambda.ServiceException', 1],
    [
      'the attempts after the first that began, where its list of chunks could not be read',
      'States.ItemReaderFailed',
      1,
    ],
  ])('has used as retries %s', async (_, name, retriesUsed) => {
    const run = await failedRun();
    await run.marker('aggregate', '3-dddddddd', { startedAt: at(6) });
    const state = { out: { aggregate: lambdaError(name, 'no room') } };
    const answer = await run.cleanUp({ tasks: tasksOf(['aggregate'], 5), state });
    expect(resultOf(answer).tasks['aggregate']).toMatchObject({ status: 'FAILED', retriesUsed, error: { name } });
  });

  it.each([
    ['a timeout without a cause', { Error: 'States.Timeout' }, ''],
    ['a cause that is not JSON', { Error: 'Lambda.Unknown', Cause: 'the runtime exited' }, 'the runtime exited'],
    ['a cause that is JSON of another shape', { Error: 'Odd', Cause: '{"message":1}' }, '{"message":1}'],
    ['a cause that is JSON and no object', { Error: 'Odd', Cause: 'null' }, 'null'],
  ])('is reported with %s as it is', async (_, mark, message) => {
    const answer = await newRun().cleanUp({ tasks: EXTRACT, state: { out: { extract: mark } } });
    expect(answer).toMatchObject({ error: 'TaskFailed' });
    expect(resultOf(answer).tasks['extract']).toEqual({
      status: 'FAILED',
      retriesUsed: 0,
      error: { name: mark.Error, message },
    });
  });

  it('stays a TaskFailed where objects cannot be deleted', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const run = await failedRun();
    const s3 = fixture.newClient();
    intercept(s3, 'DeleteObjectsCommand', (input, send) => deleteAllBut(/\/out$/, input, send));
    const answer = await run.cleanUp({ tasks: TASKS, state: { out } }, { s3 });
    expect(answer).toMatchObject({ done: true, error: 'TaskFailed' });
    expect(resultOf(answer)).toMatchObject({ error: { name: 'TaskFailed' }, released: { objects: 6, left: 2 } });
  });

  it('keeps its statuses when the answer of a first cleanup was lost', async () => {
    const run = await failedRun();
    const first = resultOf(await run.cleanUp({ tasks: TASKS, state: { out } }));
    const answer = await run.cleanUp({ tasks: TASKS, state: { out } });
    expect(answer).toMatchObject({ done: true, error: 'TaskFailed' });
    const second = resultOf(answer);
    const statuses = ({ tasks }: typeof first) => Object.entries(tasks).map(([name, { status }]) => [name, status]);
    expect(statuses(second)).toEqual(statuses(first));
    expect(second).toMatchObject({ error: first.error, succeeded: 2, failed: 1, skipped: 1, released: { left: 0 } });
  });
});
