/** Runs that are kept, and what becomes of them: their lease ends, or an execution resumes them. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { TABLE } from './pipeline.ts';
import { RUN, Scene, type SceneOptions } from './scene.ts';

const HOUR_MS = 3_600_000;
const KEEPING: SceneOptions = { keepOnFailureSeconds: 3_600 };
/** One that resumes it. */
const AGAIN = 'again';

async function open(options?: SceneOptions): Promise<Scene> {
  const scene = await Scene.open(options);
  onTestFinished(() => scene.close());
  return scene;
}

/** Runs to its end, and what is told of that is heard. */
async function run(scene: Scene, execution = RUN, input: unknown = {}) {
  scene.start(execution, input);
  const end = await scene.account.pipeline.over(execution);
  await scene.deliver(execution);
  return end;
}

/** A run of which `left` failed, kept. */
async function kept(): Promise<Scene> {
  const scene = await open(KEEPING);
  scene.fail('left');
  await run(scene);
  scene.heal();
  expect(scene.result()).toMatchObject({ status: 'FAILED', keptUntil: expect.any(String) });
  return scene;
}

describe('a run that is kept', () => {
  it('for its failure stays until its lease is over, and goes when the reaper comes after that', async () => {
    const scene = await kept();
    const keys = await scene.keys();
    expect(keys).toContainEqual(expect.stringMatching(/extract\/.*\/raw$/));
    expect(await scene.reap(Date.now() + 0.9 * HOUR_MS)).toMatchObject({ kept: 1, expired: 0 });
    expect(await scene.keys()).toEqual(keys);
    expect(await scene.reap(Date.now() + 1.1 * HOUR_MS)).toMatchObject({ kept: 0, expired: 1 });
    expect(await scene.keys()).toEqual([]);
    expect(await scene.changedOfOthers()).toEqual([]);
  });

  it.each(['ABORTED', 'TIMED_OUT', 'FAILED'] as const)('for having %s stays, and its hooks ran', async (status) => {
    const scene = await open(KEEPING);
    const left = scene.hold('left');
    scene.start();
    await left.begun;
    scene.account.pipeline.end(RUN, { status, error: 'States.Runtime', cause: 'no such path' });
    left.letGo();
    await scene.functionsAreIdle();
    await scene.deliver();
    expect(['alert', 'report', 'notify'].map((hook) => scene.timesCalled(hook as 'alert'))).toEqual([1, 1, 1]);
    expect(scene.result()).toMatchObject({ status, keptUntil: expect.any(String) });
    expect(await scene.reap()).toMatchObject({ kept: 1 });
    expect(await scene.keys()).not.toEqual([]);
    await scene.reap(Date.now() + 1.1 * HOUR_MS);
    expect(await scene.keys()).toEqual([]);
  });

  it('for its input stays a day though it succeeded, and what it read stays too', async () => {
    const scene = await open();
    expect(await run(scene, RUN, { keep: true })).toMatchObject({ status: 'SUCCEEDED' });
    expect(await scene.keys()).toContainEqual(expect.stringMatching(/extract\/.*\/raw$/));
    expect(await scene.reap(Date.now() + 23 * HOUR_MS)).toMatchObject({ kept: 1 });
    expect(await scene.keys()).not.toEqual([]);
    expect(await scene.reap(Date.now() + 25 * HOUR_MS)).toMatchObject({ expired: 1 });
    expect(await scene.keys()).toEqual([]);
    expect(await scene.table()).toEqual(TABLE);
  });

  it('and of which a task goes on writing can still be resumed', async () => {
    const scene = await open(KEEPING);
    const left = scene.hold('left');
    scene.start();
    await left.begun;
    scene.stop();
    await scene.deliver();
    await scene.lateWriters();
    expect(await scene.reap()).toMatchObject({ kept: 1 });
    expect(await run(scene, AGAIN, { resume: RUN })).toMatchObject({ status: 'SUCCEEDED' });
    expect(scene.timesCalled('left')).toBe(1);
    expect(await scene.table()).toEqual(TABLE);
    expect(await scene.keys()).toEqual([]);
  });
});

