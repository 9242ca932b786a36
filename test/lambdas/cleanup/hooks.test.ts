import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEnd } from '../../../state-machines/contract/marks.ts';
import { PAYLOAD_LIMIT } from '../../../state-machines/contract/result.ts';
import { type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { at, lambdaError, RunFolder, resultOf, SUCCEEDED, tasksOf } from './runs.ts';

let fixture: S3Fixture;
let number = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
const newRun = () => new RunFolder(fixture, `run-${++number}`);

const TASKS = tasksOf(['extract', 'load'], 1);
const HOOKS = tasksOf(['undo', 'tidy', 'alarm', 'close', 'bill']);
const BOOM = lambdaError('Boom', 'no room');
const BOOM_TOLD = { name: 'Boom', message: 'no room' };

const resultFor = async (state: RunEnd, run = newRun()) =>
  resultOf(await run.cleanUp({ tasks: TASKS, hooks: HOOKS, state }));

describe('the hooks of a run', () => {
  it('are reported beside the tasks: those inside it, those behind it, and those that there was no reason to run', async () => {
    const run = newRun();
    for (const name of ['extract', 'tidy', 'alarm']) await run.commit(name);
    await run.marker('undo', '1-aaaaaaaa', { startedAt: at(3), failed: { ...BOOM_TOLD, durationMs: 100 } });
    const result = await resultFor(
      {
        out: { '0': [{ extract: SUCCEEDED }, { load: BOOM, undo: BOOM }], tidy: SUCCEEDED },
        errors: [{ alarm: SUCCEEDED }],
        finally: [{ close: SUCCEEDED }],
      },
      run,
    );
    expect(result).toMatchObject({
      status: 'FAILED',
      error: { name: 'TaskFailed', message: 'load (Boom: no room) failed' },
      succeeded: 1,
      failed: 1,
      skipped: 0,
      omitted: 0,
      hooks: {
        undo: { status: 'FAILED', retriesUsed: 0, startedAt: at(3), durationMs: 100, error: BOOM_TOLD },
        tidy: { status: 'SUCCEEDED', durationMs: 250 },
        alarm: { status: 'SUCCEEDED', outputs: { out: { bytes: 5 } } },
        close: { status: 'SUCCEEDED' },
      },
    });
    expect(result.hooks?.['bill']).toEqual({ status: 'OMITTED', retriesUsed: 0 });
    expect(Object.keys(result.hooks ?? {})).toEqual(HOOKS.map(({ name }) => name));
  });

  it('are not mentioned where the pipeline has none', async () => {
    const answer = await newRun().cleanUp({ tasks: TASKS, state: { out: { extract: SUCCEEDED, load: SUCCEEDED } } });
    expect(resultOf(answer)).not.toHaveProperty('hooks');
  });

  it.each<[string, RunEnd]>([
    ['of the graph', { out: { extract: SUCCEEDED, load: SUCCEEDED }, finally: [{ close: BOOM }, { bill: SUCCEEDED }] }],
    ['of a group', { out: { extract: SUCCEEDED, load: SUCCEEDED, close: BOOM }, finally: [{ bill: SUCCEEDED }] }],
  ])('turn a success into a failure where a finally task %s failed', async (_, state) => {
    expect(await resultFor(state)).toMatchObject({
      status: 'FAILED',
      error: { name: 'FinallyFailed', message: 'close (Boom: no room) failed' },
      succeeded: 2,
      failed: 0,
      hooks: { close: { status: 'FAILED', error: BOOM_TOLD } },
    });
  });

  it('hide no failure of a task by their own', async () => {
    const state = { out: { extract: BOOM }, errors: [{ alarm: BOOM }], finally: [{ close: BOOM }] };
    expect(await resultFor(state)).toMatchObject({
      error: { name: 'TaskFailed', message: 'extract (Boom: no room) failed' },
      failed: 1,
      hooks: { alarm: { status: 'FAILED' }, close: { status: 'FAILED' } },
    });
  });

  it('hide no error of the machine either', async () => {
    const state = { Error: 'Aborted', Cause: 'stopped', out: {}, finally: [{ close: BOOM }] };
    expect(await resultFor(state)).toMatchObject({
      error: { name: 'Aborted' },
      hooks: { close: { status: 'FAILED' } },
    });
  });

  it('are read from their records where their notes were lost, and that is no success', async () => {
    const run = newRun();
    for (const name of ['extract', 'load', 'close']) await run.commit(name);
    await run.marker('bill', '1-aaaaaaaa');
    const state = {
      out: { extract: SUCCEEDED, load: SUCCEEDED },
      finallyLost: { Error: 'States.DataLimitExceeded', Cause: 'too much' },
    };
    const result = await resultFor(state, run);
    expect(result).toMatchObject({ status: 'FAILED', error: { name: 'FinallyFailed' }, succeeded: 2 });
    expect(Object.entries(result.hooks ?? {}).map(([, { status }]) => status)).toEqual([
      'OMITTED',
      'OMITTED',
      'OMITTED',
      'SUCCEEDED',
      'FAILED',
    ]);
    const silent = { ...state, out: { extract: SUCCEEDED, load: SUCCEEDED } };
    expect(await resultFor(silent)).toMatchObject({
      error: { name: 'FinallyFailed', message: expect.stringContaining('States.DataLimitExceeded') },
    });
  });

  it('are all read from their records where the machine lost everything', async () => {
    const run = newRun();
    await run.commit('alarm');
    await run.marker('close', '1-aaaaaaaa');
    const result = await resultFor({ Error: 'States.DataLimitExceeded' }, run);
    expect(result).toMatchObject({
      error: { name: 'States.DataLimitExceeded' },
      hooks: {
        undo: { status: 'OMITTED' },
        alarm: { status: 'SUCCEEDED' },
        close: { status: 'FAILED', error: { name: 'Stopped' } },
      },
    });
  });
});

describe('a task that was omitted', () => {
  it('is no failure, and is counted', async () => {
    const answer = await newRun().cleanUp({
      tasks: TASKS,
      state: { out: { extract: SUCCEEDED, load: { status: 'OMITTED' } } },
    });
    expect(answer).toMatchObject({ done: true, result: { status: 'SUCCEEDED', succeeded: 1, omitted: 1, skipped: 0 } });
    expect(resultOf(answer).tasks['load']).toEqual({ status: 'OMITTED', retriesUsed: 0 });
  });
});

describe('a run that was stopped by a task’s failure', () => {
  const tasks = tasksOf(['done', 'failed', 'beside', 'waiting', 'never'], 3);
  const stop = { Error: 'TaskFailed', Cause: JSON.stringify({ failed: BOOM }) };

  async function stoppedRun() {
    const run = newRun();
    await run.commit('done');
    const failed = { ...BOOM_TOLD, durationMs: 100 };
    await run.marker('failed', '1-aaaaaaaa', { startedAt: at(1), failed });
    await run.marker('beside', '1-aaaaaaaa', { startedAt: at(2) });
    await run.marker('waiting', '1-aaaaaaaa', {
      startedAt: at(2),
      failed: { name: 'Odd', message: '"?"', durationMs: 1 },
    });
    return run;
  }
  const EXPECTED = {
    status: 'FAILED',
    error: { name: 'TaskFailed', message: 'failed (Boom: no room) failed' },
    succeeded: 1,
    failed: 3,
    skipped: 1,
    tasks: {
      done: { status: 'SUCCEEDED', bytesOut: 5 },
      failed: { status: 'FAILED', retriesUsed: 3, startedAt: at(1), error: BOOM_TOLD },
      beside: { status: 'FAILED', retriesUsed: 0, error: { name: 'Stopped' } },
      waiting: { status: 'FAILED', retriesUsed: 0, error: { name: 'Odd', message: '"?"' } },
      never: { status: 'SKIPPED' },
    },
  };

  it('reads as a task’s failure; how the others ended is in their records', async () => {
    const run = await stoppedRun();
    expect(resultOf(await run.cleanUp({ tasks, state: stop }))).toMatchObject(EXPECTED);
  });

  it('reads so too with the notes that its hooks were given', async () => {
    const run = await stoppedRun();
    const notes = await run.notes({ tasks, state: stop });
    expect(resultOf(await run.cleanUp({ tasks, state: notes as RunEnd }))).toMatchObject(EXPECTED);
  });

  it.each(['{"failed":', 'null', '[]', '{"failed":"x"}'])(
    'by an error with %s for a cause is reported as it is',
    async (Cause) => {
      const state = { Error: 'TaskFailed', Cause };
      expect(resultOf(await newRun().cleanUp({ tasks, state })).error).toEqual({ name: 'TaskFailed', message: Cause });
    },
  );
});

describe('notes from the records', () => {
  it('are a mark for each task and hook that came to something, beside the error, and nothing is cleaned up', async () => {
    const run = newRun();
    await run.commit('extract');
    await run.commit('tidy');
    await run.marker('load', '1-aaaaaaaa', { failed: { ...BOOM_TOLD, durationMs: 100 } });
    const before = await run.keys();
    const state = { Error: 'States.DataLimitExceeded', Cause: 'too much' };
    expect(await run.notes({ tasks: [...TASKS, ...tasksOf(['never'])], hooks: HOOKS, state })).toEqual({
      ...state,
      out: { extract: SUCCEEDED, load: { Error: 'Boom', Cause: '{"errorMessage":"no room"}' }, tidy: SUCCEEDED },
    });
    expect(await run.keys()).toEqual(before);
  });

  it('have the marks of what stopped the run', async () => {
    const state = { Error: 'TaskFailed', Cause: JSON.stringify({ load: BOOM }) };
    const { out } = await newRun().notes({ tasks: TASKS, state });
    expect(out).toEqual({ load: { Error: 'Boom', Cause: '{"errorMessage":"no room"}' } });
  });

  it('tell of a task what the records still told when they were made, where these have gone', async () => {
    const stopped = { Error: 'Stopped', Cause: 'it was running' };
    const out = { extract: SUCCEEDED, load: { status: 'OMITTED' as const }, send: stopped };
    const tasks = [...TASKS, ...tasksOf(['send'], 3)];
    const state = { Error: 'Aborted', Cause: '', out };
    expect(resultOf(await newRun().cleanUp({ tasks, state })).tasks).toEqual({
      extract: { status: 'SUCCEEDED', retriesUsed: 0 },
      load: { status: 'OMITTED', retriesUsed: 0 },
      send: { status: 'FAILED', retriesUsed: 0, error: { name: 'Stopped', message: 'it was running' } },
    });
  });

  it.each([
    [300, 'all, with their messages cut', 300],
    [1_500, 'as many as fit', 500],
  ])('of %i failed tasks leave room in the payload: %s', async (count, _, least) => {
    const names = Array.from({ length: count }, (_, index) => `task-${index}`);
    const marks = Object.fromEntries(names.map((name) => [name, lambdaError('Boom', '"\\"'.repeat(300))]));
    const state = { Error: 'TaskFailed', Cause: JSON.stringify(marks) };
    const { out } = await newRun().notes({ tasks: tasksOf(names), state });
    expect(Buffer.byteLength(JSON.stringify(out))).toBeLessThanOrEqual(PAYLOAD_LIMIT / 2);
    expect(Object.keys(out).length).toBeGreaterThanOrEqual(least);
  });
});

describe('a chunk-parallel task', () => {
  const tasks = tasksOf(['work'], 2);

  it('is reported with its chunks', async () => {
    const run = newRun();
    await run.commit('work', { retriesUsed: 4, chunks: { total: 9, succeeded: 8, failed: 1 } });
    const { work } = resultOf(await run.cleanUp({ tasks, state: { out: { work: SUCCEEDED } } })).tasks;
    expect(work).toMatchObject({ status: 'SUCCEEDED', retriesUsed: 4, chunks: { total: 9, succeeded: 8, failed: 1 } });
  });

  const CHUNKS_FAILED = { name: 'ChunksFailed', message: '2 of 3 chunks failed' };

  it('that failed has used the retries of its chunks, and took as long as they did', async () => {
    const run = newRun();
    await run.commit('work/a', { attemptId: '2-bbbbbbbb' });
    await run.marker('work/a', '1-aaaaaaaa');
    for (const attemptId of ['1-aaaaaaaa', '1-aaaaaaab', '2-bbbbbbbb', '3-cccccccc'])
      await run.marker('work/b', attemptId);
    const chunks = { total: 3, succeeded: 1, failed: 2 };
    const failed = { ...CHUNKS_FAILED, durationMs: 5_000, chunks };
    await run.marker('work', '1-aaaaaaaa', { startedAt: at(1), failed });
    const state = { out: { work: lambdaError(CHUNKS_FAILED.name, CHUNKS_FAILED.message) } };
    expect(resultOf(await run.cleanUp({ tasks, state })).tasks['work']).toEqual({
      status: 'FAILED',
      retriesUsed: 3,
      startedAt: at(1),
      durationMs: 5_000,
      chunks,
      error: CHUNKS_FAILED,
    });
    expect(await run.keys()).toEqual([]);
  });

  it('of which the run ended while its chunks were running was stopped', async () => {
    const run = newRun();
    await run.commit('work/a');
    await run.marker('work/b', '1-aaaaaaaa');
    await run.marker('work/b', '2-bbbbbbbb');
    expect(resultOf(await run.cleanUp({ tasks, state: { Error: 'Aborted' } })).tasks['work']).toEqual({
      status: 'FAILED',
      retriesUsed: 1,
      error: { name: 'Stopped', message: expect.any(String) },
    });
  });
});
