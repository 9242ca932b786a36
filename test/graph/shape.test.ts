import { describe, expect, it } from 'vitest';
import { chunks, durable, json, parquet, ref, TaskGraph } from '../../state-machines/index.ts';
import { problemsOf } from './graphs.ts';

describe('an option of a graph', () => {
  it.each(['continue', 'stop'] as const)('onTaskFailure is %s', (onTaskFailure) => {
    const graph = new TaskGraph('test', { onTaskFailure });
    graph.addTask('a');
    expect(graph.build().onTaskFailure).toBe(onTaskFailure);
  });

  it.each<[object, string]>([
    [{ onTaskFailure: 'halt' }, '"halt"'],
    [{ onTaskFailur: 'stop' }, 'did you mean "onTaskFailure"'],
  ])('%j is a problem', (options, told) => {
    const graph = new TaskGraph('test', options);
    graph.addTask('a');
    const problems = problemsOf(graph);
    expect(problems).toMatchObject([{ code: 'InvalidTask' }]);
    expect(problems[0]?.message).toContain(told);
  });
});

/** Mistakes that JavaScript lets through. */
describe('a definition of the wrong shape', () => {
  const other = new TaskGraph('other').addTask('other', { outputs: { made: json() } });

  it.each<[string, unknown, string, string]>([
    ['null', null, 'InvalidTask', 'definition is null'],
    ['a handler', () => 1, 'InvalidTask', 'definition is a function'],
    ['a list of inputs', { inputs: [ref('own')] }, 'InvalidTask', 'inputs is ['],
    ['a list of outputs', { outputs: ['raw'] }, 'InvalidTask', 'outputs is ["raw"]'],
    ['a format without its parentheses', { outputs: { raw: json } }, 'InvalidTask', 'call it: json()'],
    ['the name of a format', { outputs: { raw: 'json' } }, 'InvalidTask', '"raw" is "json"'],
    ['an unknown format', { outputs: { raw: { kind: 'xml' } } }, 'InvalidTask', '"xml"'],
    ['a durable nothing', { outputs: { raw: { kind: 'durable' } } }, 'InvalidTask', 'durable() of undefined'],
    ['a durable without parentheses', { outputs: { raw: durable(json as never) } }, 'InvalidTask', 'call it: json()'],
    ['a validator that is none', { outputs: { raw: json({ day: 'string' } as never) } }, 'InvalidTask', 'z.object'],
    ['an unknown type of column', { outputs: { raw: parquet({ day: 'DATE' as never }) } }, 'InvalidTask', '"DATE"'],
    ['columns that are none', { outputs: { raw: parquet('day' as never) } }, 'InvalidTask', '"day"'],
    ['a maximum of chunks that is none', { outputs: { raw: chunks({ max: '7' as never }) } }, 'InvalidEach', '"7"'],
    ['a number of retries in retry', { retry: 3 }, 'InvalidRetry', 'retry is 3'],
    ['a number as resources', { resources: 512 }, 'InvalidResource', 'resources is 512'],
    ['an input that is nothing', { inputs: { raw: undefined } }, 'UnresolvedDataRef', 'has no output of that name'],
    ['an input that is a task', { inputs: { raw: other } }, 'UnresolvedDataRef', 'other.outputs.made'],
    ['an input that is a text', { inputs: { raw: 'other' } }, 'UnresolvedDataRef', 'ref("other")'],
    ['a ref of nothing', { inputs: { raw: ref(undefined as never) } }, 'UnresolvedDataRef', 'ref(undefined)'],
  ])('as %s is a problem', (_, definition, code, told) => {
    for (const kind of ['addTask', 'addErrorsTask', 'addFinallyTask'] as const) {
      const graph = new TaskGraph('test');
      graph.addTask('ok');
      (graph[kind] as (...given: unknown[]) => unknown).call(graph, 'x', definition);
      const problems = problemsOf(graph);
      expect(problems).toMatchObject([{ code }]);
      for (const part of ['"x"', told]) expect(problems[0]?.message).toContain(part);
    }
  });

  it.each([undefined, null, 7, {}])('a dependency on %s is one too', (end) => {
    const graph = new TaskGraph('test');
    graph.addTask('ok');
    expect(problemsOf(graph.addDependency(end as never, 'ok'))).toMatchObject([{ code: 'UnknownTask' }]);
  });
});
