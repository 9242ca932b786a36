import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { intercept, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { deleteAllBut } from './refusals.ts';
import { lambdaError, RunFolder, resultOf, SUCCEEDED, tasksOf } from './runs.ts';

let fixture: S3Fixture;
let number = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
afterEach(() => void vi.restoreAllMocks());

const TASKS = tasksOf(['extract', 'load']);
const ABORTED = { Error: 'Aborted', Cause: 'the run was stopped' };
const STOPPED = { name: 'Aborted', message: 'the run was stopped' };

async function newRun(): Promise<RunFolder> {
  const run = new RunFolder(fixture, `run-${++number}`);
  await run.commit('extract');
  return run;
}

describe('the finalizer’s cleanup', () => {
  it.each(['ABORTED', 'TIMED_OUT', 'FAILED'] as const)(
    'answers without an error for a run that is %s: the result says so',
    async (status) => {
      const run = await newRun();
      const answer = await run.cleanUp({ tasks: TASKS, state: ABORTED, status });
      expect(answer).toMatchObject({
        done: true,
        result: {
          status,
          error: STOPPED,
          succeeded: 1,
          skipped: 1,
          tasks: { extract: { status: 'SUCCEEDED', bytesOut: 5 } },
          released: { objects: 3, left: 0 },
        },
      });
      expect(await run.keys()).toEqual([]);
    },
  );

  it('is a CleanupFailed where objects are left, and the result says why the run ended', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const run = await newRun();
    const s3 = fixture.newClient();
    intercept(s3, 'DeleteObjectsCommand', (input, send) => deleteAllBut(/\/out$/, input, send));
    const answer = await run.cleanUp({ tasks: TASKS, state: ABORTED, status: 'ABORTED' }, { s3 });
    expect(answer).toMatchObject({ done: true, error: 'CleanupFailed' });
    expect(resultOf(answer)).toMatchObject({ status: 'ABORTED', error: STOPPED, released: { objects: 2, left: 1 } });
  });

  it('has the tasks’ figures where the run was ended in its own cleanup', async () => {
    const run = await newRun();
    const out = { extract: SUCCEEDED, load: SUCCEEDED };
    await run.cleanUp({ tasks: TASKS, state: { out } }, { hasTime: () => false });
    const answer = await run.cleanUp({ tasks: TASKS, state: ABORTED, status: 'ABORTED' });
    expect(resultOf(answer)).toMatchObject({
      status: 'ABORTED',
      error: STOPPED,
      succeeded: 2,
      tasks: { extract: { status: 'SUCCEEDED', bytesOut: 5 }, load: { status: 'SUCCEEDED' } },
      released: { objects: 3, left: 0 },
    });
    expect(await run.keys()).toEqual([]);
  });

  it('keeps to the error of a run that had failed before it was ended in its own cleanup', async () => {
    const run = await newRun();
    const out = { extract: SUCCEEDED, load: lambdaError('Boom', 'no room') };
    await run.cleanUp({ tasks: TASKS, state: { out } }, { hasTime: () => false });
    const answer = await run.cleanUp({ tasks: TASKS, state: ABORTED, status: 'ABORTED' });
    expect(resultOf(answer)).toMatchObject({ status: 'ABORTED', error: { name: 'TaskFailed' }, failed: 1 });
  });

  it('hands over where its time is over, and keeps the status', async () => {
    const run = await newRun();
    const event = { tasks: TASKS, status: 'TIMED_OUT' } as const;
    const first = await run.cleanUp({ ...event, state: ABORTED }, { hasTime: () => false });
    expect(first).toMatchObject({ done: false, Error: 'Aborted', result: { status: 'TIMED_OUT' } });
    if (first.done) throw new Error('it is not done');
    expect(await run.cleanUp({ ...event, state: first })).toMatchObject({
      done: true,
      result: { status: 'TIMED_OUT', error: STOPPED, released: { objects: 3, left: 0 } },
    });
  });

  it('tells hooks from the stored result where the records are being deleted', async () => {
    const run = await newRun();
    const out = { extract: SUCCEEDED, load: lambdaError('Boom', 'no room') };
    await run.cleanUp({ tasks: TASKS, state: { out } }, { hasTime: () => false });
    const before = await run.keys();
    expect(await run.notes({ tasks: TASKS, state: ABORTED, status: 'ABORTED' })).toEqual({
      ...ABORTED,
      out: { extract: SUCCEEDED, load: { Error: 'Boom', Cause: '{"errorMessage":"no room"}' } },
    });
    expect(await run.keys()).toEqual(before);
  });
});

describe('the last sweep', () => {
  it('deletes what was written since the cleanup, and nothing of other runs', async () => {
    const [run, other] = [await newRun(), await newRun()];
    expect(await run.sweep()).toMatchObject({ done: true, objects: 3 });
    expect(await run.keys()).toEqual([]);
    expect(await run.sweep()).toEqual({ done: true, objects: 0, bytes: 0 });
    expect(await other.keys()).toHaveLength(3);
  });

  it.each<[string, (run: RunFolder) => Promise<void>, execution?: string]>([
    ['that is kept', (run) => run.lease()],
    ['that another execution holds', (run) => run.holder(1, { execution: 'again' })],
    ['that the reaper holds', (run) => run.holder(1, 'reaper')],
    ['that its execution never held', async () => {}, 'again'],
    [
      'that another has taken over since',
      async (run) => {
        for (const [index, execution] of ['again', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].entries())
          await run.holder(index + 1, { execution });
      },
      'i',
    ],
  ])('touches nothing of a run %s', async (_, prepare, execution) => {
    const run = await newRun();
    await prepare(run);
    const before = await run.keys();
    expect(await run.sweep(execution)).toEqual({ done: true, objects: 0, bytes: 0 });
    expect(await run.keys()).toEqual(before);
  });

  it('of an execution that resumed the run is for that one, the latest of those that did', async () => {
    const run = await newRun();
    await run.holder(1, { execution: 'again' });
    await run.holder(2, { execution: 'once-more' });
    expect(await run.sweep('once-more')).toMatchObject({ done: true, objects: 5 });
    expect(await run.keys()).toEqual([]);
  });

  it('hands over where its time is over', async () => {
    const run = await newRun();
    let asked = 0;
    expect(await run.sweep(run.run, { hasTime: () => ++asked > 1 })).toEqual({ done: false });
    expect(await run.sweep()).toMatchObject({ done: true, objects: 3 });
  });

  it('is a CleanupFailed where objects are left', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const run = await newRun();
    const s3 = fixture.newClient();
    intercept(s3, 'DeleteObjectsCommand', (input, send) => deleteAllBut(/\/out$/, input, send));
    expect(await run.sweep(run.run, { s3 })).toEqual({
      done: true,
      error: 'CleanupFailed',
      cause: `1 objects are left in runs/flights/${run.run}/: AccessDenied: not this one`,
    });
  });
});
