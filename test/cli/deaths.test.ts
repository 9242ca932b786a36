import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readEvents } from '../../local/runs/event-log.ts';
import type { RunResult } from '../../state-machines/index.ts';
import { isRunning } from '../local/fixtures.ts';
import { ebbtide, temporaryFolder } from './fixtures.ts';
import { loadRuns, type Project, timesOf, tripsProject } from './processes.ts';

// Each command bundles and synthesizes in a process of its own.
vi.setConfig({ testTimeout: 180_000 });

const folder = temporaryFolder();
const NEVER_YIELDS = 'for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);';
const HANGS = 'await new Promise(() => setInterval(() => undefined, 1000));';

function resultOf({ dir }: Project, run: string): RunResult {
  return JSON.parse(readFileSync(join(dir, 'trips', run, 'result.json'), 'utf8'));
}

describe('a run whose process is killed', () => {
  it('is finalized by the next command, once, whatever its handlers are at: hooks, data, temporary files, processes', async () => {
    // A handler that never lets go of its process: it does not see that its run is gone.
    const trips = tripsProject(join(folder, 'killed'), NEVER_YIELDS);
    const run = trips.start('run', 'trips', '--run', 'r1', '--dir', trips.dir);
    const pid = await loadRuns(trips);
    const killedAt = new Date().toISOString();
    run.process.kill('SIGKILL');
    await run.over;
    expect(isRunning(pid)).toBe(true);
    expect(trips.left('r1')).not.toEqual([]);
    expect(readdirSync(trips.temporary)).toHaveLength(1);
    expect(timesOf(trips, 'report')).toBe(0);

    const two = [1, 2].map(() => trips.start('plan', 'trips'));
    const ends = await Promise.all(two.map(({ over }) => over));
    expect(ends).toEqual(Array(2).fill({ code: 0, signal: null }));
    const said = two.map(({ stderr }) => stderr()).join('');
    expect(said).toContain('the run r1 of trips had died; finalizing it');
    expect(said.match(/ABORTED; report SUCCEEDED/g)).toHaveLength(1);

    expect(timesOf(trips, 'report')).toBe(1);
    expect(timesOf(trips, 'load')).toBe(1);
    expect(isRunning(pid)).toBe(false);
    expect(trips.left('r1')).toEqual([]);
    expect(readdirSync(trips.temporary)).toEqual([]);
    expect(existsSync(join(trips.dir, 'trips', 'r1', 'report.html'))).toBe(true);
    // What was under way ended with the process, and what finalized it came behind.
    const events = readEvents({ path: join(trips.dir, 'trips', 'r1') }, 'r1');
    const end = events.findIndex(({ type }) => type === 'execution-ended');
    expect((events[end]?.at ?? '') <= killedAt).toBe(true);
    expect(events.slice(end + 1).map(({ type }) => type)).toEqual([
      'attempt-started',
      'attempt-succeeded',
      'cleanup-started',
      'cleanup-ended',
      'run-ended',
    ]);
    expect(resultOf(trips, 'r1')).toMatchObject({
      status: 'ABORTED',
      error: { name: 'Aborted', message: expect.stringContaining('died') },
      tasks: { extract: { status: 'SUCCEEDED' }, load: { status: 'FAILED', error: { name: 'Stopped' } } },
      hooks: { report: { status: 'SUCCEEDED' } },
      released: { left: 0 },
    });

    const { stderr } = await ebbtide('stop', 'trips', 'r1', '--dir', trips.dir);
    expect(stderr).toContain('has ended ABORTED');
  });
});

describe('a run that is stopped from outside', () => {
  it.each([
    [
      'SIGTERM',
      async (_: Project, pid: number) => {
        process.kill(pid, 'SIGTERM');
      },
    ],
    [
      'ebbtide stop',
      async (trips: Project, pid: number) => {
        const { exitCode, stdout, stderr } = await ebbtide('stop', 'trips', '--dir', trips.dir);
        expect(stderr).toContain(`process ${pid}`);
        expect({ exitCode, stdout }).toEqual({
          exitCode: 0,
          stdout: expect.stringMatching(/^the run r1 ended ABORTED; released \d+ objects/),
        });
      },
    ],
  ])('by %s ends as it should before its process does', async (how, stop) => {
    const trips = tripsProject(join(folder, how.replace(' ', '-')), HANGS);
    const run = trips.start('run', 'trips', '--run', 'r1', '--dir', trips.dir);
    const handler = await loadRuns(trips);
    await stop(trips, run.process.pid ?? 0);
    expect(await run.over).toEqual({ code: 1, signal: null });
    expect(resultOf(trips, 'r1')).toMatchObject({ status: 'ABORTED', hooks: { report: { status: 'SUCCEEDED' } } });
    expect([timesOf(trips, 'report'), isRunning(handler)]).toEqual([1, false]);
    expect([trips.left('r1'), readdirSync(trips.temporary)]).toEqual([[], []]);
  });
});

describe('a run that is told twice to stop', () => {
  it('says who cleans up, and the next command does; what is kept can be resumed', async () => {
    const trips = tripsProject(join(folder, 'twice'), `if (noted() === 1) ${HANGS}`);
    const args = ['trips', '--dir', trips.dir, '--keep-on-failure', '2h'];
    const run = trips.start('run', ...args, '--run', 'r1');
    await loadRuns(trips);
    run.process.kill('SIGTERM');
    run.process.kill('SIGINT');
    const { code } = await run.over;
    expect([130, 143]).toContain(code);
    expect(run.stderr()).toContain('the next ebbtide command cleans up');
    expect(existsSync(join(trips.dir, 'trips/r1/result.json'))).toBe(false);

    const resumed = trips.start('resume', ...args, 'r1', '--json');
    expect(await resumed.over).toEqual({ code: 0, signal: null });
    const events = resumed
      .stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0]).toMatchObject({ type: 'run-started', run: 'r1' });
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', result: { run: 'r1', status: 'SUCCEEDED' } });
    expect(resumed.stderr()).toContain('the run r1 of trips had died');
    // The hook once for each execution; the task that had committed once for both.
    expect([timesOf(trips, 'extract'), timesOf(trips, 'load'), timesOf(trips, 'report')]).toEqual([1, 2, 2]);
    expect(trips.left('r1')).toEqual([]);
  });
});
