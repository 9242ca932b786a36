/** What becomes of a run's events. */

import { describe, expect, it } from 'vitest';
import { HistoryBuilder, historyOf } from '../../history/builder.ts';
import type { AttemptOf, RunEvent, UntimedEvent } from '../../history/events.ts';
import { chunks, json, type Plan, type RunResult, TaskGraph, type TaskResult } from '../../state-machines/index.ts';

const graph = new TaskGraph('flights');
const extract = graph.addTask('extract', { outputs: { raw: json<number>() }, retries: 1 });
graph.addTask('load', { inputs: { raw: extract.outputs.raw } });
graph.addTask('beside');
graph.addErrorsTask('alert');
graph.addAfterExecutionTask('notify');
const plan = graph.build();

const list = new TaskGraph('chunked');
const listed = list.addTask('list', { outputs: { days: chunks() } });
const each = { each: listed.outputs.days, outputs: { rows: json<number>() }, retries: 1 };
const daily = list.addTask('daily', each);
list.addTask('load', { inputs: { rows: daily.outputs.rows } });
const chunked = list.build();

/** The time of an event, in seconds since the start. */
const time = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

/** One event a second. */
function eventsOf(of: Plan, told: readonly UntimedEvent[]): RunEvent[] {
  const start: UntimedEvent = {
    type: 'run-started',
    pipeline: of.pipeline,
    run: 'r1',
    input: {},
    tasks: of.tasks.map(({ name }) => name),
  };
  return [start, ...told].map((event, index) => ({ at: time(index), ...event }));
}

const history = (of: Plan, told: readonly UntimedEvent[]) => historyOf(of, eventsOf(of, told));

function taskOf(of: Plan, name: string, told: readonly UntimedEvent[]) {
  return history(of, told).tasks.find((task) => task.name === name);
}

const start = (task: string, more: Partial<AttemptOf> = {}): UntimedEvent => ({
  type: 'attempt-started',
  task,
  attempt: 1,
  ...more,
});
const success = (
  task: string,
  more: Partial<AttemptOf> & { bytesIn?: number; bytesOut?: number; released?: Record<string, number> } = {},
): UntimedEvent => ({ type: 'attempt-succeeded', task, attempt: 1, durationMs: 1_000, ...more });
const failure = (task: string, more: Partial<AttemptOf> = {}, name = 'Error'): UntimedEvent => ({
  type: 'attempt-failed',
  task,
  attempt: 1,
  durationMs: 1_000,
  error: { name, message: 'no' },
  ...more,
});
const ended = (status: RunResult['status'], tasks: Record<string, TaskResult>, more = {}): UntimedEvent => ({
  type: 'run-ended',
  result: {
    pipeline: 'flights',
    run: 'r1',
    status,
    startedAt: time(0),
    durationMs: 1_000,
    succeeded: 0,
    failed: 0,
    skipped: 0,
    omitted: 0,
    tasks,
    released: { objects: 1, bytes: 1, left: 0 },
    ...more,
  },
});

