import sliceAnsi from 'slice-ansi';
import { describe, expect, it } from 'vitest';
import { frameOf, lastFrameOf, type Size, type View } from '../../../cli/live/frame.ts';
import { outlineOf } from '../../../cli/live/outline.ts';
import { signsFor } from '../../../cli/live/signs.ts';
import { historyOf } from '../../../history/builder.ts';
import type { RunEvent, UntimedEvent } from '../../../history/events.ts';
import { chunks, json, type Plan, TaskGraph } from '../../../state-machines/index.ts';
import { fc } from '../../fast-check.ts';

const UNICODE = signsFor({ TERM: 'xterm' }, 'linux');
const ASCII = signsFor({ TERM: 'linux' }, 'linux');
const plain = (_: unknown, text: string) => text;
const error = { name: 'SlowDown', message: 'Please reduce\n\tyour request rate' };

type Timed = readonly [seconds: number, event: UntimedEvent];

function viewOf(plan: Plan, events: readonly Timed[], nowSeconds: number, more: Partial<View> = {}): View {
  const tasks = plan.tasks.map(({ name }) => name);
  const started: Timed = [0, { type: 'run-started', pipeline: plan.pipeline, run: 'r1', input: {}, tasks }];
  const timed = [started, ...events].map(
    ([seconds, event]): RunEvent => ({ at: new Date(seconds * 1000).toISOString(), ...event }),
  );
  return {
    plan,
    outline: outlineOf(plan, UNICODE),
    history: historyOf(plan, timed),
    now: nowSeconds * 1000,
    preparing: 'bundling and synthesis',
    messages: [],
    ...more,
  };
}

function frame(view: View, size: Size = { columns: 100, rows: 30 }, signs = UNICODE): string {
  return `\n${frameOf(view, size, { signs, style: plain, turn: 0 }).join('\n')}\n`;
}

function tripsPlan(): Plan {
  const graph = new TaskGraph('trips');
  const list = graph.addTask('list', { outputs: { days: chunks<string>() } });
  const read = graph.addTask('read', { each: list.outputs.days, outputs: { rows: json<number>() }, retries: 1 });
  const sum = graph.addTask('sum', {
    inputs: { rows: read.outputs.rows },
    outputs: { all: json<number>() },
    retries: 2,
  });
  const top = graph.addTask('top', { inputs: { rows: read.outputs.rows }, outputs: { ten: json<number>() } });
  graph.addTask('load', { inputs: { all: sum.outputs.all, ten: top.outputs.ten } });
  graph.addErrorsTask('page');
  graph.addFinallyTask('close');
  return graph.build();
}

const trips = tripsPlan();
const listed: Timed[] = [
  [1, { type: 'attempt-started', task: 'list', attempt: 1 }],
  [2, { type: 'attempt-succeeded', task: 'list', attempt: 1, durationMs: 1_000, bytesIn: 0, bytesOut: 600 }],
  [2, { type: 'chunks-started', task: 'read', count: 4 }],
];
const readDay = (day: number, from: number, to: number): Timed[] => [
  [from, { type: 'attempt-started', task: 'read', attempt: 1, chunks: [`d${day}`] }],
  [
    to,
    { type: 'attempt-succeeded', task: 'read', attempt: 1, chunks: [`d${day}`], durationMs: 1, bytesOut: 1_000_000 },
  ],
];
const read: Timed[] = [
  ...listed,
  ...[0, 1, 2, 3].flatMap((day) => readDay(day, 2, 4)),
  [4, { type: 'attempt-started', task: 'read', attempt: 1, gather: true }],
  [5, { type: 'attempt-succeeded', task: 'read', attempt: 1, gather: true, durationMs: 1, bytesOut: 4_000_000 }],
  [5, { type: 'attempt-started', task: 'sum', attempt: 1 }],
  [5, { type: 'attempt-started', task: 'top', attempt: 1 }],
  [6, { type: 'attempt-failed', task: 'sum', attempt: 1, durationMs: 1_000, error }],
];

