import { describe, expect, it } from 'vitest';
import { csv, durable, json, ndjson, optional, ref, TaskGraph } from '../../state-machines/index.ts';
import { planOf } from './graphs.ts';

const format = { kind: 'ndjson' };

function flights(): TaskGraph {
  const graph = new TaskGraph('flights');
  const extract = graph.addTask('extract', { outputs: { raw: ndjson() }, retries: 2, resources: { memoryMiB: 1024 } });
  const aggregate = graph.addTask('aggregate', { inputs: { raw: extract.outputs.raw }, outputs: { agg: json() } });
  const enrich = graph.addTask('enrich', { inputs: { raw: extract.outputs.raw }, outputs: { enriched: ndjson() } });
  graph.addTask('merge-load', {
    inputs: { agg: aggregate.outputs.agg, enriched: enrich.outputs.enriched },
    outputs: { table: durable(csv()) },
  });
  return graph;
}

describe('a plan', () => {
  it('holds the waves and the number of tasks of the flights diamond', () => {
    const plan = flights().build();
    expect(plan.pipeline).toBe('flights');
    expect(plan.waves()).toEqual([['extract'], ['aggregate', 'enrich'], ['merge-load']]);
    expect(plan.taskCount).toBe(4);
  });

  it.each([
    ['a', [['a']]],
    ['a, b, c', [['a', 'b', 'c']]],
    ['a -> b -> c', [['a'], ['b'], ['c']]],
    ['a -> c, b -> c', [['a', 'b'], ['c']]],
    ['a -> b -> c, a -> c', [['a'], ['b'], ['c']]],
    ['a -> b -> e, a -> c -> d -> e', [['a'], ['b', 'c'], ['d'], ['e']]],
    [
      'a -> x, b -> x, b -> y',
      [
        ['a', 'b'],
        ['x', 'y'],
      ],
    ],
  ])('of %s has the waves %j', (notation, waves) => {
    expect(planOf(notation).waves()).toEqual(waves);
  });

  it('lists each wave in the order of declaration, also where an edge points to a task declared earlier', () => {
    const plan = planOf({
      tasks: ['d', 'c', 'b', 'a'],
      edges: [
        ['a', 'c'],
        ['a', 'b'],
        ['b', 'd'],
        ['c', 'd'],
      ],
    });
    expect(plan.waves()).toEqual([['a'], ['c', 'b'], ['d']]);
    expect(plan.tasks.map((task) => task.name)).toEqual(['d', 'c', 'b', 'a']);
  });

  it('fills in the default of every option that a task leaves out', () => {
    const task = new TaskGraph('defaults').addTask('a');
    expect(task.graph.build().task('a')).toEqual({
      name: 'a',
      dependencies: [],
      requires: [],
      inputs: {},
      outputs: {},
      retries: 0,
      retry: { intervalSeconds: 1, backoffRate: 2, maxDelaySeconds: 60, jitter: 'full' },
      timeoutSeconds: 900,
      resources: { memoryMiB: 512, ephemeralStorageMiB: 512 },
    });
  });

  it('keeps what a task says, and fills in the rest of what it says in part', () => {
    const graph = new TaskGraph('options');
    graph.addTask('a', {
      retries: 3,
      retry: { intervalSeconds: 5, jitter: 'none' },
      timeoutSeconds: 30,
      resources: { memoryMiB: 1024 },
      expectedSeconds: 2.5,
    });
    expect(graph.build().task('a')).toMatchObject({
      retries: 3,
      retry: { intervalSeconds: 5, backoffRate: 2, maxDelaySeconds: 60, jitter: 'none' },
      timeoutSeconds: 30,
      resources: { memoryMiB: 1024, ephemeralStorageMiB: 512 },
      expectedSeconds: 2.5,
    });
  });

  it('knows no task of a name that was never added', () => {
    expect(planOf('a').task('b')).toBeUndefined();
  });
});