describe('a task', () => {
  it('is waiting, runs, and has succeeded', () => {
    const told = [start('extract'), success('extract', { bytesIn: 1, bytesOut: 2 })];
    const status = (count: number) => taskOf(plan, 'extract', told.slice(0, count))?.status;
    expect([0, 1, 2].map(status)).toEqual(['WAITING', 'RUNNING', 'SUCCEEDED']);
    expect(taskOf(plan, 'extract', told)).toEqual({
      name: 'extract',
      status: 'SUCCEEDED',
      attempts: [{ attempt: 1, status: 'SUCCEEDED', startedAt: time(1), endedAt: time(2), bytesIn: 1, bytesOut: 2 }],
      retriesUsed: 0,
      startedAt: time(1),
      endedAt: time(2),
      bytesIn: 1,
      bytesOut: 2,
    });
  });

  it('is to be tried again while it has retries left, and has no end until then', () => {
    const first = [start('extract'), failure('extract')];
    expect(taskOf(plan, 'extract', first)).toMatchObject({ status: 'RETRYING', error: { name: 'Error' } });
    expect(taskOf(plan, 'extract', first)).not.toHaveProperty('endedAt');
    const second = [...first, start('extract', { attempt: 2 }), failure('extract', { attempt: 2 })];
    expect(taskOf(plan, 'extract', second)).toMatchObject({ status: 'FAILED', endedAt: time(4), retriesUsed: 1 });
  });

  it.each(['NonRetryableError', 'States.DataLimitExceeded'])('that failed with %s is not tried again', (name) => {
    expect(taskOf(plan, 'extract', [start('extract'), failure('extract', {}, name)])?.status).toBe('FAILED');
  });

  it('has errors of the Lambda service besides: they use up none of its retries, and are no end of themselves', () => {
    const told = [1, 2].flatMap((attempt) => [
      start('extract', { attempt }),
      failure('extract', { attempt }, 'Lambda.ServiceException'),
    ]);
    const own = [...told, start('extract', { attempt: 3 }), failure('extract', { attempt: 3 })];
    expect(taskOf(plan, 'extract', told)?.status).toBe('RETRYING');
    expect(taskOf(plan, 'extract', own)?.status).toBe('RETRYING');
    const last = [...own, start('extract', { attempt: 4 }), failure('extract', { attempt: 4 })];
    expect(taskOf(plan, 'extract', last)?.status).toBe('FAILED');
    const many = Array.from({ length: 7 }, (_, index) => [
      start('beside', { attempt: index + 1 }),
      failure('beside', { attempt: index + 1 }, 'Lambda.TooManyRequestsException'),
    ]).flat();
    expect(taskOf(plan, 'beside', many.slice(0, 12))?.status).toBe('RETRYING');
    expect(taskOf(plan, 'beside', many)?.status).toBe('FAILED');
  });

  it('is skipped as soon as one before it has failed; others wait', () => {
    const told = [start('extract'), failure('extract', {}, 'NonRetryableError')];
    expect(history(plan, told).tasks.map(({ name, status }) => [name, status])).toEqual([
      ['extract', 'FAILED'],
      ['load', 'SKIPPED'],
      ['beside', 'WAITING'],
      ['alert', 'WAITING'],
      ['notify', 'WAITING'],
    ]);
  });

  it('has succeeded though an attempt that timed out is still under way, and whatever becomes of that', () => {
    const told = [start('extract'), start('extract', { attempt: 2 }), success('extract', { attempt: 2 })];
    expect(taskOf(plan, 'extract', told)?.status).toBe('SUCCEEDED');
    expect(taskOf(plan, 'extract', [...told, failure('extract')])?.status).toBe('SUCCEEDED');
  });

  it('that the plan has and the run of an older one does not is not shown', () => {
    const [begin, ...rest] = eventsOf(plan, [start('extract')]);
    const older = { ...begin, tasks: ['extract', 'gone'] } as RunEvent;
    expect(historyOf(plan, [older, ...rest]).tasks.map(({ name }) => name)).toEqual([
      'extract',
      'alert',
      'notify',
      'gone',
    ]);
  });

  it('of which the result of a large run has no room is what its events tell, and did not run for what it counts', () => {
    const told = [start('extract'), success('extract')];
    const statuses = (omitted: number) =>
      history(plan, [...told, ended('SUCCEEDED', {}, { omitted })]).tasks.map(({ status }) => status);
    expect(statuses(2)).toEqual(['SUCCEEDED', 'OMITTED', 'OMITTED', 'OMITTED', 'OMITTED']);
    expect(statuses(0)).toEqual(['SUCCEEDED', 'SKIPPED', 'SKIPPED', 'OMITTED', 'OMITTED']);
  });

  it('of which no attempt was told has its times from the result', () => {
    const result = { status: 'SUCCEEDED' as const, retriesUsed: 0, startedAt: time(1), durationMs: 4_000 };
    const told = [ended('SUCCEEDED', { extract: result })];
    expect(taskOf(plan, 'extract', told)).toMatchObject({ startedAt: time(1), endedAt: time(5), attempts: [] });
  });
});