describe('a frame', () => {
  it('before anything of the run begins says what is being done', () => {
    const view = viewOf(trips, [], 1.7, { where: 'on this machine, .ebbtide' });
    expect(frame(view, { columns: 70, rows: 30 })).toBe(`
trips on this machine, .ebbtide: run r1

    task     status       time
  ○ list     waiting
  ○ read     waiting            after list
  ├ ○ sum    waiting            after read
  └ ○ top    waiting            after read
  ○ load     waiting            after sum, top

  ○ page     waiting            errors hook
  ○ close    waiting            finally hook
  ○ cleanup  waiting

⠋ bundling and synthesis · 1 s
`);
  });

  it('shows how far the chunks of a task are, with a bar and in figures', () => {
    const failed: Timed[] = [
      [3, { type: 'attempt-started', task: 'read', attempt: 1, chunks: ['d3'] }],
      [3, { type: 'attempt-failed', task: 'read', attempt: 1, chunks: ['d3'], durationMs: 1, error }],
    ];
    const view = viewOf(trips, [...listed, ...readDay(0, 2, 3), ...readDay(1, 2, 3), ...failed], 4.2);
    expect(frame(view)).toContain(`
  ✓ list     succeeded   1.0 s       0 B     600 B
  ⠋ read     running       2 s       0 B    2.0 MB  ██████████▒▒▒▒▒░░░░░ 2 of 4 chunks, 1 failed
    d3: SlowDown: Please reduce your request rate
  ├ ○ sum    waiting                                after read
`);
    expect(frame(view)).toContain('\n5 tasks: 1 succeeded, 1 running, 3 waiting · 2.0 MB held · 4 s\n');
  });

  it('shows what failed, which attempt comes next, and until when', () => {
    expect(frame(viewOf(trips, read, 6.1))).toContain(`
  ✓ read     succeeded   3.0 s       0 B    4.0 MB  4 chunks
  ├ ↻ sum    retrying      1 s                      attempt 2 of 3 within 1 s
  │   SlowDown: Please reduce your request rate
  └ ⠋ top    running       1 s
  ○ load     waiting                                after sum, top
`);
  });

  it('without Unicode says the same', () => {
    const view = viewOf(trips, read, 6.1, { outline: outlineOf(trips, ASCII) });
    const shown = frame(view, undefined, ASCII);
    expect(shown).toContain(`
  |-~ sum    retrying      1 s                      attempt 2 of 3 within 1 s
  |   SlowDown: Please reduce your request rate
  \`-| top    running       1 s
`);
    expect(shown).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it('of a run that failed has what was skipped and why, the hooks and the cleanup', () => {
    const events: Timed[] = [
      ...read,
      [7, { type: 'attempt-succeeded', task: 'top', attempt: 1, durationMs: 2_000, bytesIn: 4_000_000, bytesOut: 10 }],
      [7, { type: 'attempt-started', task: 'sum', attempt: 2 }],
      [8, { type: 'attempt-failed', task: 'sum', attempt: 2, durationMs: 1_000, error }],
      [8, { type: 'attempt-started', task: 'sum', attempt: 3 }],
      [9, { type: 'attempt-failed', task: 'sum', attempt: 3, durationMs: 1_000, error }],
      [9, { type: 'attempt-started', task: 'page', attempt: 1, hook: 'errors' }],
      [10, { type: 'attempt-succeeded', task: 'page', attempt: 1, hook: 'errors', durationMs: 1_000 }],
      [10, { type: 'attempt-started', task: 'close', attempt: 1, hook: 'finally' }],
      [11, { type: 'attempt-succeeded', task: 'close', attempt: 1, hook: 'finally', durationMs: 1_000 }],
      [11, { type: 'cleanup-started' }],
    ];
    const messages = ['stopping: the run is ending by itself'];
    expect(frame(viewOf(trips, events, 11.5, { messages }))).toBe(`
trips run r1

    task     status       time        in       out
  ✓ list     succeeded   1.0 s       0 B     600 B
  ✓ read     succeeded   3.0 s       0 B    4.0 MB  4 chunks
  ├ ✗ sum    failed      4.0 s                      attempt 3 of 3
  │   SlowDown: Please reduce your request rate
  └ ✓ top    succeeded   2.0 s    4.0 MB      10 B
  » load     skipped                                sum failed

  ✓ page     succeeded   1.0 s                      errors hook
  ✓ close    succeeded   1.0 s                      finally hook
  ⠋ cleanup  running       0 s

⠋ cleaning up · 5 tasks: 3 succeeded, 1 failed, 1 skipped · 4.0 MB held · 11 s
stopping: the run is ending by itself
`);
  });
});

function widePlan(count: number): Plan {
  const graph = new TaskGraph('wide');
  const first = graph.addTask('first');
  const last = graph.addTask('last', { retries: 1 });
  for (let index = 0; index < count; index++) {
    const task = graph.addTask(`part-${String(index).padStart(2, '0')}`, { retries: 1 });
    graph.addDependency(first, task);
    graph.addDependency(task, last);
  }
  graph.addFinallyTask('close');
  return graph.build();
}

describe('a frame of more tasks than the terminal has rows', () => {
  it('shows what failed and runs, the last that ended, the next to come, and counts the others', () => {
    const events: Timed[] = [
      [0, { type: 'attempt-started', task: 'first', attempt: 1 }],
      [1, { type: 'attempt-succeeded', task: 'first', attempt: 1, durationMs: 1_000 }],
    ];
    for (let index = 0; index < 20; index++) {
      const attempt = { task: `part-${String(index).padStart(2, '0')}`, attempt: 1 };
      events.push([1, { type: 'attempt-started', ...attempt }]);
      if (index < 16) events.push([2 + index, { type: 'attempt-succeeded', ...attempt, durationMs: 1_000 }]);
    }
    events.push([18, { type: 'attempt-failed', task: 'part-16', attempt: 1, durationMs: 1, error }]);
    events.push([18, { type: 'attempt-started', task: 'part-16', attempt: 2 }]);
    events.push([19, { type: 'attempt-failed', task: 'part-16', attempt: 2, durationMs: 1, error }]);
    expect(frame(viewOf(widePlan(40), events, 19.5), { columns: 90, rows: 17 })).toBe(`
wide run r1
    task     status       time        in       out
  … 14 succeeded, 1 skipped
  ✓ part-13  succeeded  14.0 s
  ✓ part-14  succeeded  15.0 s
  ✓ part-15  succeeded  16.0 s
  ✗ part-16  failed     18.0 s                      attempt 2 of 2
    SlowDown: Please reduce your request rate
  ⠋ part-17  running      18 s
  ⠋ part-18  running      18 s
  ⠋ part-19  running      18 s
  ○ part-20  waiting
  ○ part-21  waiting
  ○ part-22  waiting
  … 19 waiting
42 tasks: 17 succeeded, 1 failed, 1 skipped, 3 running, 20 waiting · 0 B held · 19 s
`);
  });

  it('is whole at the end, however long', () => {
    const view = viewOf(widePlan(40), [], 1);
    expect(lastFrameOf(view, 72, { signs: UNICODE, style: plain, turn: 0 })).toHaveLength(2 + 1 + 42 + 1 + 2);
  });
});

describe('whatever happens in a run,', () => {
  const plans = [trips, widePlan(3), widePlan(60)];
  const eventOf = (plan: Plan): fc.Arbitrary<UntimedEvent> => {
    const task = fc.constantFrom(...plan.functions.map(({ name }) => name), 'of-an-older-plan');
    const attempt = fc.integer({ min: 1, max: 4 });
    const bytesOut = fc.nat();
    const durationMs = fc.nat();
    const failure = fc.record({
      name: fc.string(),
      message: fc.string({ unit: 'grapheme-composite', maxLength: 200 }),
    });
    return fc.oneof(
      fc.record({ type: fc.constant('attempt-started' as const), task, attempt }),
      fc.record({ type: fc.constant('attempt-succeeded' as const), task, attempt, durationMs, bytesOut }),
      fc.record({ type: fc.constant('attempt-failed' as const), task, attempt, durationMs, error: failure }),
      fc.record({ type: fc.constant('chunks-started' as const), task, count: fc.nat() }),
      fc.record({ type: fc.constant('chunks-counted' as const), task, succeeded: fc.nat(), failed: fc.nat() }),
      fc.constant<UntimedEvent>({ type: 'cleanup-started' }),
      fc.record({ type: fc.constant('cleanup-ended' as const), done: fc.boolean() }),
    );
  };
  const run = fc
    .constantFrom(...plans)
    .chain((plan) =>
      fc.tuple(fc.constant(plan), fc.array(fc.tuple(fc.nat(100), eventOf(plan)), { maxLength: 80 }), fc.nat(100_000)),
    );
  const size = fc.record({ columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) });

  it('no line is wider than the terminal, and there is a row left for the cursor', () => {
    fc.assert(
      fc.property(run, size, fc.constantFrom(UNICODE, ASCII), ([plan, events, now], { columns, rows }, signs) => {
        const sorted = events.toSorted(([a], [b]) => a - b);
        const view = viewOf(plan, sorted, now, { outline: outlines.get(plan) ?? [], messages: ['stopping'] });
        const lines = frameOf(view, { columns, rows }, { signs, style: plain, turn: now });
        expect(lines.length).toBeLessThanOrEqual(rows - 1);
        for (const line of lines) {
          expect(sliceAnsi(line, 0, columns - 1)).toBe(line);
          expect(line).not.toMatch(/\p{Cc}/u);
        }
      }),
    );
  });
  const outlines = new Map(plans.map((plan) => [plan, outlineOf(plan, UNICODE)]));

  it('each task is shown or counted, once', () => {
    fc.assert(
      fc.property(run, size, ([plan, events, now], { rows }) => {
        fc.pre(rows > 8);
        const view = viewOf(plan, events, now, { outline: outlines.get(plan) ?? [] });
        const lines = frameOf(view, { columns: 400, rows }, { signs: UNICODE, style: plain, turn: 0 });
        const shown = view.history.tasks.filter(({ name }) => lines.some((line) => line.split(/\s+/).includes(name)));
        const counted = lines
          .filter((line) => line.startsWith('  … '))
          .flatMap((line) => line.match(/\d+/g) ?? [])
          .reduce((sum, count) => sum + Number(count), 0);
        // The cleanup's row is not a task's.
        const cleanup = lines.some((line) => /^ {2}\S cleanup /.test(line)) ? 0 : 1;
        expect(shown.length + counted - cleanup).toBeGreaterThanOrEqual(view.history.tasks.length);
      }),
    );
  });
});
