/** Chunk-parallel tasks, from the graph to the result: the compiler, the interpreter, the harness and the cleanup. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ProgressEvent, type RunLocallyOptions, runLocally } from '../../local/index.ts';
import { chunks, csv, durable, ndjson, type Plan, TaskGraph } from '../../state-machines/index.ts';
import { filesUnder, temporaryFolder } from './fixtures.ts';

const RUNTIME = resolve(import.meta.dirname, '../../lambdas/runtime');

const dir = temporaryFolder();
const IDS = ['a', 'b', 'c', 'd', 'e'];
let runs = 0;

interface Options {
  readonly maxConcurrency?: number;
  readonly batchSize?: number;
  readonly toleratedFailures?: number | `${number}%`;
}

function planOf(options: Options = {}): Plan {
  const graph = new TaskGraph('chunked');
  const list = graph.addTask('list', { outputs: { letters: chunks<{ letter: string }>() } });
  const extract = graph.addTask('extract', {
    each: list.outputs.letters,
    outputs: { rows: ndjson<{ letter: string }>(), table: durable(csv<{ letter: string }>()) },
    retries: 1,
    ...options,
  });
  graph.addTask('load', {
    inputs: { rows: extract.outputs.rows },
    outputs: { all: durable(ndjson<{ letter: string }>()) },
    retries: 1,
  });
  return graph.build();
}

// biome-ignore lint/suspicious/noExplicitAny: a handler of any task
type Handler = (context: any) => unknown;

const HANDLERS: Record<string, Handler> = {
  list: ({ outputs }) => outputs.letters.write(IDS.map((id) => ({ id, letter: id.toUpperCase() }))),
  extract: async ({ chunk, outputs }) => {
    await outputs.rows.writeRows([{ letter: chunk.letter }]);
    await outputs.table.writeRows([{ letter: chunk.letter }]);
  },
  load: async ({ inputs, outputs }) => outputs.all.writeRows(inputs.rows.rows()),
};

async function run(plan: Plan, options: Partial<RunLocallyOptions> = {}) {
  const id = `r${runs++}`;
  const events: ProgressEvent[] = [];
  const result = await runLocally(plan, {
    handlers: HANDLERS as never,
    dir,
    run: id,
    waits: 'none',
    onProgress: (event) => events.push(event),
    ...options,
  });
  const folder = join(dir, 'chunked', id);
  const rows = () => {
    const text = readFileSync(join(folder, 'results/load/all.ndjson'), 'utf8').trim();
    return text.split('\n').map((line) => JSON.parse(line).letter);
  };
  const left = filesUnder(join(folder, 's3/buckets/runs/objects')).filter((file) => file.endsWith('.data'));
  return { result, events, folder, rows, left };
}

describe.each<[string, Options]>([
  ['in the machine itself', { maxConcurrency: 2 }],
  ['in the machine itself, in batches', { maxConcurrency: 2, batchSize: 2 }],
  ['in executions of their own', { maxConcurrency: 100 }],
  ['in executions of their own, in batches', { maxConcurrency: 100, batchSize: 2 }],
])('chunks %s', (_, how) => {
  it('each do their part, and what they wrote is gathered in order', async () => {
    const { result, rows, left } = await run(planOf(how));
    expect(result).toMatchObject({ status: 'SUCCEEDED', succeeded: 3, released: { left: 0 } });
    expect(result.tasks['extract']).toMatchObject({
      status: 'SUCCEEDED',
      retriesUsed: 0,
      chunks: { total: 5, succeeded: 5, failed: 0 },
    });
    expect(rows()).toEqual(['A', 'B', 'C', 'D', 'E']);
    expect(left).toEqual([]);
  });

  it('tell how many they are, and of each attempt at them', async () => {
    const { events } = await run(planOf(how));
    expect(events).toContainEqual(expect.objectContaining({ type: 'chunks-started', task: 'extract', count: 5 }));
    const attempts = events.filter((event) => event.type === 'attempt-succeeded' && event.task === 'extract');
    const carriedOut = attempts.flatMap((event) => ('chunks' in event ? (event.chunks ?? []) : []));
    expect(carriedOut.toSorted()).toEqual(IDS);
    expect(attempts.at(-1)).toMatchObject({ gather: true });
  });

  it('that are durable end up as a file each', async () => {
    const { folder, events } = await run(planOf(how));
    expect(filesUnder(join(folder, 'results/extract'))).toEqual(IDS.map((id) => `table/${id}.csv`));
    expect(readFileSync(join(folder, 'results/extract/table/b.csv'), 'utf8')).toBe('letter\nB\n');
    const ended = events.at(-1);
    const files = ended?.type === 'run-ended' ? (ended.results ?? []).filter(({ task }) => task === 'extract') : [];
    expect(files.map(({ output, chunk }) => `${output} ${chunk}`)).toEqual(IDS.map((id) => `table ${id}`));
  });

  it('are tried again each by itself', async () => {
    const { result, rows } = await run(planOf(how), { fail: 'extract/b:1' });
    expect(result.tasks['extract']).toMatchObject({ status: 'SUCCEEDED', retriesUsed: 1 });
    expect(rows()).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  it('that fail fail their task, skip what needs it, and leave nothing', async () => {
    const { result, left } = await run(planOf(how), { fail: 'extract/b' });
    expect(result).toMatchObject({ status: 'FAILED', succeeded: 1, failed: 1, skipped: 1, released: { left: 0 } });
    expect(result.tasks['extract']?.error).toMatchObject({
      name: 'ChunksFailed',
      message: expect.stringContaining('"b"'),
    });
    expect(left).toEqual([]);
  });

  it('may fail as many as are tolerated, and their rows are missing', async () => {
    const { result, rows } = await run(planOf({ ...how, toleratedFailures: 1 }), { fail: 'extract/b' });
    expect(result.tasks['extract']).toMatchObject({
      status: 'SUCCEEDED',
      chunks: { total: 5, succeeded: 4, failed: 1 },
    });
    expect(rows()).toEqual(['A', 'C', 'D', 'E']);
  });

  it('may all be made to fail', async () => {
    const { result } = await run(planOf(how), { fail: 'extract' });
    expect(result.tasks['extract']).toMatchObject({ status: 'FAILED', error: { name: 'ChunksFailed' } });
  });

  it('that are to fail and never come are told at the end', async () => {
    const { result, events } = await run(planOf(how), { fail: ['extract/nobody', 'load:1'] });
    expect(result.status).toBe('SUCCEEDED');
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', unreached: ['extract/nobody'] });
  });

  it('leave nothing where the run is stopped', async () => {
    const stop = new AbortController();
    const handlers = {
      ...HANDLERS,
      extract: () => {
        stop.abort();
        return new Promise(() => undefined);
      },
    };
    const { result, left } = await run(planOf(how), { handlers: handlers as never, signal: stop.signal });
    expect(result).toMatchObject({ status: 'ABORTED', released: { left: 0 } });
    expect(left).toEqual([]);
  });
});

describe('chunks of bundled handlers', () => {
  it('run in processes of their own', async () => {
    const folder = join(dir, 'handlers');
    mkdirSync(folder);
    const graph = `import { chunks, ndjson, TaskGraph } from ${JSON.stringify(resolve(RUNTIME, '../../state-machines/index.ts'))};
      const graph = new TaskGraph('chunked');
      export const list = graph.addTask('list', { outputs: { letters: chunks() } });
      export const extract = graph.addTask('extract', { each: list.outputs.letters, maxConcurrency: 100, outputs: { rows: ndjson() } });
      export const plan = graph.build();`;
    const handler = (name: string, body: string) =>
      `import { task } from ${JSON.stringify(join(RUNTIME, 'index.ts'))};
       import { ${name} } from './graph.ts';
       export const handler = task(${name}, ${body});`;
    writeFileSync(join(folder, 'graph.ts'), graph);
    writeFileSync(
      join(folder, 'list.ts'),
      handler('list', "({ outputs }) => outputs.letters.write(['a', 'b', 'c'].map((id) => ({ id })))"),
    );
    writeFileSync(
      join(folder, 'extract.ts'),
      handler('extract', '({ chunk, outputs }) => outputs.rows.writeRows([{ letter: chunk.id, pid: process.pid }])'),
    );
    const { plan } = await import(join(folder, 'graph.ts'));
    const { result } = await run(plan, { handlers: folder });
    expect(result).toMatchObject({ status: 'SUCCEEDED', tasks: { extract: { chunks: { total: 3, succeeded: 3 } } } });
  });
});