describe('a run that is stopped', () => {
  const told: UntimedEvent[] = [
    start('extract'),
    start('beside'),
    failure('extract'),
    { type: 'execution-ended', status: 'ABORTED' },
  ];

  it('has nothing under way any more, nor to be tried again', () => {
    const stopped = history(plan, told);
    expect(stopped).toMatchObject({ status: 'RUNNING', phase: 'finalizing' });
    expect(stopped.tasks.map(({ name, status }) => [name, status]).slice(0, 3)).toEqual([
      ['extract', 'FAILED'],
      ['load', 'SKIPPED'],
      ['beside', 'FAILED'],
    ]);
    expect(stopped.tasks[2]?.attempts).toEqual([
      { attempt: 1, status: 'STOPPED', startedAt: time(2), endedAt: time(4) },
    ]);
  });

  it('does not count what ends behind that', () => {
    const late = history(plan, [...told, success('beside', { bytesOut: 5 })]);
    expect(late.tasks[2]).toMatchObject({ status: 'FAILED', attempts: [{ status: 'STOPPED' }] });
    expect(late.tasks[2]).not.toHaveProperty('bytesOut');
  });

  it('has hooks and a cleanup still, by its finalizer, and hooks behind that', () => {
    const hook = { hook: 'errors' as const };
    const after = { hook: 'after-execution' as const };
    const more: UntimedEvent[] = [
      ...told,
      start('alert', hook),
      success('alert', hook),
      { type: 'cleanup-started' },
      { type: 'cleanup-ended', done: true, left: 0 },
      start('notify', after),
      success('notify', after),
      ended('ABORTED', { extract: { status: 'FAILED', retriesUsed: 0 } }),
    ];
    const phases = more.map((_, index) => history(plan, more.slice(0, index + 1)).phase);
    expect(phases.slice(3)).toEqual([
      'finalizing',
      'finalizing',
      'finalizing',
      'cleanup',
      'cleanup',
      'finalizing',
      'finalizing',
      'over',
    ]);
    expect(history(plan, more).tasks.map(({ status }) => status)).toEqual([
      'FAILED',
      'SKIPPED',
      'FAILED',
      'SUCCEEDED',
      'SUCCEEDED',
    ]);
  });

  it('in its cleanup has that ended there, and has another', () => {
    const more: UntimedEvent[] = [
      { type: 'cleanup-started' },
      { type: 'execution-ended', status: 'ABORTED' },
      { type: 'cleanup-started' },
      { type: 'cleanup-ended', done: true, left: 0 },
    ];
    expect(history(plan, more).cleanups).toEqual([
      { startedAt: time(1), endedAt: time(2), done: false },
      { startedAt: time(3), endedAt: time(4), done: true },
    ]);
  });

  it('says of an attempt that it was stopped where only that is told', () => {
    const stopped = taskOf(plan, 'extract', [start('extract'), failure('extract', {}, 'Stopped')]);
    expect(stopped).toMatchObject({ status: 'FAILED', attempts: [{ status: 'STOPPED', endedAt: time(2) }] });
    expect(stopped?.attempts[0]).not.toHaveProperty('error');
  });
});

describe('a phase', () => {
  it('is that of the tasks while a hook of a group or a task runs beside them', () => {
    const grouped = new TaskGraph('grouped');
    const group = grouped.group('g');
    group.addTask('inner');
    group.addFinallyTask('close');
    grouped.addTask('other');
    const told = [start('inner'), success('inner'), start('close', { hook: 'finally' })];
    expect(history(grouped.build(), told).phase).toBe('tasks');
    expect(history(plan, [start('alert', { hook: 'errors' })]).phase).toBe('finalizing');
  });
});

