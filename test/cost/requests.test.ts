import { describe, expect, it, vi } from 'vitest';
import { runLocally } from '../../local/index.ts';
import type { LocalS3Options, S3Request } from '../../local/s3/endpoint.ts';
import { s3RequestsOf } from '../../state-machines/cost/requests.ts';
import { chunks, durable, json, optional, TaskGraph } from '../../state-machines/index.ts';
import { temporaryFolder } from '../local/fixtures.ts';

const { seen } = vi.hoisted(() => ({ seen: [] as S3Request[] }));
vi.mock('../../local/s3/endpoint.ts', async (actual) => {
  const real = await actual<typeof import('../../local/s3/endpoint.ts')>();
  const refuse =
    ({ refuse: other }: LocalS3Options) =>
    (request: S3Request) => {
      seen.push(request);
      return other?.(request);
    };
  return { ...real, startS3: (options: LocalS3Options) => real.startS3({ ...options, refuse: refuse(options) }) };
});

// biome-ignore lint/suspicious/noExplicitAny: a handler of any task
type Handlers = Record<string, (context: any) => unknown>;

const dir = temporaryFolder();

/** What a run that succeeds has asked the endpoint for. */
async function measured(graph: TaskGraph, handlers: Handlers): Promise<{ writes: number; reads: number }> {
  seen.length = 0;
  const { status } = await runLocally(graph.build(), { handlers, dir, run: 'counted' });
  expect(status).toBe('SUCCEEDED');
  // When all is over, the runner copies the results to plain files.
  const requests = seen.filter(({ method, bucket }) => !(method === 'GET' && bucket === 'results'));
  const isRead = ({ method, key }: S3Request) => method === 'HEAD' || (method === 'GET' && key !== '');
  const isDelete = ({ method, deletes }: S3Request) => method === 'DELETE' || deletes !== undefined;
  const reads = requests.filter(isRead).length;
  return { writes: requests.length - reads - requests.filter(isDelete).length, reads };
}

describe('the requests to S3 that are reckoned with are those that a run makes', () => {
  it('of one task', async () => {
    const graph = new TaskGraph('one');
    graph.addTask('a');
    expect(s3RequestsOf(graph.build(), () => 1)).toEqual(await measured(graph, { a: () => {} }));
  });

  it('of a chain with inputs, results and a hook', async () => {
    const graph = new TaskGraph('chain');
    const a = graph.addTask('a', { outputs: { x: json<number>(), y: json<number>() } });
    const b = graph.addTask('b', { inputs: a.outputs, outputs: { z: durable(json<number>()) } });
    graph.addFinallyTask('close', { inputs: { z: optional(b.outputs.z) } });
    const handlers: Handlers = {
      a: async ({ outputs }) => [await outputs.x.write(1), await outputs.y.write(2)],
      b: async ({ inputs, outputs }) => outputs.z.write((await inputs.x.read()) + (await inputs.y.read())),
      close: ({ inputs }) => inputs.z.read(),
    };
    expect(s3RequestsOf(graph.build(), () => 1)).toEqual(await measured(graph, handlers));
  });

  it('of chunks in batches, and of the task that reads what all of them wrote', async () => {
    const graph = new TaskGraph('chunked');
    const list = graph.addTask('list', { outputs: { days: chunks() } });
    const each = graph.addTask('each', {
      each: list.outputs.days,
      batchSize: 2,
      outputs: { rows: json<number>(), kept: durable(json<number>()) },
    });
    graph.addTask('merge', { inputs: { rows: each.outputs.rows } });
    const handlers: Handlers = {
      list: ({ outputs }) => outputs.days.write([{ id: 'p' }, { id: 'q' }, { id: 'r' }]),
      each: async ({ outputs }) => [await outputs.rows.write(1), await outputs.kept.write(1)],
      merge: async ({ inputs }) => {
        for await (const _ of inputs.rows.rows());
      },
    };
    expect(s3RequestsOf(graph.build(), () => 3)).toEqual(await measured(graph, handlers));
  });

  it('of two readers of one output; at the most, where they end together', async () => {
    const graph = new TaskGraph('readers');
    const a = graph.addTask('a', { outputs: { x: json<number>() } });
    graph.addTask('b', { inputs: a.outputs });
    graph.addTask('c', { inputs: a.outputs });
    const read: Handlers[string] = ({ inputs }) => inputs.x.read();
    const counted = await measured(graph, { a: ({ outputs }) => outputs.x.write(1), b: read, c: read });
    const reckoned = s3RequestsOf(graph.build(), () => 1);
    expect(reckoned.writes).toBe(counted.writes);
    expect(reckoned.reads - counted.reads).toBeGreaterThanOrEqual(0);
    expect(reckoned.reads - counted.reads).toBeLessThanOrEqual(2);
  });
});
