import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RunDisplay, runDisplay } from '../../../cli/live/display.ts';
import type { UntimedEvent } from '../../../history/events.ts';
import { type Plan, type RunResult, TaskGraph } from '../../../state-machines/index.ts';
import { fakeStream } from '../fixtures.ts';
import { Screen } from './screen.ts';

function planOf(count: number): Plan {
  const graph = new TaskGraph('wide');
  for (let index = 0; index < count; index++) graph.addTask(`part-${index}`);
  return graph.build();
}

const RESULT: RunResult = {
  pipeline: 'wide',
  run: 'r1',
  status: 'SUCCEEDED',
  startedAt: '2026-11-20T21:35:00.000Z',
  durationMs: 3_000,
  succeeded: 3,
  failed: 0,
  skipped: 0,
  omitted: 0,
  tasks: Object.fromEntries([0, 1, 2].map((index) => [`part-${index}`, { status: 'SUCCEEDED', retriesUsed: 0 }])),
  released: { objects: 5, bytes: 1_000, left: 0 },
};

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-20T21:35:00.000Z') });
  for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR']) vi.stubEnv(name, undefined);
  vi.stubEnv('TERM', 'xterm-256color');
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

function shown(plan: Plan, screen: Screen) {
  const stderr = fakeStream();
  const display: RunDisplay = runDisplay(plan, { stdout: screen.stream, stderr }, { where: 'here' });
  const show = (event: UntimedEvent, afterMs = 1_000) => {
    vi.advanceTimersByTime(afterMs);
    display.show({ at: new Date().toISOString(), ...event });
  };
  const tasks = plan.tasks.map(({ name }) => name);
  show({ type: 'run-started', pipeline: 'wide', run: 'r1', input: {}, tasks }, 0);
  const begin = (task: string) => show({ type: 'attempt-started', task, attempt: 1 });
  const end = (task: string) => show({ type: 'attempt-succeeded', task, attempt: 1, durationMs: 1_000, bytesOut: 9 });
  return { display, show, begin, end, stderr };
}

