import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCleanupEvent } from '../../../state-machines/contract/cleanup-events.ts';
import { leaseKey } from '../../../state-machines/contract/keys.ts';
import type { LeaseRecord } from '../../../state-machines/contract/records.ts';
import { intercept, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { at, lambdaError, PIPELINE, RunFolder, resultOf, SHAPE, STARTED_AT, SUCCEEDED, tasksOf } from './runs.ts';

let fixture: S3Fixture;
let number = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

const TASKS = tasksOf(['extract', 'load'], 2);
const GOOD = { out: { extract: SUCCEEDED, load: SUCCEEDED } };
const AGAIN = { execution: 'again', startedAt: at(1_000) };
const BOOM = { name: 'Boom', message: 'no room' };

/** Kept by its own execution; `extract` has committed, `load` has failed. */
async function keptRun(): Promise<RunFolder> {
  const run = new RunFolder(fixture, `run-${++number}`);
  await run.commit('extract');
  const failed = { ...BOOM, durationMs: 100 };
  for (const [index, attemptId] of ['1-aaaaaaaa', '2-bbbbbbbb', '3-cccccccc'].entries())
    await run.marker('load', attemptId, { startedAt: at(10 * index), failed });
  await run.lease();
  return run;
}

describe('an execution that resumes a run', () => {
  it('cleans that run up and is told by its own name', async () => {
    const run = await keptRun();
    await run.holder(1, { execution: 'again' });
    await run.commit('load');
    const answer = await run.cleanUp({ ...AGAIN, tasks: TASKS, state: GOOD });
    expect(answer).toMatchObject({
      done: true,
      result: {
        run: run.run,
        execution: 'again',
        status: 'SUCCEEDED',
        startedAt: at(1_000),
        tasks: { extract: { startedAt: at(1), bytesOut: 5 } },
        released: { left: 0 },
      },
    });
    expect(await run.keys()).toEqual([]);
  });

  it('cleans it up also where no task of its came so far as to take it', async () => {
    const run = await keptRun();
    const state = { Error: 'Aborted', Cause: 'stopped' };
    const answer = await run.cleanUp({ ...AGAIN, tasks: TASKS, state, status: 'ABORTED' });
    expect(resultOf(answer)).toMatchObject({ status: 'ABORTED', succeeded: 1, skipped: 1, released: { left: 0 } });
    expect(await run.keys()).toEqual([]);
  });

  it('can keep it again, for who resumes it next', async () => {
    const run = await keptRun();
    await run.holder(1, { execution: 'again' });
    const state = { out: { extract: SUCCEEDED, load: lambdaError('Boom', 'no room') } };
    const event = { ...AGAIN, tasks: TASKS, state, keepOnFailureSeconds: 60 };
    const first = resultOf(await run.cleanUp(event));
    expect(first).toMatchObject({ execution: 'again', status: 'FAILED', released: { objects: 0, left: 7 } });
    const lease = await run.read<LeaseRecord>(leaseKey(run));
    expect(lease).toMatchObject({ execution: 'again', holder: 1, until: first.keptUntil });
    expect(await run.cleanUp({ ...event, execution: 'once-more', state: GOOD })).toMatchObject({ done: true });
    expect(await run.keys()).toEqual([]);
  });

  it('deletes the lease alone before anything else, and the stored result after everything else', async () => {
    const run = await keptRun();
    await run.holder(1, { execution: 'again' });
    const s3 = fixture.newClient();
    const steps: string[][] = [];
    intercept(s3, 'DeleteObjectCommand', async ({ Key }, send) => {
      steps.push([Key]);
      return send();
    });
    intercept(s3, 'DeleteObjectsCommand', async (input, send) => {
      steps.push(input.Delete.Objects.map(({ Key }: { Key: string }) => Key));
      return send();
    });
    await run.cleanUp({ ...AGAIN, tasks: TASKS, state: GOOD }, { s3 });
    const prefix = `runs/${PIPELINE}/${run.run}/`;
    expect(steps.at(0)).toEqual([`${prefix}_lease.json`]);
    expect(steps.at(-1)).toEqual([`${prefix}_result.json`]);
    expect(steps.flat().filter((key) => /_(lease|result)\.json$/.test(key))).toHaveLength(2);
  });

  it('has hooks of its own, whose folders have its name', async () => {
    const run = await keptRun();
    await run.holder(1, { execution: 'again' });
    await run.marker('alarm', '1-aaaaaaaa', { failed: { ...BOOM, durationMs: 1 } });
    await run.commit('alarm@again', { durationMs: 77 });
    await run.commit('close');
    const state = { Error: 'Aborted' };
    const event = { ...AGAIN, tasks: TASKS, hooks: tasksOf(['alarm', 'close']), state };
    expect(resultOf(await run.cleanUp(event)).hooks).toMatchObject({
      alarm: { status: 'SUCCEEDED', durationMs: 77 },
      close: { status: 'OMITTED' },
    });
  });
});

describe('an execution that may not have the run that it would resume', () => {
  const refusal = lambdaError('NonRetryableError', 'ResumeRefused: it is not yours');
  const state = { out: { extract: refusal } };

  it.each<[string, (run: RunFolder) => Promise<void>, RegExp]>([
    ['is held by another', (run) => run.holder(1, { execution: 'first' }), /held by the execution "first"/],
    ['is being deleted', (run) => run.holder(1, 'reaper'), /being deleted/],
    ['is of another graph', (run) => run.lease({ shape: 'other' }), /of another graph/],
  ])('touches nothing where it %s, and says so', async (_, prepare, message) => {
    const run = await keptRun();
    await prepare(run);
    const before = await run.keys();
    const answer = await run.cleanUp({ ...AGAIN, tasks: TASKS, state, keepOnFailureSeconds: 60 });
    expect(answer).toMatchObject({ done: true, error: 'ResumeRefused' });
    expect(resultOf(answer)).toMatchObject({
      run: run.run,
      execution: 'again',
      status: 'FAILED',
      error: { name: 'ResumeRefused', message: expect.stringMatching(message) },
      succeeded: 0,
      failed: 1,
      skipped: 1,
      released: { objects: 0, left: 0 },
    });
    expect(resultOf(answer)).not.toHaveProperty('keptUntil');
    expect(await run.keys()).toEqual(before);
    const { out } = await run.notes({ ...AGAIN, tasks: TASKS, state: { Error: 'Aborted' } });
    expect(out).toEqual({});
    expect(await run.keys()).toEqual(before);
  });

  it('touches nothing of a run that is not kept, such as one that goes on', async () => {
    const run = new RunFolder(fixture, `run-${++number}`);
    await run.commit('extract');
    const answer = await run.cleanUp({ ...AGAIN, tasks: TASKS, state });
    expect(resultOf(answer)).toMatchObject({
      error: { name: 'ResumeRefused', message: expect.stringContaining('nothing is kept') },
    });
    expect(await run.keys()).toHaveLength(3);
  });

  it('keeps to what ended it where that was something else', async () => {
    const run = new RunFolder(fixture, `run-${++number}`);
    const answer = await run.cleanUp({ ...AGAIN, tasks: TASKS, state: { Error: 'Aborted' }, status: 'ABORTED' });
    expect(answer).toMatchObject({ done: true, result: { status: 'ABORTED', error: { name: 'Aborted' } } });
  });

  it('is another than the one that has deleted the run already, and whose answer was lost', async () => {
    const run = await keptRun();
    await run.cleanUp({ ...AGAIN, tasks: TASKS, state: GOOD });
    const answer = await run.cleanUp({ ...AGAIN, tasks: TASKS, state: GOOD });
    expect(answer).toMatchObject({ done: true, result: { status: 'SUCCEEDED', succeeded: 2 } });
  });

  it.each([{ resume: '../x' }, { resume: 5 }, { resume: 'again' }])(
    'has asked for what cannot be: %j',
    async (input) => {
      const event = parseCleanupEvent({
        run: 'again',
        input,
        startedAt: STARTED_AT,
        tasks: { extract: 0 },
        shape: SHAPE,
        state,
      });
      if ('sweep' in event) throw new Error('it is a cleanup event');
      const own = new RunFolder(fixture, 'again');
      await own.commit('extract');
      const answer = await own.cleanUp(event);
      expect(resultOf(answer)).toMatchObject({ run: 'again', status: 'FAILED', error: { name: 'ResumeRefused' } });
      expect(await own.keys()).toHaveLength(3);
    },
  );
});

describe('the attempts of a resumed run', () => {
  const state = { Error: 'Aborted' };

  it('before it was resumed are not those of a task that failed again', async () => {
    const run = await keptRun();
    const failed = { name: 'Odd', message: 'again', durationMs: 500 };
    await run.marker('load', '1-dddddddd', { startedAt: at(1_001), failed });
    await run.marker('load', '2-eeeeeeee', { startedAt: at(1_003), failed });
    const { load } = resultOf(await run.cleanUp({ ...AGAIN, tasks: TASKS, state })).tasks;
    expect(load).toEqual({
      status: 'FAILED',
      retriesUsed: 1,
      startedAt: at(1_001),
      durationMs: 2_500,
      error: { name: 'Odd', message: 'again' },
    });
  });

  it('do not make a task fail that was not tried again', async () => {
    const run = await keptRun();
    expect(resultOf(await run.cleanUp({ ...AGAIN, tasks: TASKS, state })).tasks['load']).toMatchObject({
      status: 'SKIPPED',
    });
  });

  it('at its chunks count from when it was resumed, by the second', async () => {
    const run = await keptRun();
    const before = ['a/1-aaaaaaaa', 'a/2-aaaaaaaa', 'b/1-aaaaaaaa', 'b/2-aaaaaaaa', 'b/3-aaaaaaaa'];
    const since = ['b/1-bbbbbbbb', 'b/2-bbbbbbbb'];
    for (const path of [...before, ...since]) {
      const [chunk, attemptId = ''] = path.split('/');
      await run.marker(`work/${chunk}`, attemptId);
    }
    const s3 = fixture.newClient();
    intercept(s3, 'ListObjectsV2Command', async (_, send) => {
      const page = await send();
      const timed = ({ Key = '', ...rest }) => ({
        ...rest,
        Key,
        LastModified: new Date(Key.includes('-bbbbbbbb/') ? at(1_000) : at(999)),
      });
      return { ...page, ...(page.Contents && { Contents: page.Contents.map(timed) }) };
    });
    const event = { ...AGAIN, startedAt: at(1_000.4), tasks: tasksOf(['work'], 2), state };
    expect(resultOf(await run.cleanUp(event, { s3 })).tasks['work']).toEqual({
      status: 'FAILED',
      retriesUsed: 1,
      error: { name: 'Stopped', message: expect.any(String) },
    });
  });
});
