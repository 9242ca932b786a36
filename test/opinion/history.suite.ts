/** The history that an execution has on AWS, as the second engine writes it, tells of a run what the runner here tells. */

import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { historyOf } from '../../history/builder.ts';
import type { RunEvent } from '../../history/events.ts';
import { ExecutionHistoryReader, type HistoryEvent } from '../../history/from-execution-history.ts';
import type { RunHistory } from '../../history/run-history.ts';
import { type RunLocallyOptions, runLocally } from '../../local/index.ts';
import { chunks, json, type Plan, TaskGraph } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { runRandom } from '../history/random-run.ts';
import { diamond, diamondHandlers, temporaryFolder } from '../local/fixtures.ts';
import { cases } from '../semantics/arbitraries.ts';

const { written } = vi.hoisted(() => ({ written: [] as (readonly HistoryEvent[])[] }));
const second = await vi.hoisted(async () => {
  const { SecondEngine } = await import('./engine.ts');
  return new SecondEngine();
});
vi.mock('../../local/interpreter.ts', () => ({
  interpret: ((definition, options) =>
    second.interpret(definition, options, (events) => written.push(events))) satisfies typeof second.interpret,
}));
afterAll(() => second.stop());
beforeEach(() => {
  written.length = 0;
});

const dir = temporaryFolder();

/** The run's events as they are read out of its execution's history, and of its finalizer's. */
function readBack(plan: Plan | undefined, told: readonly RunEvent[]): RunEvent[] {
  const [started, ended] = [told.at(0), told.at(-1)];
  if (started?.type !== 'run-started' || ended?.type !== 'run-ended') throw new Error('the run has not ended');
  const { pipeline, run, execution: name = run, input } = started;
  const about = { ...(plan && { plan }), pipeline, name, run, input, executionArn: `arn:execution:${name}` };
  const events = written.flatMap((history, index) => {
    const reader = new ExecutionHistoryReader({ ...about, role: index === 0 ? 'run' : 'finalizer' });
    const read = history.flatMap((event) => reader.add(event));
    expect(history.flatMap((event) => reader.add(event))).toEqual([]);
    return read;
  });
  return [...events, ended];
}

/** Nothing in it depends on when what ran at the same time came to its end. */
function comparable(plan: Plan, events: readonly RunEvent[]) {
  // Each event has a time of its own, so that nothing falls together.
  const at = (index: number) => new Date(index * 1000).toISOString();
  const history = historyOf(
    plan,
    events.map((event, index) => ({ ...event, at: at(index) })),
  );
  const { folder: _, executionArn: __, startedAt: ___, endedAt: ____, held, ...rest } = history;
  // Two tasks that commit at one time may both tell of one output that went.
  const released = events.flatMap((event) => (event.type === 'attempt-succeeded' ? [event.released ?? {}] : []));
  return JSON.parse(
    JSON.stringify({
      ...rest,
      tasks: history.tasks.map(({ attempts, ...task }) => ({
        ...task,
        attempts: attempts.map((attempt) => JSON.stringify(timeless(attempt))).sort(),
      })),
      released: Object.assign({}, ...released),
      heldAtEnd: held.at(-1)?.bytes,
    }),
    (key, value) => (TIMES.has(key) ? undefined : value),
  );
}

interface Attempts {
  attempts: string[];
}

/** What became of an attempt that was stopped is known here, and not there. */
function expectSame(there: ReturnType<typeof comparable>, here: ReturnType<typeof comparable>): void {
  const stopped = there.tasks.filter(({ attempts }: Attempts) => attempts.some((text) => text.includes('STOPPED')));
  for (const { name } of stopped) {
    for (const { tasks } of [there, here]) {
      const task = tasks.find((one: { name: string }) => one.name === name);
      task.attempts = task.attempts.length;
    }
  }
  if (stopped.length > 0) for (const bytes of ['released', 'heldAtEnd']) delete here[bytes];
  expect(there).toMatchObject(here);
  if (stopped.length === 0) expect(there).toEqual(here);
}

const TIMES = new Set(['startedAt', 'endedAt', 'at', 'keptUntil', 'durationMs']);

