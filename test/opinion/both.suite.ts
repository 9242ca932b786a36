/** What the tests of ours cannot be asked on the second engine, on both: inline chunks, and real timeouts. */

import { afterAll, describe, expect, it, vi } from 'vitest';
import { type RunLocallyOptions, runLocally } from '../../local/index.ts';
import type { InterpretOptions } from '../../local/interpreter.ts';
import { chunks, json, type Plan, TaskGraph } from '../../state-machines/index.ts';
import { machine, parallelOf, taskState, temporaryFolder, timeless } from '../local/fixtures.ts';
import { SecondEngine } from './engine.ts';

const second = new SecondEngine();
afterAll(() => second.stop());

type Interpret = SecondEngine['interpret'];
const { chosen } = vi.hoisted(() => ({ chosen: { interpret: undefined as Interpret | undefined } }));
vi.mock('../../local/interpreter.ts', async (actual) => {
  const { interpret } = await actual<{ interpret: Interpret }>();
  const either: Interpret = (definition, options) => (chosen.interpret ?? interpret)(definition, options);
  return { interpret: either };
});
const { interpret } = await import('../../local/interpreter.ts');

const ENGINES = [undefined, (definition, options) => second.interpret(definition, options)] satisfies (
  | Interpret
  | undefined
)[];

async function onBoth<T>(work: (engine: number) => Promise<T>): Promise<[T, T]> {
  const results: T[] = [];
  for (const [index, engine] of ENGINES.entries()) {
    chosen.interpret = engine;
    results.push(await work(index));
  }
  return results as [T, T];
}

const IDS = ['a', 'b', 'c', 'd', 'e'];

function chunked(options: { readonly batchSize?: number; readonly toleratedFailures?: number }): Plan {
  const graph = new TaskGraph('chunked');
  const list = graph.addTask('list', { outputs: { letters: chunks() } });
  const extract = graph.addTask('extract', {
    each: list.outputs.letters,
    outputs: { rows: json<string>() },
    retries: 1,
    maxConcurrency: 2,
    ...options,
  });
  graph.addTask('load', { inputs: { rows: extract.outputs.rows }, outputs: { all: json<number>() } });
  return graph.build();
}

// biome-ignore lint/suspicious/noExplicitAny: a handler of any task
const HANDLERS: Record<string, (context: any) => unknown> = {
  list: ({ outputs }) => outputs.letters.write(IDS.map((id) => ({ id }))),
  extract: ({ chunk, outputs }) => outputs.rows.write(chunk.id),
  load: ({ outputs }) => outputs.all.write(1),
};

describe('inline chunks end the same on both engines', () => {
  const dir = temporaryFolder();
  it.each<[string, Parameters<typeof chunked>[0], RunLocallyOptions['fail'] & object, string]>([
    ['all well', {}, [], 'SUCCEEDED'],
    ['one tried again', {}, ['extract/b:1'], 'SUCCEEDED'],
    ['one that fails', {}, ['extract/b'], 'FAILED'],
    ['one that may fail', { toleratedFailures: 1 }, ['extract/b'], 'SUCCEEDED'],
    ['two where one may fail', { toleratedFailures: 1 }, ['extract/b', 'extract/d'], 'FAILED'],
    ['one of a batch', { batchSize: 2 }, ['extract/c'], 'FAILED'],
    ['one that is not to be retried', {}, ['extract/b:9:NonRetryableError'], 'FAILED'],
  ])('%s', async (_, options, fail, status) => {
    const [ours, theirs] = await onBoth(async (engine) => {
      const run = `r${engine}-${fail.length}${Object.values(options).join('')}-${fail.at(0)?.replace(/\W/g, '') ?? ''}`;
      const {
        released,
        run: __,
        ...result
      } = timeless(
        await runLocally(chunked(options), { handlers: HANDLERS as never, dir, run, waits: 'none', fail }),
      ) as Record<string, { readonly left?: number }>;
      return { ...result, left: released?.left };
    });
    expect(ours).toMatchObject({ status, left: 0 });
    expect(JSON.stringify(theirs).replaceAll('r1-', 'r0-')).toEqual(JSON.stringify(ours));
  });
});

describe('a timeout is the same on both engines', () => {
  const hanging = { name: 'run-1', input: {}, waits: 'none' } satisfies Partial<InterpretOptions>;

  it('of the execution ends it, and no function is called behind it', async () => {
    const definition = machine({ a: taskState(), b: taskState() }, { TimeoutSeconds: 1 });
    const [ours, theirs] = await onBoth(async () => {
      const invoke = vi.fn(() => new Promise(() => undefined));
      return { end: await interpret(definition, { ...hanging, invoke }), calls: invoke.mock.calls.length };
    });
    expect(ours).toEqual({ end: { status: 'TIMED_OUT' }, calls: 1 });
    expect(theirs).toEqual(ours);
  });

  it('of a state is retried, counted, and caught as States.Timeout, which leaves a Parallel as that', async () => {
    const Retry = [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }];
    const Catch = [{ ErrorEquals: ['States.Timeout'], Next: 'caught' }];
    const definition = machine({
      all: parallelOf(
        ['a', 'b'],
        { TimeoutSeconds: 1, Retry, Parameters: { 'n.$': '$$.State.RetryCount' } },
        { Catch },
      ),
      missed: { Type: 'Succeed' },
      caught: { Type: 'Pass', Parameters: { 'Error.$': '$.Error' }, End: true },
    });
    const [ours, theirs] = await onBoth(async () => {
      const counts: unknown[] = [];
      const invoke: InterpretOptions['invoke'] = async ({ state, payload }) => {
        counts.push({ state, payload });
        if (state === 'a') await new Promise(() => undefined);
      };
      return {
        end: await interpret(definition, { ...hanging, invoke }),
        calls: counts.map((c) => JSON.stringify(c)).sort(),
      };
    });
    expect(ours.end).toEqual({ status: 'SUCCEEDED', output: { Error: 'States.Timeout' } });
    expect(ours.calls).toHaveLength(3);
    expect(theirs).toEqual(ours);
  });
});
