import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { HandlerOf } from '../../lambdas/runtime/index.ts';
import { reapLocally, runLocally } from '../../local/index.ts';
import { executionsOf, latestTurn, takeTurn } from '../../local/runs/turns.ts';
import { TaskGraph, text } from '../../state-machines/index.ts';
import { disown } from './dead-runs/left-runs.ts';
import { filesUnder, temporaryFolder } from './fixtures.ts';

const base = temporaryFolder();
const NOTHING = { active: 0, kept: 0, released: 0, expired: 0, orphansFound: 0, failed: 0 };
const HOUR = 3_600;

const graph = new TaskGraph('trips');
const extract = graph.addTask('extract', { outputs: { raw: text() } });
const write: HandlerOf<typeof extract> = async ({ outputs }) => ({ raw: await outputs.raw.write('some data') });
graph.addTask('load', { inputs: { raw: extract.outputs.raw } });
const plan = graph.build();

async function runOf(dir: string, run: string, { load = () => undefined as unknown, keepOnFailure = 0 } = {}) {
  return runLocally(plan, { dir, run, waits: 'none', keepOnFailure, handlers: { extract: write, load } });
}

const fails = () => Promise.reject(new Error('no'));

function left(dir: string, run: string): number {
  return filesUnder(join(dir, 'trips', run, 's3/buckets/runs/objects')).length;
}

it('each run is seen to as it is: running, kept, over, dead, and with nothing left not at all', async () => {
  const dir = join(base, 'all');
  const [began, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const load = () => {
    began.resolve();
    return end.promise;
  };
  const running = runOf(dir, 'running', { load });
  await runOf(dir, 'clean');
  await runOf(dir, 'short', { load: fails, keepOnFailure: HOUR });
  await runOf(dir, 'long', { load: fails, keepOnFailure: 24 * HOUR });
  await runOf(dir, 'dead', { load: fails, keepOnFailure: 24 * HOUR });
  disown(join(dir, 'trips/dead'), 1);
  await began.promise;
  const before = ['running', 'short', 'long', 'dead'].map((run) => left(dir, run));
  const turns = ['short', 'long'].map((run) => latestTurn(join(dir, 'trips', run))?.number);

  const now = () => Date.now() + 2 * HOUR * 1000;
  const expected = { ...NOTHING, active: 1, kept: 1, expired: 1, orphansFound: 1 };
  expect(await reapLocally({ dir, dryRun: true, now })).toEqual(expected);
  expect(['running', 'short', 'long', 'dead'].map((run) => left(dir, run))).toEqual(before);
  expect(['short', 'long'].map((run) => latestTurn(join(dir, 'trips', run))?.number)).toEqual(turns);

  expect(await reapLocally({ dir, now })).toEqual(expected);
  expect(left(dir, 'short')).toBe(0);
  expect(left(dir, 'long')).toBe(before[2]);
  expect(await reapLocally({ dir, now })).toEqual({ ...NOTHING, active: 1, kept: 2 });
  end.resolve();
  expect((await running).status).toBe('SUCCEEDED');
});

it('the runs of one pipeline are seen to where one is named, and none where there are none', async () => {
  const dir = join(base, 'one');
  await runOf(dir, 'kept', { load: fails, keepOnFailure: HOUR });
  expect(await reapLocally({ dir, pipeline: 'others' })).toEqual(NOTHING);
  expect(await reapLocally({ dir: join(base, 'nowhere') })).toEqual(NOTHING);
  expect(await reapLocally({ dir, pipeline: 'trips' })).toEqual({ ...NOTHING, kept: 1 });
});

it('a run that was being deleted when its reaper died is deleted by the next one', async () => {
  const dir = join(base, 'half');
  await runOf(dir, 'r1', { load: fails, keepOnFailure: HOUR });
  const now = () => Date.now() + 2 * HOUR * 1000;
  const [execution] = executionsOf(join(dir, 'trips/r1'));
  if (execution) takeTurn(join(dir, 'trips/r1'), 2, { work: 'reap', pipeline: 'trips', run: 'r1', execution });
  expect(await reapLocally({ dir, now })).toEqual({ ...NOTHING, active: 1 });
  disown(join(dir, 'trips/r1'), 2);
  expect(await reapLocally({ dir, now })).toEqual({ ...NOTHING, expired: 1 });
  expect(left(dir, 'r1')).toBe(0);
  expect(await reapLocally({ dir, now })).toEqual(NOTHING);
});
