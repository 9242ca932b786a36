import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { NonRetryableError, task } from '../../lambdas/runtime/index.ts';
import { type ProgressEvent, type RunLocallyOptions, runLocally } from '../../local/index.ts';
import { TaskGraph } from '../../state-machines/index.ts';
import { DIAMOND_TABLE, diamond, diamondHandlers, filesUnder, temporaryFolder, timeless } from './fixtures.ts';

const dir = temporaryFolder();
const { plan, ...handles } = diamond();
let runs = 0;

async function run(options: Partial<RunLocallyOptions> = {}) {
  const id = options.run ?? `r${runs++}`;
  const result = await runLocally(plan, { handlers: diamondHandlers, dir, waits: 'none', ...options, run: id });
  return { id, result };
}

/** The objects in a bucket of the endpoint, by key. */
function objectsOf(id: string, bucket: 'runs' | 'results'): string[] {
  const folder = join(dir, 'diamond', id, 's3', 'buckets', bucket, 'objects');
  return filesUnder(folder).flatMap((file) => (file.endsWith('.data') ? [file.slice(0, -'.data'.length)] : []));
}

describe('a run in which all goes well', () => {
  it('reports every task, and what was released', async () => {
    const { id, result } = await run({ input: { any: 'thing' } });
    const raw = { raw: { bytes: 52, rows: 2 } };
    const agg = { agg: { bytes: 12 } };
    const enriched = { enriched: { bytes: 77, rows: 2 } };
    const resultKey = `results/diamond/${id}/merge-load/table.csv`;
    const table = { table: { bytes: DIAMOND_TABLE.length, rows: 2, resultKey } };
    const succeeded = { status: 'SUCCEEDED', retriesUsed: 0 };
    expect(timeless(result)).toEqual({
      pipeline: 'diamond',
      run: id,
      status: 'SUCCEEDED',
      succeeded: 4,
      failed: 0,
      skipped: 0,
      omitted: 0,
      tasks: {
        extract: { ...succeeded, bytesIn: 0, bytesOut: 52, outputs: raw },
        aggregate: { ...succeeded, bytesIn: 52, bytesOut: 12, outputs: agg },
        enrich: { ...succeeded, bytesIn: 52, bytesOut: 77, outputs: enriched },
        'merge-load': { ...succeeded, bytesIn: 89, bytesOut: DIAMOND_TABLE.length, outputs: table },
      },
      // Four outputs, four attempt markers, four commit records; the sizes of the records differ with the times in them.
      released: {
        objects: 12,
        bytes: expect.any(Number),
        left: 0,
        consumed: { objects: 3, bytes: 52 + 12 + 77 },
        requests: expect.any(Number),
      },
    });
  });

  it('has times that fit together', async () => {
    const before = Date.now();
    const { result } = await run();
    expect(Date.parse(result.startedAt)).toBeGreaterThanOrEqual(before);
    for (const { startedAt = '', durationMs = -1 } of Object.values(result.tasks)) {
      expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(Date.parse(result.startedAt));
      expect(durationMs).toBeGreaterThanOrEqual(0);
      expect(durationMs).toBeLessThanOrEqual(result.durationMs);
    }
  });

  it('leaves its durable outputs as plain files, its result, and no intermediate', async () => {
    const { id, result } = await run();
    const folder = join(dir, 'diamond', id);
    expect(filesUnder(join(folder, 'results'))).toEqual(['merge-load/table.csv']);
    expect(readFileSync(join(folder, 'results/merge-load/table.csv'), 'utf8')).toBe(DIAMOND_TABLE);
    expect(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'))).toEqual(result);
    expect(objectsOf(id, 'runs')).toEqual([]);
    expect(objectsOf(id, 'results')).toEqual([`results/diamond/${id}/merge-load/table.csv`]);
  });

  it('tells of its start, of every attempt, of the cleanup and of its end', async () => {
    const events: ProgressEvent[] = [];
    const { id, result } = await run({ onProgress: (event) => events.push(event) });
    const path = join(dir, 'diamond', id, 'results/merge-load/table.csv');
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/);
    expect(events[0]).toEqual({
      at,
      type: 'run-started',
      input: {},
      pipeline: 'diamond',
      run: id,
      folder: join(dir, 'diamond', id),
      tasks: ['extract', 'aggregate', 'enrich', 'merge-load'],
    });
    expect(events.filter(({ type }) => type === 'attempt-started')).toHaveLength(4);
    expect(events.filter(({ type }) => type === 'attempt-succeeded')).toHaveLength(4);
    expect(events.slice(-4, -1)).toEqual([
      { at, type: 'cleanup-started' },
      { at, type: 'cleanup-ended', done: true, left: 0 },
      { at, type: 'execution-ended', status: 'SUCCEEDED' },
    ]);
    expect(events.at(-1)).toEqual({
      at,
      type: 'run-ended',
      folder: expect.any(String),
      result,
      results: [{ task: 'merge-load', output: 'table', path, bytes: DIAMOND_TABLE.length, rows: 2 }],
      report: join(dir, 'diamond', id, 'report.html'),
      unreached: [],
    });
  });

  it.each([null, 0, false, '', [], {}, { nested: [1] }].map((input) => ({ input })))(
    'hands the input $input to every handler',
    async ({ input }) => {
      const seen: unknown[] = [];
      const see =
        <T extends { readonly input: unknown }>(handler: (context: T) => unknown) =>
        async (context: T) => {
          seen.push(context.input);
          await handler(context);
        };
      const handlers = Object.fromEntries(
        Object.entries(diamondHandlers).map(([name, fn]) => [name, see(fn as never)]),
      );
      await run({ input, handlers });
      expect(seen).toEqual(Array(4).fill(input));
    },
  );

  it('takes what task() made for a handler too', async () => {
    const aggregate = task(handles.aggregate, diamondHandlers.aggregate);
    const { result } = await run({ handlers: { ...diamondHandlers, aggregate } });
    expect(result.status).toBe('SUCCEEDED');
  });

  it('keeps its intermediates where that was asked for, and says how many', async () => {
    const { id, result } = await run({ keep: true });
    expect(result.released).toMatchObject({ objects: 0, bytes: 0, left: 12 });
    expect(Date.parse(result.keptUntil ?? '') - Date.now()).toBeGreaterThan(86_000_000);
    // With the lease, which says until when.
    expect(objectsOf(id, 'runs')).toHaveLength(13);
  });

  it('finds a run id of its own that sorts by time', async () => {
    const ids: string[] = [];
    for (const _ of [1, 2]) ids.push((await runLocally(plan, { handlers: diamondHandlers, dir })).run);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^\d{8}-\d{6}-[0-9a-f]{4}$/);
  });
});

