import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasGivenUp } from '../../../lambdas/cleanup/released.ts';
import type { RunEnd } from '../../../state-machines/contract/marks.ts';
import { type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { lambdaError, RunFolder, resultOf, SUCCEEDED, tasksOf } from './runs.ts';

let fixture: S3Fixture;
let number = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

const TASKS = tasksOf(['extract', 'left', 'right']);
const ALL = { extract: SUCCEEDED, left: SUCCEEDED, right: SUCCEEDED };
const readers = ['left', 'right'];
const part = (chunk: string) => ({ chunk, key: 'gone', bytes: 10 });

/** `extract` has an output of 5 bytes that is there, and others that its readers may have released. */
async function released(state: RunEnd, input: unknown = {}, committed: readonly string[] = []) {
  const run = new RunFolder(fixture, `run-${++number}`);
  const key = `runs/flights/${run.run}/extract/1-aaaaaaaa/out`;
  const outputs = {
    out: { key, bytes: 5 },
    table: { key: 'gone', bytes: 7, releasedBy: readers },
    pieces: { key: 'gone/', bytes: 30, parts: ['a', 'b', 'c'].map(part), releasedBy: ['left'] },
    log: { key: 'never', bytes: 1_000, releasedBy: [] },
  };
  await run.commit('extract', { outputs });
  for (const task of committed) await run.commit(task, { outputs: {} });
  const there = (await run.keys()).length;
  const { objects, consumed } = resultOf(await run.cleanUp({ tasks: TASKS, input, state })).released;
  return { ofRun: objects - there, consumed };
}

describe('what a run has released before it ended', () => {
  it('counts as released: an object for each output, or its parts', async () => {
    expect(await released({ out: ALL })).toEqual({ ofRun: 4, consumed: { objects: 4, bytes: 37 } });
  });

  it('is what all readers of which have committed', async () => {
    const out = { ...ALL, right: lambdaError('Boom', 'no room') };
    expect(await released({ out })).toEqual({ ofRun: 3, consumed: { objects: 3, bytes: 30 } });
    expect(await released({ out: { ...ALL, left: { status: 'OMITTED' } } })).toEqual({ ofRun: 0 });
  });

  it('is known from the records where the machine lost its notes', async () => {
    const state = { Error: 'Aborted' };
    expect(await released(state, {}, ['left'])).toEqual({ ofRun: 3, consumed: { objects: 3, bytes: 30 } });
    expect(await released(state, {}, readers)).toEqual({ ofRun: 4, consumed: { objects: 4, bytes: 37 } });
  });

  it('is nothing where the input asks to keep everything', async () => {
    const run = new RunFolder(fixture, `run-${++number}`);
    await run.commit('extract', { outputs: { out: { key: 'x', bytes: 5, releasedBy: readers } } });
    const result = resultOf(await run.cleanUp({ tasks: TASKS, input: { keep: true }, state: { out: ALL } }));
    expect(result.released).toEqual({ objects: 0, bytes: 0, left: 3 });
  });
});

describe('an invocation that is out of time', () => {
  const NOTHING = {
    objects: 0,
    bytes: 0,
    versions: 0,
    uploads: 0,
    requests: 9,
    left: 5,
    outOfTime: true,
    refusals: [],
  };

  it('has given up where it could delete nothing of what it saw', () => {
    expect(hasGivenUp(NOTHING)).toBe(true);
    expect(hasGivenUp({ ...NOTHING, left: 0 })).toBe(false);
  });

  it.each(['objects', 'versions', 'uploads'])('has not where it could delete %s', (what) => {
    expect(hasGivenUp({ ...NOTHING, [what]: 1 })).toBe(false);
  });
});
