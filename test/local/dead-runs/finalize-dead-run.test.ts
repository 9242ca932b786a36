import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { finalizeDeadRun } from '../../../local/dead-runs/finalize-dead-run.ts';
import { type DeadRun, findDeadRuns } from '../../../local/dead-runs/find-dead-runs.ts';
import { runLocally } from '../../../local/index.ts';
import { executionsOf, takeTurn } from '../../../local/runs/turns.ts';
import { TaskGraph } from '../../../state-machines/index.ts';
import { diamond, diamondHandlers, filesUnder, temporaryFolder } from '../fixtures.ts';
import { disown } from './left-runs.ts';

const dir = temporaryFolder();
const { plan } = diamond();
const load = async () => plan;
const SNAPSHOTS = join(dir, 'snapshots');
/** The run's folder as it was at each event, by when that was. */
const moments: string[] = [];

/** What the process had written when the power was cut. */
beforeAll(async () => {
  let number = 0;
  const snapshot = (of: string, from = join(dir, 'runs/diamond/r1')) => {
    const name = `${String(number++).padStart(2, '0')} ${of}`;
    cpSync(from, join(SNAPSHOTS, name), { recursive: true });
    moments.push(name);
  };
  const options = { dir: join(dir, 'runs'), run: 'r1', waits: 'none', handlers: diamondHandlers } as const;
  await runLocally(plan, { ...options, onProgress: ({ type }) => snapshot(type) });
  snapshot('over');
});

/** A base folder of its own with that snapshot in it, its process gone. */
function atMoment(name: string): { readonly base: string; readonly folder: string } {
  const base = join(dir, 'at', name);
  const folder = join(base, 'diamond/r1');
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(SNAPSHOTS, name), folder, { recursive: true });
  return { base, folder };
}

function deadIn(base: string): DeadRun {
  const [dead, ...others] = findDeadRuns(base);
  expect(others).toEqual([]);
  expect(dead).toBeDefined();
  return dead as DeadRun;
}

function left(folder: string): string[] {
  return filesUnder(join(folder, 's3/buckets/runs/objects'));
}

describe('a run whose process died', () => {
  it('at any moment is found and finalized once, and leaves nothing', async () => {
    expect(moments.map((name) => name.slice(3))).toEqual(
      expect.arrayContaining([
        'run-started',
        'attempt-started',
        'attempt-succeeded',
        'cleanup-started',
        'run-ended',
        'over',
      ]),
    );
    for (const name of moments.filter((moment) => !moment.endsWith(' over') && !moment.endsWith('run-ended'))) {
      const { base, folder } = atMoment(name);
      disown(folder, 1);
      const finalized = await finalizeDeadRun(deadIn(base), { load });
      expect(finalized?.result, name).toMatchObject({ pipeline: 'diamond', run: 'r1', released: { left: 0 } });
      expect(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')), name).toEqual(finalized?.result);
      expect([left(folder), findDeadRuns(base)], name).toEqual([[], []]);
    }
  });

  it.each(['1.over.json', '1.ended.json'])('before it wrote %s has succeeded all the same', async (note) => {
    const { base, folder } = atMoment(moments.at(-1) ?? '');
    const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
    disown(folder, 1);
    rmSync(join(folder, 'turns', note), { force: true });
    expect((await finalizeDeadRun(deadIn(base), { load }))?.result).toEqual(result);
  });

  it('before it wrote its result, with its end noted, ended as was noted', async () => {
    const { base, folder } = atMoment(moments.at(-1) ?? '');
    disown(folder, 1);
    rmSync(join(folder, 'result.json'));
    const finalized = await finalizeDeadRun(deadIn(base), { load });
    expect(finalized?.result).toMatchObject({ status: 'SUCCEEDED', succeeded: 4 });
  });

  it('with the power, its record and half an object torn, is emptied all the same', async () => {
    const { base, folder } = atMoment(moments.find((name) => name.endsWith('cleanup-started')) ?? '');
    const record = join(folder, 'turns/1.json');
    truncateSync(record, 40);
    utimesSync(record, 0, 0);
    const [object = ''] = left(folder).filter((file) => file.endsWith('.meta.json'));
    truncateSync(join(folder, 's3/buckets/runs/objects', object), 5);
    const finalized = await finalizeDeadRun(deadIn(base), { load });
    expect(finalized?.result).toMatchObject({ status: 'ABORTED', run: 'r1', released: { left: 0 } });
    expect([left(folder), findDeadRuns(base)]).toEqual([[], []]);
  });

  it('is finalized by one of two that find it, and by the next one where that one dies too', async () => {
    const { base, folder } = atMoment(moments.find((name) => name.endsWith('cleanup-started')) ?? '');
    disown(folder, 1);
    const dead = deadIn(base);
    const both = await Promise.all([finalizeDeadRun(dead, { load }), finalizeDeadRun(dead, { load })]);
    expect(both.map((one) => one?.result.status ?? 'not mine').toSorted()).toEqual(['ABORTED', 'not mine']);

    atMoment(moments.find((name) => name.endsWith('cleanup-started')) ?? '');
    disown(folder, 1);
    const [execution] = executionsOf(folder);
    if (execution) takeTurn(folder, 2, { work: 'finalize', pipeline: 'diamond', run: 'r1', execution });
    expect(findDeadRuns(base)).toEqual([]);
    disown(folder, 2);
    expect((await finalizeDeadRun(deadIn(base), { load }))?.result.status).toBe('ABORTED');
    expect(left(folder)).toEqual([]);
  });

  it('has its folder for temporary files deleted, and no other', async () => {
    const { base, folder } = atMoment(moments[1] ?? '');
    disown(folder, 1);
    const temporary = executionsOf(folder)[0]?.temporary ?? '';
    expect(temporary.startsWith(tmpdir())).toBe(true);
    mkdirSync(temporary);
    await finalizeDeadRun(deadIn(base), { load });
    expect(existsSync(temporary)).toBe(false);

    atMoment(moments[1] ?? '');
    const mine = join(dir, 'mine');
    mkdirSync(mine);
    const record = join(folder, 'turns/1.json');
    writeFileSync(record, readFileSync(record, 'utf8').replace(temporary, mine));
    disown(folder, 1);
    await finalizeDeadRun(deadIn(base), { load });
    expect(existsSync(mine)).toBe(true);
  });
});

it('a run that could not be cleaned up is left to the next command, which says where hooks cannot run any more', async () => {
  const graph = new TaskGraph('hooked');
  graph.addTask('extract');
  graph.addFinallyTask('report');
  graph.addAfterExecutionTask('notify');
  const hooked = graph.build();
  const base = join(dir, 'hooked');
  const folder = join(base, 'hooked/r1');
  const handlers = Object.fromEntries(hooked.functions.map(({ name }) => [name, () => undefined]));
  const onProgress = ({ type }: { readonly type: string }) => {
    if (type === 'cleanup-started') throw new Error('no cleanup today');
  };
  const running = runLocally(hooked, { handlers, dir: base, run: 'r1', waits: 'none', onProgress });
  await expect(running).rejects.toThrow(/r1 could not be cleaned up/);
  // The process lives on, and has left the run to the next command.
  expect(existsSync(join(folder, 'result.json'))).toBe(false);

  const finalized = await finalizeDeadRun(deadIn(base), { load: async () => hooked });
  expect(finalized?.withoutHooks).toContain('functions of the process that died');
  expect(finalized?.result).toMatchObject({ status: 'FAILED', hooks: { notify: { status: 'SKIPPED' } } });
  expect(left(folder)).toEqual([]);
});