describe('a handler that fails', () => {
  it('for good skips what is downstream of it and nothing else, and the run resolves', async () => {
    const handlers = {
      ...diamondHandlers,
      enrich: () => {
        throw new TypeError('cannot');
      },
    };
    const { id, result } = await run({ handlers });
    expect(result.status).toBe('FAILED');
    expect(result.error).toEqual({ name: 'TaskFailed', message: 'enrich (TypeError: cannot) failed' });
    expect(result.tasks['enrich']).toMatchObject({
      status: 'FAILED',
      retriesUsed: 1,
      error: { name: 'TypeError', message: 'cannot' },
    });
    expect(Object.values(result.tasks).map(({ status }) => status)).toEqual([
      'SUCCEEDED',
      'SUCCEEDED',
      'FAILED',
      'SKIPPED',
    ]);
    expect(result.released.left).toBe(0);
    expect(objectsOf(id, 'runs')).toEqual([]);
    expect(objectsOf(id, 'results')).toEqual([]);
  });

  it('with a NonRetryableError is not tried again', async () => {
    const extract = vi.fn(() => Promise.reject(new NonRetryableError('never')));
    const { result } = await run({ handlers: { ...diamondHandlers, extract } });
    expect(extract).toHaveBeenCalledTimes(1);
    expect(result).toMatchObject({ status: 'FAILED', succeeded: 0, failed: 1, skipped: 3 });
  });

  it('is told which attempt it is', async () => {
    const attempts: number[] = [];
    const extract: typeof diamondHandlers.extract = (context) => {
      attempts.push(context.attempt);
      if (context.attempt < 3) throw new Error('not yet');
      return diamondHandlers.extract(context);
    };
    const { result } = await run({ handlers: { ...diamondHandlers, extract } });
    expect(attempts).toEqual([1, 2, 3]);
    expect(result.tasks['extract']).toMatchObject({ status: 'SUCCEEDED', retriesUsed: 2 });
  });
});

describe('two runs at the same time', () => {
  it('keep apart, also where the id of one is the beginning of the other', async () => {
    const ids = ['run-1', 'run-10'];
    const ends = await Promise.all(ids.map((id) => run({ run: id, keep: id === 'run-10' })));
    expect(ends.map(({ result }) => [result.run, result.status])).toEqual(ids.map((id) => [id, 'SUCCEEDED']));
    expect(objectsOf('run-1', 'runs')).toEqual([]);
    expect(objectsOf('run-10', 'runs')).toHaveLength(13);
    for (const key of objectsOf('run-10', 'runs')) expect(key).toMatch(/^runs\/diamond\/run-10\//);
    for (const id of ids) {
      const table = readFileSync(join(dir, 'diamond', id, 'results/merge-load/table.csv'), 'utf8');
      expect(table).toBe(DIAMOND_TABLE);
    }
  });
});

it('a graph wider than the interpreter runs at once goes through', async () => {
  const graph = new TaskGraph('wide');
  const names = Array.from({ length: 60 }, (_, index) => `t${index}`);
  for (const name of names) graph.addTask(name);
  const handlers = Object.fromEntries(names.map((name) => [name, () => undefined]));
  const result = await runLocally(graph.build(), { handlers, dir, waits: 'none' });
  expect(result).toMatchObject({ status: 'SUCCEEDED', succeeded: 60, released: { left: 0 } });
});