describe('chunks', () => {
  const of = (...ids: string[]) => ({ chunks: ids });
  const begun: UntimedEvent[] = [
    start('list'),
    success('list', { bytesOut: 10 }),
    { type: 'chunks-started', task: 'daily', count: 4 },
  ];
  const gather = { gather: true as const };

  it('come in batches, of which each attempt counts for all of its chunks', () => {
    const told = [
      ...begun,
      start('daily', of('a', 'b')),
      start('daily', of('c', 'd')),
      failure('daily', of('a', 'b')),
      success('daily', { ...of('c', 'd'), bytesIn: 1, bytesOut: 20 }),
    ];
    expect(taskOf(chunked, 'daily', told)).toMatchObject({
      status: 'RUNNING',
      chunks: { total: 4, succeeded: 2, failed: 2 },
      bytesOut: 20,
      startedAt: time(3),
    });
    const again = [
      ...told,
      start('daily', { ...of('a', 'b'), attempt: 2 }),
      success('daily', { ...of('a', 'b'), attempt: 2, bytesIn: 1, bytesOut: 30 }),
    ];
    expect(taskOf(chunked, 'daily', again)).toMatchObject({
      status: 'RUNNING',
      chunks: { total: 4, succeeded: 4, failed: 0 },
      bytesOut: 50,
      retriesUsed: 1,
    });
    expect(taskOf(chunked, 'daily', again)).not.toHaveProperty('endedAt');
    const gathered = [...again, start('daily', gather), success('daily', { ...gather, bytesIn: 2, bytesOut: 50 })];
    expect(taskOf(chunked, 'daily', gathered)).toMatchObject({ status: 'SUCCEEDED', bytesIn: 2, bytesOut: 50 });
    expect(history(chunked, gathered).held.at(-1)?.bytes).toBe(60);
  });

  it('hold what gathering them says, where they told nothing themselves', () => {
    const told = [
      ...begun,
      ...['a', 'b', 'c', 'd'].flatMap((id) => [start('daily', of(id)), success('daily', { ...of(id), bytesOut: 0 })]),
      start('daily', gather),
      success('daily', { ...gather, bytesOut: 50 }),
      start('load'),
      success('load', { released: { 'daily.rows': 50 } }),
    ];
    expect(history(chunked, told).held.map(({ bytes }) => bytes)).toEqual([0, 10, 60, 10]);
  });

  it('that are not gathered when the run ends have failed', () => {
    const told: UntimedEvent[] = [...begun, start('daily', of('a')), success('daily', of('a'))];
    expect(taskOf(chunked, 'daily', told)?.status).toBe('RUNNING');
    expect(taskOf(chunked, 'daily', [...told, { type: 'execution-ended', status: 'FAILED' }])?.status).toBe('FAILED');
  });

  it('of which no attempts are told are counted, and their number may come later', () => {
    const none: UntimedEvent[] = [{ type: 'chunks-started', task: 'daily', count: 0 }];
    const counted = (total?: number): UntimedEvent => ({
      type: 'chunks-counted',
      task: 'daily',
      succeeded: 3,
      failed: 1,
      ...(total !== undefined && { total }),
    });
    expect(taskOf(chunked, 'daily', none)).toMatchObject({ status: 'RUNNING', startedAt: time(1) });
    expect(taskOf(chunked, 'daily', [...none, counted(9)])?.chunks).toEqual({ total: 9, succeeded: 3, failed: 1 });
    expect(taskOf(chunked, 'daily', [...none, counted()])?.chunks).toEqual({ total: 4, succeeded: 3, failed: 1 });
  });

  it('are gathered again where that is worth it, and are not where too many failed', () => {
    const told = [...begun, start('daily', of('a')), success('daily', of('a')), start('daily', gather)];
    const statusAfter = (name: string) => taskOf(chunked, 'daily', [...told, failure('daily', gather, name)])?.status;
    expect(statusAfter('SlowDown')).toBe('RETRYING');
    expect(statusAfter('ChunksFailed')).toBe('FAILED');
  });

  it('whose Map itself fails are a task that fails, and is not tried again', () => {
    const told = [...begun, start('daily'), failure('daily', {}, 'States.ItemReaderFailed')];
    expect(taskOf(chunked, 'daily', told)?.status).toBe('FAILED');
    expect(taskOf(chunked, 'load', told)?.status).toBe('SKIPPED');
  });
});

