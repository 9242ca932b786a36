import { describe, expect, it } from 'vitest';
import {
  type ChunksFormat,
  chunks,
  type EachDef,
  json,
  ndjson,
  optional,
  ref,
  TaskGraph,
} from '../../state-machines/index.ts';
import { problemsOf } from './graphs.ts';

/** A graph of a task that makes pages, and one that runs for each of them. */
function graphWith(options: object = {}, max?: number): TaskGraph {
  const graph = new TaskGraph('test');
  const list = graph.addTask('list', { outputs: { pages: chunks(max === undefined ? {} : { max }), rows: ndjson() } });
  graph.addTask('fetch', { each: list.outputs.pages, outputs: { found: json() }, ...options });
  return graph;
}

const plannedFor = (options: object, max?: number) => graphWith(options, max).build().task('fetch');

describe('a chunk-parallel task', () => {
  it('needs the task that makes its chunks, and has a default for everything else', () => {
    expect(plannedFor({})).toMatchObject({
      dependencies: ['list'],
      requires: ['list'],
      inputs: {},
      each: {
        task: 'list',
        output: 'pages',
        maxConcurrency: 40,
        toleratedFailures: { count: 0 },
        batchSize: 1,
        maxChunks: 300,
      },
    });
  });

  it('keeps what it says', () => {
    expect(plannedFor({ maxConcurrency: 500, toleratedFailures: 3, batchSize: 20 }, 5_000)?.each).toEqual({
      task: 'list',
      output: 'pages',
      maxConcurrency: 500,
      toleratedFailures: { count: 3 },
      batchSize: 20,
      maxChunks: 5_000,
    });
  });

  it.each<[number | string, object]>([
    [0, { count: 0 }],
    [100_000, { count: 100_000 }],
    ['0%', { percentage: 0 }],
    ['5%', { percentage: 5 }],
    ['2.5%', { percentage: 2.5 }],
    ['100%', { percentage: 100 }],
  ])('tolerates failures of %s', (toleratedFailures, planned) => {
    expect(plannedFor({ toleratedFailures })?.each?.toleratedFailures).toEqual(planned);
  });

  it('is told to the task that makes its chunks, as is every other that runs for them', () => {
    const graph = graphWith();
    graph.addTask('count', { each: ref<ChunksFormat>('pages') });
    const outputs = graph.build().task('list')?.outputs;
    expect(outputs?.['pages']).toEqual({
      format: { kind: 'chunks', max: 300 },
      durable: false,
      chunksOf: ['fetch', 'count'],
      releasedBy: ['fetch', 'count'],
    });
    expect(outputs?.['rows']).not.toHaveProperty('chunksOf');
  });

  it('finds its chunks by name, even where they are declared later', () => {
    const graph = new TaskGraph('test');
    graph.addTask('fetch', { each: ref<ChunksFormat>('list.pages') });
    graph.addTask('list', { outputs: { pages: chunks() } });
    expect(graph.build().task('fetch')?.each).toMatchObject({ task: 'list', output: 'pages' });
  });

  it('has outputs that are gathered of those of its chunks', () => {
    expect(plannedFor({})?.outputs['found']?.format).toEqual({ kind: 'json', gathered: true });
  });

  it('can take the list as an input too', () => {
    expect(plannedFor({ inputs: { all: ref('pages') } })).toMatchObject({ dependencies: ['list'] });
  });
});

describe('each', () => {
  it.each<[string, unknown, string]>([
    ['rows', ref('rows'), 'ndjson'],
    ['what chunks wrote', ref('found'), 'what the chunks of another task wrote'],
    ['an optional list', optional(ref('pages')), 'optional-ref'],
    ['a list of chunks itself', [{ id: '1' }], '"id"'],
    ['null', null, 'null'],
    ['an object', {}, '{}'],
    ['a name that is no ref', 'pages', '"pages"'],
  ])('cannot be %s', (_, each, told) => {
    const graph = graphWith();
    graph.addTask('x', { each: each as EachDef['each'] });
    const problems = problemsOf(graph);
    expect(problems).toMatchObject([{ code: 'InvalidEach', number: -113 }]);
    for (const part of ['task "x": each', told, 'chunks()']) expect(problems[0]?.message).toContain(part);
  });

  it('of a name that is nearly right is answered with the nearest output', () => {
    const problems = problemsOf(graphWith({ each: ref('pagse') }));
    expect(problems).toMatchObject([{ code: 'UnresolvedDataRef', number: -102 }]);
    for (const part of ['task "fetch": each', 'did you mean "pages"?']) expect(problems[0]?.message).toContain(part);
  });

  it('cannot be the chunks that the task itself makes', () => {
    const graph = new TaskGraph('test');
    graph.addTask('x', { each: ref<ChunksFormat>('own'), outputs: { own: chunks() } });
    expect(problemsOf(graph).map(({ code }) => code)).toEqual(['InvalidEach']);
  });
});

describe.each([
  ['maxConcurrency', 1, 10_000],
  ['batchSize', 1, 1_000],
  ['toleratedFailures', 0, 100_000],
])('%s', (option, least, most) => {
  it(`may be ${least}, and ${most}`, () => {
    for (const value of [least, most]) expect(problemsOf(graphWith({ [option]: value }))).toEqual([]);
  });

  it.each([least - 1, most + 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '7', null, {}, '-1%', '101%', '5 %', 7n])(
    'cannot be %s',
    (value) => {
      const problems = problemsOf(graphWith({ [option]: value }));
      expect(problems).toMatchObject([{ code: 'InvalidEach', number: -113 }]);
      for (const part of ['task "fetch"', option]) expect(problems[0]?.message).toContain(part);
    },
  );

  it('is for a task with each', () => {
    const graph = graphWith();
    graph.addTask('x', { [option]: 1 });
    const problems = problemsOf(graph);
    expect(problems).toMatchObject([{ code: 'InvalidEach', number: -113 }]);
    for (const part of ['task "x"', option, 'each']) expect(problems[0]?.message).toContain(part);
  });
});

describe('how many chunks there may be', () => {
  it.each([1, 100_000])('may be %i', (max) => {
    expect(plannedFor({}, max)?.each?.maxChunks).toBe(max);
  });

  it.each([0, 100_001, 1.5, Number.NaN, '7' as unknown as number])('cannot be %s', (max) => {
    const problems = problemsOf(graphWith({}, max));
    expect(problems).toMatchObject([{ code: 'InvalidEach', number: -113 }]);
    for (const part of ['task "list"', 'pages', 'max']) expect(problems[0]?.message).toContain(part);
  });
});

it('a hook is never chunk-parallel', () => {
  const graph = graphWith();
  graph.addFinallyTask('x', { each: ref('pages') } as object);
  const problems = problemsOf(graph);
  expect(problems).toMatchObject([{ code: 'InvalidTask' }]);
  expect(problems[0]?.message).toContain('a hook has no "each"');
});