describe('a run on a terminal', () => {
  it('is one picture that changes in place, and stays below when it is over, with its end', () => {
    const screen = new Screen(80, 24);
    const { begin, end, show, stderr } = shown(planOf(3), screen);
    for (const task of ['part-0', 'part-1', 'part-2']) begin(task);
    end('part-1');
    vi.advanceTimersByTime(100);
    expect(`\n${screen.text}\n`).toBe(
      `
wide here: run r1

    task      status       time        in       out
  ├ ⠋ part-0  running       3 s
  ├ ✓ part-1  succeeded   2.0 s                 9 B
  └ ⠋ part-2  running       1 s

  ○ cleanup   waiting

3 tasks: 1 succeeded, 2 running · 9 B held · 4 s
`.replaceAll('⠋', '⠙'),
    );
    end('part-0');
    end('part-2');
    show({ type: 'cleanup-started' });
    show({ type: 'cleanup-ended', done: true, left: 0 });
    show({ type: 'run-ended', result: RESULT, report: `${process.cwd()}/report.html`, unreached: ['part-9'] });
    expect(`\n${screen.text}\n`).toBe(`
wide here: run r1

    task      status       time        in       out
  ├ ✓ part-0  succeeded   4.1 s                 9 B
  ├ ✓ part-1  succeeded   2.0 s                 9 B
  └ ✓ part-2  succeeded   3.1 s                 9 B

  ✓ cleanup   succeeded   1.0 s

SUCCEEDED in 3.0 s
released 5 objects, 1.0 kB; 0 left
report: report.html
`);
    expect(stderr.text).toBe('--fail part-9 met no attempt: nothing was made to fail\n');
    expect(screen.scrolledOff).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is drawn ten times a second at the most, however much happens', () => {
    const screen = new Screen(80, 24);
    const { show } = shown(planOf(3), screen);
    const before = screen.writes;
    for (let index = 0; index < 1_000; index++) show({ type: 'attempt-started', task: 'part-0', attempt: index }, 1);
    expect(screen.writes - before).toBeLessThanOrEqual(10);
  });

  it('never scrolls, also where it has more tasks than the terminal has rows', () => {
    const screen = new Screen(60, 12);
    const plan = planOf(40);
    const { begin, end } = shown(plan, screen);
    for (const { name } of plan.tasks) begin(name);
    for (const { name } of plan.tasks.slice(0, 30)) end(name);
    vi.advanceTimersByTime(100);
    expect(screen.scrolledOff).toEqual([]);
    expect(screen.text.split('\n')).toHaveLength(11);
    expect(screen.text).toContain('40 tasks: 30 succeeded, 10 running');
  });

  it.each([
    [40, 24],
    [80, 9],
    [40, 9],
    [120, 40],
  ])('is drawn whole on a terminal that becomes %i wide and %i high', (columns, rows) => {
    const screen = new Screen(80, 24);
    const { begin } = shown(planOf(12), screen);
    for (let index = 0; index < 12; index++) begin(`part-${index}`);
    vi.advanceTimersByTime(100);
    screen.resize(columns, rows);
    vi.advanceTimersByTime(100);
    expect(screen.text.match(/wide here: run r1/g)).toHaveLength(1);
    expect(screen.text.match(/12 tasks: 12 running/g)).toHaveLength(1);
    // What a smaller terminal has pushed out at its top is no more the display's.
    expect(screen.text.startsWith('wide here')).toBe(true);
  });

  it('has what the command says meanwhile below the tree, and what was denied above it', () => {
    const screen = new Screen(80, 24);
    const { begin, show, display, stderr } = shown(planOf(3), screen);
    begin('part-0');
    const denial = { who: 'task "a"', role: 'A', action: 's3:GetObject', resource: 'arn', message: 'the whole story' };
    show({ type: 'denied', denial });
    display.say('stopping: running tasks end at once\nwhat the run left is being cleaned up');
    const lines = screen.text.split('\n');
    expect(lines.slice(0, 2)).toEqual(['x denied: the whole story', 'wide here: run r1']);
    expect(lines.slice(-2)).toEqual(['stopping: running tasks end at once', 'what the run left is being cleaned up']);
    expect(stderr.text).toBe('');
  });

  it('that is closed before its end leaves what was drawn last, and draws no more', () => {
    const screen = new Screen(80, 24);
    const { begin, display } = shown(planOf(3), screen);
    begin('part-0');
    vi.advanceTimersByTime(100);
    display.close();
    const { text } = screen;
    expect(text).toContain('part-0  running');
    begin('part-1');
    display.close();
    vi.advanceTimersByTime(1_000);
    expect(screen.text).toBe(text);
    expect([vi.getTimerCount(), screen.listenerCount('resize')]).toEqual([0, 0]);
  });

  it('that is closed before anything of it began leaves nothing', () => {
    const screen = new Screen(80, 24);
    const { show, display } = shown(planOf(3), screen);
    show({ type: 'synthesis-started' });
    expect(screen.text).toContain('bundling and synthesis');
    display.close();
    expect(screen.text).toBe('');
  });
});

describe('a run is drawn as a tree', () => {
  it.each([
    ['in CI', { CI: 'true' }],
    ['on a terminal that cannot move its cursor', { TERM: 'dumb' }],
  ])('not %s', (_, env) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const screen = new Screen(80, 24);
    const { begin, end } = shown(planOf(3), screen);
    begin('part-0');
    end('part-0');
    expect(screen.text.split('\n')).toEqual([
      'wide here: run r1',
      '   1.0 s  > part-0',
      '   2.0 s  + part-0 done in 1.0 s, 9 B out',
    ]);
  });

  it('not where JSON is asked for: one event a line, and nothing else on stdout', () => {
    const screen = new Screen(200, 24);
    const stderr = fakeStream();
    const display = runDisplay(planOf(3), { stdout: screen.stream, stderr }, { json: true, where: 'here' });
    const at = '2026-11-20T21:35:00.000Z';
    const started = { at, type: 'synthesis-started' } as const;
    display.show(started);
    display.show({ at, type: 'permissions-not-checked' });
    display.say('stopping');
    expect(screen.text.split('\n').map((line) => JSON.parse(line))).toEqual([
      started,
      { at, type: 'permissions-not-checked' },
    ]);
    expect(stderr.text).toMatch(/^permissions are not checked: .*\nstopping\n$/);
  });
});
