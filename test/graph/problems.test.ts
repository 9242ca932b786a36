import { describe, expect, it } from 'vitest';
import {
  allOf,
  fromOutput,
  GraphError,
  type InputRef,
  json,
  ndjson,
  ref,
  TaskGraph,
} from '../../state-machines/index.ts';
import { graphOf, problemsOf } from './graphs.ts';

describe('a problem has a code, the number of that code, and the value that is wrong', () => {
  const elsewhere = new TaskGraph('elsewhere').addTask('other', { outputs: { raw: json() } });
  const cases: [string, string, number, string, (graph: TaskGraph) => unknown][] = [
    ['a cycle', 'Cycle', -101, 'ok', (graph) => graph.addDependency('ok', 'ok')],
    ['a ref to nothing', 'UnresolvedDataRef', -102, 'nowhere', (graph) => taking(graph, ref('nowhere'))],
    ['a ref of another graph', 'UnresolvedDataRef', -102, 'other', (graph) => taking(graph, elsewhere.outputs.raw)],
    ['a second task of a name', 'DuplicateTask', -103, 'ok', (graph) => graph.addTask('ok')],
    [
      'a ref by a name that two outputs have',
      'DuplicateOutput',
      -104,
      'x.raw',
      (graph) => {
        for (const name of ['x', 'y']) graph.addTask(name, { outputs: { raw: json() } });
        taking(graph, ref('raw'));
      },
    ],
    ['a task name with a slash', 'InvalidName', -105, 'a/b', (graph) => graph.addTask('a/b')],
    ['an empty task name', 'InvalidName', -105, '""', (graph) => graph.addTask('')],
    ['a task name of 64 characters', 'InvalidName', -105, 'x'.repeat(64), (graph) => graph.addTask('x'.repeat(64))],
    [
      'an output name with a dot',
      'InvalidName',
      -105,
      'a.b',
      (graph) => graph.addTask('x', { outputs: { 'a.b': json() } }),
    ],
    [
      'an input name with a space',
      'InvalidName',
      -105,
      'my raw',
      (graph) =>
        graph.addTask('x', { inputs: { 'my raw': graph.addTask('y', { outputs: { raw: json() } }).outputs.raw } }),
    ],
    [
      'too much memory',
      'InvalidResource',
      -106,
      '10,241',
      (graph) => graph.addTask('x', { resources: { memoryMiB: 10_241 } }),
    ],
    ['a dependency on no task', 'UnknownTask', -108, 'nobody', (graph) => graph.addDependency('nobody', 'ok')],
    ['a dependency of no task', 'UnknownTask', -108, 'nobody', (graph) => graph.addDependency('ok', 'nobody')],
    ['a negative number of retries', 'InvalidRetry', -109, '-1', (graph) => graph.addTask('x', { retries: -1 })],
    ['a negative duration', 'InvalidTask', -110, '-2', (graph) => graph.addTask('x', { expectedSeconds: -2 })],
    [
      'a condition on an output that there is not',
      'UnresolvedCondition',
      -111,
      'nowhere',
      (graph) => graph.addTask('x', { when: fromOutput(ref('nowhere')).exists() }),
    ],
    [
      'a condition on the output of another graph',
      'UnresolvedCondition',
      -111,
      '"other"',
      (graph) => graph.addTask('x', { when: fromOutput(elsewhere.outputs.raw).exists() }),
    ],
    [
      'a condition on all of nothing',
      'InvalidCondition',
      -112,
      'allOf()',
      (graph) => graph.addTask('x', { when: allOf() }),
    ],
    [
      'a chunk-parallel task of rows',
      'InvalidEach',
      -113,
      'ndjson',
      (graph) => {
        const { rows } = graph.addTask('y', { outputs: { rows: ndjson() } }).outputs;
        graph.addTask('x', { each: rows as never });
      },
    ],
    [
      'hooks in a cycle',
      'HookCycle',
      -114,
      'x → x',
      (graph) => {
        graph.addFinallyTask('x');
        graph.addDependency('x', 'x');
      },
    ],
    [
      "a task that takes a hook's output",
      'InvalidHookInput',
      -115,
      '"hook"',
      (graph) => taking(graph, graph.addErrorsTask('hook', { outputs: { raw: json() } }).outputs.raw),
    ],
    [
      'a dependency of a hook on a task',
      'InvalidHook',
      -116,
      '"ok" is a task',
      (graph) => {
        graph.addFinallyTask('x');
        graph.addDependency('ok', 'x');
      },
    ],
    ['a group of no tasks', 'InvalidGroup', -117, '"void"', (graph) => graph.group('void')],
  ];

  it.each(cases)('%s: %s (%i)', (_, code, number, offending, spoil) => {
    const graph = new TaskGraph('test');
    graph.addTask('ok');
    spoil(graph);
    const problems = problemsOf(graph);
    expect(problems).toMatchObject([{ code, number }]);
    expect(problems[0]?.message).toContain(offending);
  });

  it('a graph without tasks: EmptyGraph (-107)', () => {
    expect(problemsOf(new TaskGraph('void'))).toMatchObject([{ code: 'EmptyGraph', number: -107 }]);
  });

  it('a second task of a name is that and nothing else, though its outputs are taken', () => {
    const graph = new TaskGraph('test');
    graph.addTask('x', { outputs: { raw: json() } });
    const again = graph.addTask('x', { outputs: { raw: json(), more: json() } });
    taking(graph, again.outputs.raw);
    graph.addTask('z', {
      inputs: { raw: ref('raw'), more: ref('x.more') },
      when: fromOutput(again.outputs.raw).exists(),
    });
    graph.addDependency(again, 'z');
    expect(problemsOf(graph).map(({ code }) => code)).toEqual(['DuplicateTask']);
  });

  it('only a cycle has a path, of tasks or of hooks', () => {
    expect(problemsOf(graphOf('a/b'))[0]).not.toHaveProperty('path');
  });
});

