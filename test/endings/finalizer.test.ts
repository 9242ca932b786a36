/** What becomes of a run whose finalizer is ended too, and of one whose hooks and cleanup outlive it. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { STATES } from '../../state-machines/contract/states.ts';
import { RUN, Scene, type SceneOptions } from './scene.ts';

async function open(options?: SceneOptions): Promise<Scene> {
  const scene = await Scene.open(options);
  onTestFinished(() => scene.close());
  return scene;
}

/** Ends a run while `left` is at work. */
async function aborted(scene: Scene): Promise<void> {
  const left = scene.hold('left');
  scene.start();
  await left.begun;
  scene.stop();
  left.letGo();
  await scene.functionsAreIdle();
}

const scene = await Scene.open();
await aborted(scene);
await scene.deliver();
const statesOfFinalizer = new Set(scene.account.finalizers.history(RUN));
await scene.close();

describe('a finalizer that is stopped', () => {
  it.each([...statesOfFinalizer])('as it enters "%s" leaves nothing that the reaper does not delete', async (last) => {
    const scene = await open();
    scene.onFinalizerState = (execution, state) => {
      if (state === last) scene.account.finalizers.stop(execution);
    };
    await aborted(scene);
    await scene.deliver();
    expect(scene.account.finalizers.describe(RUN)).toMatchObject({ status: 'ABORTED' });
    await scene.functionsAreIdle();
    expect(await scene.reap()).toMatchObject({ failed: 0 });
    expect(await scene.keys()).toEqual([]);
    expect(await scene.changedOfOthers()).toEqual([]);
  });
});

it("a cleanup that goes on beside the finalizer's own takes nothing from it", async () => {
  const finalizing = Promise.withResolvers<void>();
  const scene = await open({
    around: async ({ state, execution, go }, own) => {
      if (execution !== RUN || state !== STATES.cleanup) return go();
      if (own.account.finalizers.describe(RUN)) {
        finalizing.resolve();
        return go();
      }
      own.stop();
      await finalizing.promise;
      return go();
    },
  });
  scene.start();
  await scene.account.pipeline.over(RUN);
  await scene.deliver();
  await scene.functionsAreIdle();
  expect(scene.result()).toMatchObject({ status: 'ABORTED', succeeded: 5, released: { left: 0 } });
  expect(await scene.keys()).toEqual([]);
});

it('a finally hook that fails in the finalizer keeps nothing from the cleanup, and the abort is what is reported', async () => {
  const scene = await open();
  scene.fail('report', 'alert');
  await aborted(scene);
  await scene.deliver();
  expect(scene.result()).toMatchObject({
    status: 'ABORTED',
    error: { name: 'Aborted' },
    hooks: { alert: { status: 'FAILED' }, report: { status: 'FAILED' } },
  });
  expect(await scene.keys()).toEqual([]);
  expect(scene.timesCalled('notify')).toBe(1);
});
