import { describe, expect, it } from 'vitest';
import { type Condition, fromInput, fromOutput, json, ref, TaskGraph } from '../../state-machines/index.ts';
import { problemsOf } from './graphs.ts';

const test = (name: string) => ({
  kind: 'test',
  subject: { from: 'input', path: [name] },
  test: { is: 'equal', value: true },
});
const when = (name: string): Condition => fromInput(name).equals(true);

describe('a group', () => {
  it('orders nothing: its tasks wait for what they take, as any others', () => {
    const graph = new TaskGraph('test');
    const a = graph.addTask('a', { outputs: { x: json() } });
    const group = graph.group('group');
    group.addTask('b');
    const c = group.addTask('c', { inputs: { x: a.outputs.x }, outputs: { y: json() } });
    graph.addTask('d', { inputs: { y: c.outputs.y } });
    expect(graph.build().waves()).toEqual([['a', 'b'], ['c'], ['d']]);
  });

  it('holds the tasks of the groups in it, and their hooks are over before its own', () => {
    const graph = new TaskGraph('test');
    const outer = graph.group('outer');
    const middle = outer.group('middle');
    const inner = middle.group('inner');
    inner.addTask('a');
    inner.addFinallyTask('inner-finally');
    outer.addFinallyTask('outer-finally');
    expect(graph.build().hook('outer-finally')).toMatchObject({
      about: ['a'],
      dependencies: ['a', 'inner-finally'],
    });
  });

  it('may have the name of a task', () => {
    const graph = new TaskGraph('test');
    graph.group('a').addTask('a');
    expect(problemsOf(graph)).toEqual([]);
  });
});

describe('a condition of a group', () => {
  it('holds for every task in it, at any depth, together with their own', () => {
    const graph = new TaskGraph('test');
    const outer = graph.group('outer', { when: when('outer') });
    outer.addTask('a');
    const inner = outer.group('inner', { when: when('inner') });
    inner.addTask('b');
    inner.addTask('c', { when: when('own') });
    outer.group('free').addTask('d', { when: when('own') });
    graph.addTask('e');
    const conditions = graph.build().tasks.map((task) => [task.name, task.when]);
    expect(Object.fromEntries(conditions)).toEqual({
      a: test('outer'),
      b: { kind: 'all', conditions: [test('outer'), test('inner')] },
      c: { kind: 'all', conditions: [test('outer'), test('inner'), test('own')] },
      d: { kind: 'all', conditions: [test('outer'), test('own')] },
      e: undefined,
    });
  });

  it('makes all its tasks need the output that it looks at', () => {
    const graph = new TaskGraph('test');
    graph.addTask('check', { outputs: { stats: json() } });
    const group = graph.group('group', { when: fromOutput(ref('stats'), 'rows').greaterThan(0) });
    group.addTask('a');
    group.addTask('b');
    for (const name of ['a', 'b']) {
      expect(graph.build().task(name)).toMatchObject({ dependencies: ['check'], requires: ['check'] });
    }
  });
});

describe('what a condition looks at', () => {
  it('is required, and reported by its task: each value once, in the order of the tasks', () => {
    const graph = new TaskGraph('test');
    const check = graph.addTask('check', {
      outputs: { stats: json<{ rows: number; of: { day: string } }>(), x: json() },
    });
    const { stats } = check.outputs;
    graph.addTask('a', { when: fromOutput(stats, 'rows').exists() });
    graph.addTask('b', { when: fromOutput(stats, 'of', 'day').isOneOf('Monday', 'Tuesday') });
    graph.addTask('c', { when: fromOutput(stats, 'rows').lessThan(7) });
    graph.addTask('d', { inputs: { stats }, when: fromInput('mode').exists() });
    const plan = graph.build();
    expect(plan.task('check')?.outputs['stats']?.reported).toEqual([['rows'], ['of', 'day']]);
    expect(plan.task('check')?.outputs['x']).not.toHaveProperty('reported');
    for (const name of ['a', 'b', 'c', 'd']) expect(plan.task(name)?.requires).toEqual(['check']);
  });

  it('is resolved to the task and output that are meant', () => {
    const graph = new TaskGraph('test');
    graph.addTask('load', { when: fromOutput(ref('stats'), 'rows').atLeast(1) });
    graph.addTask('check', { outputs: { stats: json() } });
    expect(graph.build().task('load')?.when).toEqual({
      kind: 'test',
      subject: { from: 'output', task: 'check', output: 'stats', path: ['rows'] },
      test: { is: 'at least', value: 1 },
    });
  });

  it('can be a whole output', () => {
    const graph = new TaskGraph('test');
    const check = graph.addTask('check', { outputs: { count: json<number>() } });
    graph.addTask('load', { when: fromOutput(check.outputs.count).greaterThan(0) });
    expect(graph.build().task('check')?.outputs['count']?.reported).toEqual([[]]);
  });
});

it('a task requires what it takes, but not what it takes optionally or only waits for', () => {
  const graph = new TaskGraph('test');
  for (const name of ['a', 'b', 'c']) graph.addTask(name, { outputs: { [name]: json() } });
  graph.addTask('x', { inputs: { a: ref('a.a'), b: { kind: 'optional-ref', ref: ref('b.b') } } });
  graph.addDependency('c', 'x');
  expect(graph.build().task('x')).toMatchObject({ dependencies: ['a', 'b', 'c'], requires: ['a'] });
});

describe('a group that is wrong', () => {
  const cases: [string, string, string, (graph: TaskGraph) => unknown][] = [
    [
      'two of a name',
      'InvalidGroup',
      '"twice"',
      (graph) => ['a', 'b'].map((name) => graph.group('twice').addTask(name)),
    ],
    [
      'two of a name, one in the other',
      'InvalidGroup',
      '"twice"',
      (graph) => graph.group('twice').group('twice').addTask('a'),
    ],
    ['without a task', 'InvalidGroup', '"void"', (graph) => graph.group('void')],
    ['with hooks only', 'InvalidGroup', '"void"', (graph) => graph.group('void').addFinallyTask('x')],
    ['with a slash in its name', 'InvalidName', '"a/b"', (graph) => graph.group('a/b').addTask('a')],
    [
      'with an option that there is not',
      'InvalidGroup',
      'did you mean "when"',
      (graph) => graph.group('group', { wehn: when('x') } as object).addTask('a'),
    ],
    [
      'with a condition that is none',
      'InvalidCondition',
      '"group"',
      (graph) => {
        graph.group('group', { when: null as never }).addTask('a');
      },
    ],
  ];

  it.each(cases)('%s: %s', (_, code, told, spoil) => {
    const graph = new TaskGraph('test');
    graph.addTask('ok');
    spoil(graph);
    const problems = problemsOf(graph);
    expect(problems).toMatchObject([{ code }]);
    expect(problems[0]?.message).toContain(told);
  });

  it('an empty group in an empty group is two problems', () => {
    const graph = new TaskGraph('test');
    graph.addTask('ok');
    graph.group('outer').group('inner');
    expect(problemsOf(graph)).toMatchObject([{ code: 'InvalidGroup' }, { code: 'InvalidGroup' }]);
  });
});
