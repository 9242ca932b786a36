import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../history/events.ts';
import { runLocally } from '../../local/index.ts';
import { bytes, TaskGraph } from '../../state-machines/index.ts';
import { filesUnder, temporaryFolder } from './fixtures.ts';

const dir = temporaryFolder();

it("with onTaskFailure 'stop' nothing stays of a task that was running when another failed", async () => {
  const graph = new TaskGraph('stopped', { onTaskFailure: 'stop' });
  graph.addTask('slow', { outputs: { data: bytes() } });
  graph.addTask('failing');
  const plan = graph.build();
  const slowBegan = Promise.withResolvers<void>();
  const cleanedUp = Promise.withResolvers<void>();

  const result = await runLocally(plan, {
    dir,
    run: 'run-1',
    handlers: {
      slow: async ({ outputs }) => {
        slowBegan.resolve();
        await cleanedUp.promise;
        await outputs.data.write(new Uint8Array(8));
      },
      failing: async () => {
        await slowBegan.promise;
        throw Object.assign(new Error('no more'), { name: 'Broken' });
      },
    },
    onProgress: ({ type }) => {
      if (type === 'cleanup-started') setTimeout(() => cleanedUp.resolve(), 50);
    },
  });

  expect(result).toMatchObject({
    status: 'FAILED',
    error: { name: 'TaskFailed', message: 'failing (Broken: no more) failed' },
    tasks: { slow: { status: 'FAILED', error: { name: 'Stopped' } }, failing: { error: { name: 'Broken' } } },
    released: { left: 0 },
  });
  const stored = filesUnder(join(dir, 'stopped/run-1/s3/buckets/runs')).filter((file) => file.includes('run-1'));
  expect(stored).toEqual([]);
});

it("with onTaskFailure 'stop' a task that was running when another failed is told as stopped, though it ends well", async () => {
  const graph = new TaskGraph('stopped', { onTaskFailure: 'stop' });
  graph.addTask('slow');
  graph.addTask('failing');
  const slowBegan = Promise.withResolvers<void>();
  const cleansUp = Promise.withResolvers<void>();
  const slowEnded = Promise.withResolvers<void>();
  const events: RunEvent[] = [];

  const { tasks } = await runLocally(graph.build(), {
    dir,
    handlers: {
      slow: async () => {
        slowBegan.resolve();
        await cleansUp.promise;
        slowEnded.resolve();
      },
      failing: async () => {
        await slowBegan.promise;
        throw new Error('no more');
      },
    },
    onProgress: (event) => {
      events.push(event);
      if (event.type === 'cleanup-started') cleansUp.resolve();
    },
  });

  await slowEnded.promise;
  expect(tasks['slow']).toMatchObject({ status: 'FAILED', error: { name: 'Stopped' } });
  const ofSlow = events.filter((event) => 'task' in event && event.task === 'slow');
  expect(ofSlow).toMatchObject([{ type: 'attempt-started' }, { type: 'attempt-failed', error: { name: 'Stopped' } }]);
});