function timeless({ startedAt: _, endedAt: __, ...attempt }: RunHistory['tasks'][number]['attempts'][number]) {
  return attempt;
}

let runs = 0;

async function bothHistories(plan: Plan, options: Omit<RunLocallyOptions, 'dir' | 'waits'>) {
  const told: RunEvent[] = [];
  const name = options.resume === undefined ? { run: `h${runs++}` } : {};
  const onProgress = (event: RunEvent) => told.push(event);
  const result = await runLocally(plan, { dir, waits: 'none', ...name, ...options, onProgress });
  return { result, here: comparable(plan, told), there: comparable(plan, readBack(plan, told)), told };
}

describe('the history of a run on AWS is the one that it would have here, where', () => {
  const { plan } = diamond();
  const handlers = diamondHandlers as RunLocallyOptions['handlers'];

  it.each<[string, RunLocallyOptions['fail'] & object]>([
    ['all goes well', []],
    ['attempts are tried again', ['extract:2', 'enrich:1', 'merge-load:1']],
    ['a task fails, and others are skipped', ['aggregate']],
    ['the first task fails, and all are skipped', ['extract:9:NonRetryableError']],
    ['the Lambda service fails', ['extract:3:Lambda.ServiceException']],
  ])('%s', async (_, fail) => {
    const { here, there } = await bothHistories(plan, { handlers, fail });
    expect(there).toEqual(here);
  });

  it('it resumes another', async () => {
    const { result } = await bothHistories(plan, { handlers, fail: 'enrich', keepOnFailure: 3_600 });
    written.length = 0;
    const { here, there } = await bothHistories(plan, { handlers, resume: result.run });
    expect(there).toEqual(here);
    expect(here).toMatchObject({ run: result.run, execution: expect.any(String), status: 'SUCCEEDED' });
  });

  it('it is kept', async () => {
    const { here, there } = await bothHistories(plan, { handlers, keep: true });
    expect(there).toEqual(here);
    expect(here.heldAtEnd).toBeGreaterThan(0);
  });

  it('it is stopped while a task runs', async () => {
    const stop = new AbortController();
    const load = () => {
      stop.abort();
      return new Promise(() => undefined);
    };
    const { here, there } = await bothHistories(plan, {
      handlers: { ...diamondHandlers, 'merge-load': load } as RunLocallyOptions['handlers'],
      signal: stop.signal,
    });
    expect(there).toEqual(here);
    expect(here).toMatchObject({ status: 'ABORTED', phase: 'over' });
  });
});

describe('on AWS nobody knows what becomes of a function', () => {
  it('whose run is ended by a task beside it: its attempt is stopped', async () => {
    const graph = new TaskGraph('stopping', { onTaskFailure: 'stop' });
    graph.addTask('fails');
    graph.addTask('goes-on');
    const plan = graph.build();
    const { there } = await bothHistories(plan, {
      handlers: {
        fails: () => Promise.reject(new Error('no')),
        'goes-on': () => new Promise((resolve) => setTimeout(resolve, 300)),
      } as never,
    });
    const statuses = there.tasks.map(({ attempts }: Attempts) => attempts.map((text) => JSON.parse(text).status));
    expect(statuses).toEqual([['FAILED'], ['STOPPED']]);
  });
});

const hooked = (() => {
  const graph = new TaskGraph('hooked', { onTaskFailure: 'continue' });
  const extract = graph.addTask('extract', { outputs: { stats: json<number>() } });
  graph.addTask('load', { inputs: { stats: extract.outputs.stats } });
  graph.addErrorsTask('alert', { retries: 1 });
  graph.addFinallyTask('report', { outputs: { text: json<string>() } });
  graph.addFinallyTask('stop-service');
  graph.addAfterExecutionTask('notify', { retries: 1 });
  return graph.build();
})();