describe('names', () => {
  it.each(['flights/eu', '../flights', '', 'flüge', '1st', 'x'.repeat(64)])(
    'a pipeline cannot be called %j',
    (name) => {
      const graph = new TaskGraph(name);
      graph.addTask('a');
      const problems = problemsOf(graph);
      expect(problems).toMatchObject([{ code: 'InvalidName' }]);
      expect(problems[0]?.message).toContain(JSON.stringify(name));
    },
  );

  it.each(['Run', 'Errors', 'Finally', 'Cleanup', 'Verdict', 'Succeeded', 'Failed'])(
    'no task can be called %s, as a state is',
    (name) => {
      const problems = problemsOf(graphOf(name));
      expect(problems).toMatchObject([{ code: 'InvalidName', number: -105 }]);
      expect(problems[0]?.message).toContain(`"${name}"`);
    },
  );

  it.each(['run', 'merge-load', 'merge_load', 'A1', 'x'.repeat(63), 'constructor', 'toString'])(
    'a task can be called %s',
    (name) => {
      expect(problemsOf(graphOf(name))).toEqual([]);
    },
  );
});

describe('a name that is nearly right', () => {
  it.each([
    ['raww', 'raw'],
    ['RAW', 'raw'],
    ['enrichd', 'enriched'],
    ['extract.rww', 'extract.raw'],
    ['extrct.raw', 'extract.raw'],
  ])('ref %s is answered with the nearest output, %s', (given, meant) => {
    const graph = new TaskGraph('nearest');
    graph.addTask('extract', { outputs: { raw: json(), enriched: json() } });
    taking(graph, ref(given));
    expect(problemsOf(graph)[0]?.message).toContain(`did you mean "${meant}"`);
  });

  it('is guessed for a dependency as well', () => {
    const message = problemsOf(graphOf('extract, load').addDependency('extarct', 'load'))[0]?.message;
    expect(message).toContain('did you mean "extract"');
  });

  it('is not guessed where nothing is near', () => {
    const graph = new TaskGraph('nearest');
    graph.addTask('extract', { outputs: { raw: json() } });
    taking(graph, ref('passengers'));
    expect(problemsOf(graph)[0]?.message).not.toContain('did you mean');
  });
});

describe('an ambiguous ref', () => {
  it('is answered with every full name that it may mean', () => {
    const graph = new TaskGraph('ambiguous');
    for (const name of ['one', 'two', 'three']) graph.addTask(name, { outputs: { raw: json() } });
    taking(graph, ref('raw'));
    const message = problemsOf(graph)[0]?.message;
    for (const choice of ['"one.raw"', '"two.raw"', '"three.raw"']) expect(message).toContain(choice);
  });
});

describe('build()', () => {
  it('reports all problems of a graph at once', () => {
    const graph = new TaskGraph('every problem');
    graph.addTask('a', { outputs: { raw: json() }, retries: 1.5 });
    graph.addTask('a');
    graph.addTask('b', { inputs: { raw: ref('rwa') }, resources: { memoryMiB: 1 }, expectedSeconds: Number.NaN });
    graph.addTask('c', { outputs: { raw: json() } });
    graph.addTask('Run', { inputs: { raw: ref('raw') } });
    graph.addDependency('b', 'c').addDependency('c', 'b').addDependency('d', 'c');
    expect(
      problemsOf(graph)
        .map((problem) => problem.code)
        .sort(),
    ).toEqual([
      'Cycle',
      'DuplicateOutput',
      'DuplicateTask',
      'InvalidName',
      'InvalidName',
      'InvalidResource',
      'InvalidRetry',
      'InvalidTask',
      'UnknownTask',
      'UnresolvedDataRef',
    ]);
  });

  it('throws one GraphError whose message holds the graph, and each code, number and message', () => {
    const graph = graphOf('a -> b -> a, a/b');
    const problems = problemsOf(graph);
    expect(() => graph.build()).toThrow(GraphError);
    expect(problems).toHaveLength(2);
    const { message } = new GraphError('test', problems);
    expect(message).toContain('"test"');
    for (const problem of problems)
      expect(message).toContain(`${problem.code} (${problem.number}): ${problem.message}`);
  });

  it('names an unknown task once where both ends of a dependency are it', () => {
    expect(problemsOf(graphOf('a').addDependency('x', 'x'))).toMatchObject([{ code: 'UnknownTask' }]);
  });
});

function taking(graph: TaskGraph, taken: InputRef): void {
  graph.addTask('taker', { inputs: { taken } });
}
