import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../../history/events.ts';
import { isRunning } from '../local/fixtures.ts';
import { ebbtide, temporaryFolder } from './fixtures.ts';
import { type Command, loadRuns, timesOf, tripsProject } from './processes.ts';

// Each command is a process of its own, and the runs bundle and synthesize.
vi.setConfig({ testTimeout: 180_000 });

const folder = temporaryFolder();
const HANGS = 'await new Promise(() => setInterval(() => undefined, 1000));';
/** Until the test says so. */
const waitsFor = (file: string) => `const { existsSync } = await import('node:fs');
  while (!existsSync(${JSON.stringify(file)})) await new Promise((resolve) => setTimeout(resolve, 20));`;

const eventsOf = (command: Command): RunEvent[] =>
  command
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const says = (command: Command, text: string) =>
  vi.waitFor(() => expect(command.stdout() + command.stderr()).toContain(text), { timeout: 40_000, interval: 20 });

describe('ebbtide watch', () => {
  it('follows a run of another process to its end, as that shows it, and ends as the run does', async () => {
    const go = join(folder, 'go');
    const trips = tripsProject(join(folder, 'well'), waitsFor(go));
    const run = trips.start('start', 'trips', '--name', 'r1', '--json');
    await loadRuns(trips);
    const json = trips.start('watch', '--json');
    const lines = trips.start('watch', 'r1');
    await says(json, '"task":"load"');
    await says(lines, 'load');
    await ebbtide('list', '--status', 'running', '--dir', trips.dir).then(({ stdout }) =>
      expect(stdout).toMatch(/r1 +RUNNING/),
    );
    const { stdout: running } = await ebbtide('show', 'r1', '--dir', trips.dir);
    expect(running).toContain('ago; it is at its tasks');
    expect(running).toMatch(/\nload +RUNNING +1 /);
    expect(running).toContain(`to follow it: ebbtide watch trips r1 --dir ${trips.dir}; to end it: ebbtide stop`);
    writeFileSync(go, '');

    const ends = await Promise.all([run, json, lines].map(({ over }) => over));
    expect(ends).toEqual(Array(3).fill({ code: 0, signal: null }));
    const events = eventsOf(json);
    expect(events[0]).toMatchObject({ type: 'run-started', run: 'r1' });
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', result: { status: 'SUCCEEDED' } });
    expect(run.stderr()).toContain('"trips" runs on this machine, .ebbtide, in this process: Ctrl-C stops it');
    expect(lines.stdout()).toContain('SUCCEEDED in ');
  });

  it('that is interrupted leaves the run alone, and says how to watch it again and how to stop it', async () => {
    const trips = tripsProject(join(folder, 'interrupted'), HANGS);
    const run = trips.start('run', 'trips', '--run', 'r1');
    await loadRuns(trips);
    const watch = trips.start('watch', 'trips');
    await says(watch, 'load');
    watch.process.kill('SIGINT');
    expect(await watch.over).toEqual({ code: 130, signal: null });
    expect(watch.stderr()).toContain('ebbtide watch trips r1\n');
    expect(watch.stderr()).toContain('ebbtide stop trips r1\n');
    expect(isRunning(run.process.pid ?? 0)).toBe(true);

    const again = trips.start('watch', 'trips');
    await says(again, 'load');
    const stop = trips.start('stop', '--json');
    expect([await stop.over, await run.over, await again.over]).toEqual([
      { code: 0, signal: null },
      { code: 1, signal: null },
      { code: 1, signal: null },
    ]);
    expect(JSON.parse(stop.stdout())).toMatchObject({ run: 'r1', status: 'ABORTED' });
    expect(stop.stderr()).toContain(
      `stopping the run r1 of trips on this machine, .ebbtide (process ${run.process.pid})`,
    );
    expect(again.stdout()).toContain('ABORTED in ');
  });

  it('of a run whose process dies finalizes it, and ends as it does', async () => {
    const trips = tripsProject(join(folder, 'died'), HANGS);
    const run = trips.start('run', 'trips', '--run', 'r1');
    await loadRuns(trips);
    const watch = trips.start('watch', 'r1', '--json');
    await says(watch, '"task":"load"');
    run.process.kill('SIGKILL');
    expect(await watch.over).toEqual({ code: 1, signal: null });
    expect(watch.stderr()).toContain('the run r1 of trips had died; finalizing it');
    expect(eventsOf(watch).at(-1)).toMatchObject({
      type: 'run-ended',
      result: { status: 'ABORTED', hooks: { report: { status: 'SUCCEEDED' } } },
    });
    expect([timesOf(trips, 'report'), trips.left('r1')]).toEqual([1, []]);
  });
});