describe('an execution that resumes a run', () => {
  it('does what was left to do, and nothing again; then nothing is left', async () => {
    const scene = await kept();
    expect(await run(scene, AGAIN, { resume: RUN })).toMatchObject({ status: 'SUCCEEDED' });
    expect(scene.result(AGAIN)).toMatchObject({ run: RUN, execution: AGAIN, status: 'SUCCEEDED', succeeded: 5 });
    expect(['extract', 'right', 'left', 'load'].map((task) => scene.timesCalled(task as 'load'))).toEqual([1, 1, 2, 1]);
    expect(scene.timesCalled('report')).toBe(2);
    expect(await scene.keys()).toEqual([]);
    expect(await scene.keys(AGAIN)).toEqual([]);
    expect(await scene.table()).toEqual(TABLE);
    expect(await scene.changedOfOthers()).toEqual([]);
  });

  it('and fails again is kept again, and can be resumed again', async () => {
    const scene = await kept();
    scene.fail('load');
    expect(await run(scene, AGAIN, { resume: RUN })).toMatchObject({ status: 'FAILED', error: 'TaskFailed' });
    expect(await scene.reap()).toMatchObject({ kept: 1 });
    scene.heal();
    expect(await run(scene, 'and-again', { resume: RUN })).toMatchObject({ status: 'SUCCEEDED' });
    expect(scene.timesCalled('extract')).toBe(1);
    expect(await scene.keys()).toEqual([]);
    expect(await scene.table()).toEqual(TABLE);
  });

  it('and is aborted is finalized as any other', async () => {
    const scene = await kept();
    const load = scene.hold('load');
    scene.start(AGAIN, { resume: RUN });
    await load.begun;
    scene.stop(AGAIN);
    load.letGo();
    await scene.functionsAreIdle();
    await scene.deliver(AGAIN);
    expect(scene.result(AGAIN)).toMatchObject({ status: 'ABORTED', keptUntil: expect.any(String) });
    await scene.reap(Date.now() + 1.1 * HOUR_MS);
    expect(await scene.keys()).toEqual([]);
  });

  it('and is aborted, of which nobody hears, is found by the reaper', async () => {
    const scene = await kept();
    const load = scene.hold('load');
    scene.start(AGAIN, { resume: RUN });
    await load.begun;
    expect(await scene.reap(Date.now() + 1.1 * HOUR_MS)).toMatchObject({ expired: 0, kept: 0 });
    scene.stop(AGAIN);
    load.letGo();
    await scene.functionsAreIdle();
    expect(await scene.reap()).toMatchObject({ orphansFound: 1 });
    expect(scene.result(AGAIN)).toMatchObject({ status: 'ABORTED' });
    await scene.reap(Date.now() + 1.1 * HOUR_MS);
    expect(await scene.keys()).toEqual([]);
  });

  it.each([
    ['that was deleted', async (scene: Scene) => void (await scene.reap(Date.now() + 2 * HOUR_MS))],
    [
      'that another has taken up',
      async (scene: Scene) => {
        const { begun } = scene.hold('left');
        scene.start('other', { resume: RUN });
        await begun;
      },
    ],
  ])('%s is refused, and touches nothing', async (_, before) => {
    const scene = await kept();
    await before(scene);
    const keys = await scene.keys();
    expect(await run(scene, AGAIN, { resume: RUN })).toMatchObject({ status: 'FAILED', error: 'ResumeRefused' });
    expect(await scene.keys()).toEqual(keys);
    await scene.lateWriters();
  });

  it('is one, though two want it at once', async () => {
    const scene = await kept();
    const names = ['one', 'two', 'three'];
    const ends = await Promise.all(names.map((name) => run(scene, name, { resume: RUN })));
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['FAILED', 'FAILED', 'SUCCEEDED']);
    expect(scene.timesCalled('left')).toBe(2);
    expect(await scene.table()).toEqual(TABLE);
    expect(await scene.keys()).toEqual([]);
  });
});

describe('two runs at once', () => {
  it('each have their results, and leave nothing', async () => {
    const scene = await open();
    const ends = await Promise.all([run(scene, RUN), run(scene, 'run-2')]);
    expect(ends.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect([await scene.table(), await scene.table('run-2')]).toEqual([TABLE, TABLE]);
    expect([await scene.keys(), await scene.keys('run-2')]).toEqual([[], []]);
    expect(await scene.changedOfOthers()).toEqual([]);
  });

  it('of which one is aborted: the other goes on to its end', async () => {
    const scene = await open();
    const left = scene.hold('left');
    scene.start();
    await left.begun;
    const other = run(scene, 'run-2');
    scene.stop();
    await scene.deliver();
    expect(await other).toMatchObject({ status: 'SUCCEEDED' });
    await scene.lateWriters();
    await scene.reap();
    expect([await scene.keys(), await scene.keys('run-2')]).toEqual([[], []]);
    expect(await scene.table('run-2')).toEqual(TABLE);
  });
});