describe('the bytes held', () => {
  it('rise as outputs appear, fall as they are released, once each, and end with the run', () => {
    const told = [
      start('extract'),
      success('extract', { bytesOut: 100 }),
      start('load'),
      start('beside'),
      success('load', { bytesOut: 7, released: { 'extract.raw': 100 } }),
      success('beside', { released: { 'extract.raw': 100 } }),
      ended('SUCCEEDED', {}),
    ];
    expect(history(plan, told).held).toEqual([
      { at: time(0), bytes: 0 },
      { at: time(2), bytes: 100 },
      { at: time(5), bytes: 7 },
      { at: time(7), bytes: 0 },
    ]);
  });

  it('of a resumed run begin with what its earlier executions left, and those tasks are told as done before', () => {
    const before = { committedBefore: true } as const;
    const told = [
      start('extract'),
      success('extract', { bytesOut: 100, ...before }),
      start('beside'),
      success('beside', { bytesOut: 5, ...before }),
      start('load'),
      success('load', { bytesOut: 7, released: { 'extract.raw': 100 } }),
      ended('SUCCEEDED', {}),
    ];
    const [begun, ...others] = eventsOf(plan, told);
    const resumed = historyOf(plan, [{ ...begun, execution: 'again' } as RunEvent, ...others]);
    expect(resumed.held).toEqual([
      { at: time(0), bytes: 105 },
      { at: time(6), bytes: 12 },
      { at: time(7), bytes: 0 },
    ]);
    expect(resumed.tasks.filter((task) => task.committedBefore).map(({ name }) => name)).toEqual(['extract', 'beside']);
    // An attempt whose answer was lost has grown it in this very run.
    expect(history(plan, told).held[0]).toEqual({ at: time(0), bytes: 0 });
  });

  it('of a resumed run do not count what had been released before', () => {
    const before = { committedBefore: true } as const;
    const told = [
      success('extract', { bytesOut: 100, ...before }),
      success('load', { bytesOut: 7, released: { 'extract.raw': 100 }, ...before }),
      start('beside'),
    ];
    const [begun, ...others] = eventsOf(plan, told);
    const resumed = historyOf(plan, [{ ...begun, execution: 'again' } as RunEvent, ...others]);
    expect(resumed.held).toEqual([{ at: time(0), bytes: 7 }]);
  });

  it('of a run that is kept stay', () => {
    const told: UntimedEvent[] = [
      start('extract'),
      success('extract', { bytesOut: 100 }),
      { type: 'cleanup-started' },
      { type: 'cleanup-ended', done: true, left: 2 },
      ended('SUCCEEDED', {}, { released: { objects: 0, bytes: 0, left: 2 } }),
    ];
    expect(history(plan, told).held.at(-1)).toEqual({ at: time(5), bytes: 100 });
  });
});

describe('with 10,000 chunks', () => {
  it('an event and a look at the run stay cheap', () => {
    const builder = new HistoryBuilder(chunked);
    const count = 10_000;
    const ids = Array.from({ length: count }, (_, index) => `chunk-${index}`);
    const told = ids.flatMap((id) => [
      start('daily', { chunks: [id] }),
      failure('daily', { chunks: [id] }),
      start('daily', { chunks: [id], attempt: 2 }),
      success('daily', { chunks: [id], attempt: 2, bytesOut: 1 }),
    ]);
    const events = eventsOf(chunked, [{ type: 'chunks-started', task: 'daily', count }, ...told]);
    const began = performance.now();
    let looks = 0;
    for (const [index, event] of events.entries()) {
      builder.add(event);
      if (index % 100 === 99) looks += builder.history().tasks.length;
    }
    const took = performance.now() - began;
    expect(looks).toBe(3 * 400);
    expect(builder.history().tasks[1]?.chunks).toEqual({ total: count, succeeded: count, failed: 0 });
    // 40,000 events and 400 looks: some 100 ms where nothing else runs.
    expect(took).toBeLessThan(3_000);
  });
});