describe('the edges', () => {
  it('follow from the refs that a task takes, each dependency once and in the order of declaration', () => {
    const graph = new TaskGraph('edges');
    const first = graph.addTask('first', { outputs: { x: json(), y: json() } });
    const second = graph.addTask('second', { outputs: { z: json() } });
    graph.addTask('third', { inputs: { z: second.outputs.z, y: first.outputs.y, x: first.outputs.x } });
    expect(graph.build().task('third')?.dependencies).toEqual(['first', 'second']);
  });

  it.each(['handles', 'names'])('are added without data by %s', (by) => {
    const graph = new TaskGraph('edges');
    const a = graph.addTask('a');
    const b = graph.addTask('b');
    if (by === 'handles') graph.addDependency(a, b);
    else graph.addDependency('a', 'b');
    expect(graph.build().task('b')).toMatchObject({ dependencies: ['a'], inputs: {} });
  });

  it('may be added before their tasks are, and twice', () => {
    const graph = new TaskGraph('edges').addDependency('a', 'b').addDependency('a', 'b');
    graph.addTask('b');
    graph.addTask('a');
    expect(graph.build().task('b')?.dependencies).toEqual(['a']);
  });
});

describe('an input', () => {
  it('is a ref, with the format of the output', () => {
    expect(flights().build().task('enrich')?.inputs).toEqual({
      raw: { task: 'extract', output: 'raw', format, optional: false },
    });
  });

  it.each(['raw', 'extract.raw'])('is found by the name %s, even where its task is declared later', (name) => {
    const graph = new TaskGraph('by-name');
    graph.addTask('load', { inputs: { rows: ref(name) } });
    graph.addTask('extract', { outputs: { raw: ndjson() } });
    const load = graph.build().task('load');
    expect(load?.inputs).toEqual({ rows: { task: 'extract', output: 'raw', format, optional: false } });
    expect(load?.dependencies).toEqual(['extract']);
  });

  it('names its task where several tasks have an output of that name', () => {
    const graph = new TaskGraph('by-name');
    graph.addTask('one', { outputs: { raw: json() } });
    graph.addTask('two', { outputs: { raw: ndjson() } });
    graph.addTask('load', { inputs: { rows: ref('two.raw') } });
    expect(graph.build().task('load')?.inputs).toEqual({
      rows: { task: 'two', output: 'raw', format, optional: false },
    });
  });

  it('is optional by handle and by name, and its task is waited for all the same', () => {
    const graph = new TaskGraph('optional');
    const extract = graph.addTask('extract', { outputs: { raw: ndjson() } });
    graph.addTask('by-handle', { inputs: { rows: optional(extract.outputs.raw) } });
    graph.addTask('by-name', { inputs: { rows: optional(ref('raw')) } });
    const plan = graph.build();
    for (const name of ['by-handle', 'by-name']) {
      expect(plan.task(name)).toMatchObject({
        dependencies: ['extract'],
        inputs: { rows: { task: 'extract', output: 'raw', format, optional: true } },
      });
    }
  });
});

describe('an output', () => {
  it('is durable where the task says so, and has the format inside', () => {
    const plan = flights().build();
    expect(plan.task('merge-load')?.outputs).toEqual({ table: { format: { kind: 'csv' }, durable: true } });
    expect(plan.task('extract')?.outputs).toEqual({
      raw: { format: { kind: 'ndjson' }, durable: false, releasedBy: ['aggregate', 'enrich'] },
    });
  });

  it('is a ref on the handle, durable or not', () => {
    const [extract, , , load] = flights().tasks;
    expect(extract?.outputs['raw']).toEqual({ kind: 'ref', task: 'extract', output: 'raw', format });
    expect(load?.outputs['table']).toMatchObject({ task: 'merge-load', format: { kind: 'csv' } });
  });
});

it('two builds of a graph give equal plans, and a task added later is in the next one', () => {
  const graph = flights();
  expect(graph.build().tasks).toEqual(graph.build().tasks);
  graph.addTask('report', { inputs: { table: ref('table') } });
  expect(graph.build().waves().at(-1)).toEqual(['report']);
});

it('a quarter of a million edges, by name or without data, are built in seconds', { timeout: 10_000 }, () => {
  const graph = new TaskGraph('dense');
  const names = Array.from({ length: 500 }, (_, index) => `t${index}`);
  for (const name of names) graph.addTask(name, { outputs: { [`of-${name}`]: json() } });
  const inputs = Object.fromEntries(names.map((name) => [name, ref(`of-${name}`)]));
  for (const name of names) graph.addTask(`by-name-${name}`, { inputs });
  for (const name of names) for (const before of names) graph.addDependency(before, `by-name-${name}`);
  expect(graph.build().task('by-name-t0')?.dependencies).toEqual(names);
});