describe('so it is with hooks, where', () => {
  const stop = { now: () => undefined as unknown };
  // biome-ignore lint/suspicious/noExplicitAny: handlers of any task
  const handlers: any = {
    // biome-ignore lint/suspicious/noExplicitAny: a handler's context
    extract: ({ outputs }: any) => outputs.stats.write(3),
    load: () => stop.now(),
    alert: () => undefined,
    // biome-ignore lint/suspicious/noExplicitAny: a handler's context
    report: ({ outputs }: any) => outputs.text.write('done'),
    'stop-service': () => undefined,
    notify: () => undefined,
  };

  it.each<[string, RunLocallyOptions['fail'] & object]>([
    ['all goes well', []],
    ['a task fails', ['load']],
    ['hooks fail', ['load', 'alert:1', 'report']],
  ])('%s', async (_, fail) => {
    const { here, there } = await bothHistories(hooked, { handlers, fail });
    expect(there).toEqual(here);
  });

  it('the run is stopped, and its finalizer runs them', async () => {
    const controller = new AbortController();
    stop.now = () => {
      controller.abort();
      return new Promise(() => undefined);
    };
    const { here, there } = await bothHistories(hooked, { handlers, signal: controller.signal });
    stop.now = () => undefined;
    expect(written).toHaveLength(2);
    expect(there).toEqual(here);
    expect(here.tasks.map(({ status }: { status: string }) => status)).toContain('SUCCEEDED');
  });

  it('the graph is not known: tasks and kinds of hooks are found all the same', async () => {
    const { told } = await bothHistories(hooked, { handlers, fail: 'load' });
    const begun = (events: readonly RunEvent[]) =>
      events.flatMap((event) => (event.type === 'attempt-started' ? [[event.task, event.hook]] : [])).sort();
    expect(begun(readBack(undefined, told))).toEqual(begun(told));
    expect(begun(told)).toContainEqual(['alert', 'errors']);
  });
});

function chunked(options: { readonly batchSize?: number; readonly toleratedFailures?: number }): Plan {
  const graph = new TaskGraph('chunked');
  const list = graph.addTask('list', { outputs: { letters: chunks() } });
  const each = { each: list.outputs.letters, outputs: { rows: json<string>() }, retries: 1, maxConcurrency: 2 };
  const extract = graph.addTask('extract', { ...each, ...options });
  graph.addTask('load', { inputs: { rows: extract.outputs.rows }, outputs: { all: json<number>() } });
  return graph.build();
}

describe('so it is with chunks, where', () => {
  // biome-ignore lint/suspicious/noExplicitAny: handlers of any task
  const handlers: any = {
    // biome-ignore lint/suspicious/noExplicitAny: a handler's context
    list: ({ outputs }: any) => outputs.letters.write(['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }))),
    // biome-ignore lint/suspicious/noExplicitAny: a handler's context
    extract: ({ chunk, outputs }: any) => outputs.rows.write(chunk.id),
    // biome-ignore lint/suspicious/noExplicitAny: a handler's context
    load: ({ outputs }: any) => outputs.all.write(1),
  };

  it.each<[string, Parameters<typeof chunked>[0], RunLocallyOptions['fail'] & object]>([
    ['all go well', {}, []],
    ['one is tried again', {}, ['extract/b:1']],
    ['one fails', {}, ['extract/b']],
    ['one may fail', { toleratedFailures: 1 }, ['extract/b']],
    ['one of a batch fails', { batchSize: 2 }, ['extract/c']],
    ['one of a batch is tried again', { batchSize: 2 }, ['extract/c:1']],
  ])('%s', async (_, options, fail) => {
    const plan = chunked(options);
    const { here, there } = await bothHistories(plan, { handlers, fail });
    expect(there).toEqual(here);
  });
});

describe('so it is with any graph', () => {
  it.each([
    ['without hooks', cases(1, 8, 0)],
    ['with hooks and groups', cases(1, 8, 6)],
  ])('%s', { timeout: 300_000 }, (name, arbitrary) =>
    fc.assert(
      fc.asyncProperty(arbitrary, async (given) => {
        written.length = 0;
        const { plan, events } = await runRandom(given, join(dir, name.replaceAll(' ', '-')));
        expectSame(comparable(plan, readBack(plan, events)), comparable(plan, events));
      }),
      { numRuns: 40, endOnFailure: true },
    ),
  );
});
