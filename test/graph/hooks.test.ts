import { describe, expect, it } from 'vitest';
import type { FunctionHandle } from '../../state-machines/graph/task.ts';
import {
  type ChunksFormat,
  chunks,
  fromInput,
  fromOutput,
  json,
  type NamedRef,
  optional,
  type PlannedHook,
  ref,
  TaskGraph,
} from '../../state-machines/index.ts';
import { problemsOf } from './graphs.ts';

const outputs = { note: json() };

/**
 * Tasks a → b → c; b and d in the group `inner` in the group `outer`, c in `outer`; every hook that there can be, each
 * with an output.
 */
function everyHook() {
  const graph = new TaskGraph('test');
  const a = graph.addTask('a', { outputs: { fromA: json() } });
  a.addErrorsTask('a-errors', { outputs: { aErrors: json() } });
  const outer = graph.group('outer');
  const inner = outer.group('inner');
  const b = inner.addTask('b', { inputs: { a: a.outputs.fromA }, outputs: { fromB: json() } });
  b.addErrorsTask('b-errors', { outputs: { bErrors: json() } });
  inner.addTask('d', { outputs: { fromD: json() } });
  outer.addTask('c', { inputs: { b: b.outputs.fromB }, outputs: { fromC: json() } });
  inner.addErrorsTask('inner-errors', { outputs: { innerErrors: json() } });
  inner.addFinallyTask('inner-finally', { outputs: { innerFinally: json() } });
  outer.addErrorsTask('outer-errors', { outputs: { outerErrors: json() } });
  outer.addFinallyTask('outer-finally', { outputs: { outerFinally: json() } });
  graph.addErrorsTask('errors', { outputs: { graphErrors: json() } });
  graph.addFinallyTask('finally', { outputs: { graphFinally: json() } });
  graph.addAfterExecutionTask('after');
  return { graph, b, inner, outer };
}

const hooksOf = (graph: TaskGraph) => Object.fromEntries(graph.build().hooks.map((hook) => [hook.name, hook]));
const whatOf = ({ hook, owner, about, dependencies }: PlannedHook) => ({ hook, owner, about, dependencies });

describe('a planned hook', () => {
  it('knows its kind, its owner, what it is about and what is over before it', () => {
    const planned = Object.entries(hooksOf(everyHook().graph)).map(([name, hook]) => [name, whatOf(hook)]);
    const outer = { kind: 'group', group: 'outer' };
    const inner = { kind: 'group', group: 'inner' };
    const graph = { kind: 'graph' };
    const all = ['a', 'b', 'd', 'c'];
    expect(Object.fromEntries(planned)).toEqual({
      'a-errors': { hook: 'errors', owner: { kind: 'task', task: 'a' }, about: ['a'], dependencies: [] },
      'b-errors': { hook: 'errors', owner: { kind: 'task', task: 'b' }, about: ['b'], dependencies: [] },
      'inner-errors': { hook: 'errors', owner: inner, about: ['b', 'd'], dependencies: ['b', 'd'] },
      'inner-finally': { hook: 'finally', owner: inner, about: ['b', 'd'], dependencies: ['b', 'd', 'inner-errors'] },
      'outer-errors': {
        hook: 'errors',
        owner: outer,
        about: ['b', 'd', 'c'],
        dependencies: ['b', 'd', 'c', 'inner-errors', 'inner-finally'],
      },
      'outer-finally': {
        hook: 'finally',
        owner: outer,
        about: ['b', 'd', 'c'],
        dependencies: ['b', 'd', 'c', 'inner-errors', 'inner-finally', 'outer-errors'],
      },
      errors: { hook: 'errors', owner: graph, about: all, dependencies: [] },
      finally: { hook: 'finally', owner: graph, about: all, dependencies: [] },
      after: { hook: 'after-execution', owner: graph, about: all, dependencies: [] },
    });
  });

  it('has the options of a function, their defaults, and inputs that are all optional', () => {
    const graph = new TaskGraph('test');
    const a = graph.addTask('a', { outputs });
    const definition = { inputs: { note: a.outputs.note, again: ref('note') }, retries: 2, timeoutSeconds: 30 };
    graph.addFinallyTask('stop', { ...definition, outputs: { report: json() } });
    const note = { task: 'a', output: 'note', format: { kind: 'json' }, optional: true };
    expect(graph.build().hook('stop')).toEqual({
      name: 'stop',
      hook: 'finally',
      owner: { kind: 'graph' },
      about: ['a'],
      dependencies: [],
      requires: [],
      inputs: { note, again: note },
      outputs: { report: { format: { kind: 'json' }, durable: false } },
      retries: 2,
      retry: { intervalSeconds: 1, backoffRate: 2, maxDelaySeconds: 60, jitter: 'full' },
      timeoutSeconds: 30,
      resources: { memoryMiB: 512, ephemeralStorageMiB: 512 },
    });
  });

  it('is no task: it is in no wave, and no task depends on it', () => {
    const plan = everyHook().graph.build();
    expect(plan.waves()).toEqual([['a', 'd'], ['b'], ['c']]);
    expect(plan.taskCount).toBe(4);
    expect(plan.task('errors')).toBeUndefined();
    expect(plan.hook('a')).toBeUndefined();
  });
});

it('functions are the tasks, then the hooks, each in the order of their declaration', () => {
  const graph = new TaskGraph('test');
  graph.addFinallyTask('z');
  graph.addTask('y').addErrorsTask('x');
  graph.addTask('b');
  graph.addErrorsTask('a');
  expect(graph.build().functions.map(({ name }) => name)).toEqual(['y', 'b', 'z', 'x', 'a']);
});

it('a dependency orders two hooks of one kind and one owner', () => {
  const graph = new TaskGraph('test');
  const a = graph.addTask('a');
  const group = graph.group('group');
  group.addTask('b');
  const pairs = {
    task: [a.addErrorsTask('t1'), a.addErrorsTask('t2')],
    groupErrors: [group.addErrorsTask('ge1'), group.addErrorsTask('ge2')],
    groupFinally: [group.addFinallyTask('gf1'), group.addFinallyTask('gf2')],
    errors: [graph.addErrorsTask('e1'), graph.addErrorsTask('e2')],
    finally: [graph.addFinallyTask('f1'), graph.addFinallyTask('f2')],
    after: [graph.addAfterExecutionTask('x1'), graph.addAfterExecutionTask('x2')],
  };
  for (const [before, after] of Object.values(pairs)) graph.addDependency(before ?? '', after?.name ?? '');
  const hooks = hooksOf(graph);
  for (const [before, after] of Object.values(pairs)) {
    expect(hooks[after?.name ?? '']?.dependencies).toContain(before?.name);
  }
});

type World = ReturnType<typeof everyHook>;
type Takes = { readonly inputs: { readonly taken: NamedRef } };
const A_AND_B = ['a', 'a-errors', 'b'];
const INNER = [...A_AND_B, 'b-errors', 'd'];
/** Errors tasks take nothing of finally tasks, which run behind them where the run was ended by an error. */
const OUTER = [...INNER, 'inner-errors', 'c'];

const TAKERS: [string, (world: World, definition: Takes) => unknown, string[]][] = [
  ['an errors task of b', ({ b }, definition) => b.addErrorsTask('taker', definition), A_AND_B],
  ['an errors task of inner', ({ inner }, definition) => inner.addErrorsTask('taker', definition), INNER],
  [
    'a finally task of inner',
    ({ inner }, definition) => inner.addFinallyTask('taker', definition),
    [...INNER, 'inner-errors'],
  ],
  ['an errors task of outer', ({ outer }, definition) => outer.addErrorsTask('taker', definition), OUTER],
  [
    'a finally task of outer',
    ({ outer }, definition) => outer.addFinallyTask('taker', definition),
    [...OUTER, 'inner-finally', 'outer-errors'],
  ],
  [
    'an errors task of the graph',
    ({ graph }, definition) => graph.addErrorsTask('taker', definition),
    [...OUTER, 'outer-errors'],
  ],
  [
    'a finally task of the graph',
    ({ graph }, definition) => graph.addFinallyTask('taker', definition),
    [...OUTER, 'inner-finally', 'outer-errors', 'outer-finally', 'errors'],
  ],
];

describe.each(TAKERS)('%s', (_, addTaker, takeable) => {
  const { graph } = everyHook();
  const producers = [...graph.build().functions].filter(({ outputs }) => Object.keys(outputs).length > 0);

  it.each(producers.map(({ name, outputs }) => [takeable.includes(name) ? 'can' : 'cannot', name, outputs]))(
    '%s take an output of %s',
    (verdict, name, outputs) => {
      const world = everyHook();
      addTaker(world, { inputs: { taken: ref(Object.keys(outputs)[0] ?? '') } });
      const problems = problemsOf(world.graph);
      if (verdict === 'can') {
        expect(problems).toEqual([]);
        return;
      }
      expect(problems).toMatchObject([{ code: 'InvalidHookInput', number: -115 }]);
      for (const part of ['"taker"', `"${name}"`]) expect(problems[0]?.message).toContain(part);
    },
  );
});

describe('a hook takes the output of another beside it', () => {
  it.each<[string, (world: World) => unknown]>([
    ['b-errors', ({ b }) => b.addErrorsTask('taker', { inputs: { taken: ref('bErrors') } })],
    ['inner-errors', ({ inner }) => inner.addErrorsTask('taker', { inputs: { taken: ref('innerErrors') } })],
    ['outer-finally', ({ outer }) => outer.addFinallyTask('taker', { inputs: { taken: ref('outerFinally') } })],
    ['errors', ({ graph }) => graph.addErrorsTask('taker', { inputs: { taken: ref('graphErrors') } })],
    ['finally', ({ graph }) => graph.addFinallyTask('taker', { inputs: { taken: ref('graphFinally') } })],
  ])('once %s is ordered before it, as the problem says', (before, addTaker) => {
    const world = everyHook();
    addTaker(world);
    const problems = problemsOf(world.graph);
    expect(problems).toMatchObject([{ code: 'InvalidHookInput' }]);
    expect(problems[0]?.message).toContain(`addDependency("${before}", "taker")`);
    world.graph.addDependency(before, 'taker');
    expect(problemsOf(world.graph)).toEqual([]);
  });

  it('also where hooks between them order the two', () => {
    const { graph } = everyHook();
    graph.addFinallyTask('between');
    graph.addFinallyTask('taker', { inputs: { taken: ref('graphFinally') } });
    graph.addDependency('finally', 'between').addDependency('between', 'taker');
    expect(problemsOf(graph)).toEqual([]);
  });
});

it('a task takes nothing of a hook: no input, no chunks, no value for its condition', () => {
  const { graph } = everyHook();
  graph.addFinallyTask('hook', { outputs: { found: json(), pages: chunks() } });
  graph.addTask('x', { inputs: { found: ref('found') } });
  graph.addTask('y', { inputs: { found: optional(ref('found')) } });
  graph.addTask('z', { each: ref<ChunksFormat>('pages'), when: fromOutput(ref('found')).exists() });
  const problems = problemsOf(graph);
  const expected = { code: 'InvalidHookInput', number: -115 };
  expect(problems).toMatchObject([expected, expected, expected]);
  for (const [index, name] of ['x', 'y', 'z'].entries()) expect(problems[index]?.message).toContain(`"${name}"`);
});

describe('hooks that wait for each other', () => {
  it('are told with the path', () => {
    const graph = new TaskGraph('test');
    graph.addTask('a');
    for (const name of ['x', 'y', 'z']) graph.addFinallyTask(name);
    graph.addDependency('x', 'y').addDependency('y', 'z').addDependency('z', 'x');
    const problems = problemsOf(graph);
    expect(problems).toMatchObject([{ code: 'HookCycle', number: -114, path: ['x', 'y', 'z', 'x'] }]);
    expect(problems[0]?.message).toContain('x → y → z → x');
  });

  it.each<[string, (world: World) => FunctionHandle]>([
    ['of a task', ({ b }) => b.addErrorsTask('x')],
    ['of a group', ({ inner }) => inner.addFinallyTask('x')],
    ['after the execution', ({ graph }) => graph.addAfterExecutionTask('x')],
  ])('are told where they are hooks %s', (_, addHook) => {
    const world = everyHook();
    const hook = addHook(world);
    world.graph.addDependency(hook, hook);
    expect(problemsOf(world.graph)).toMatchObject([{ code: 'HookCycle', path: ['x', 'x'] }]);
  });
});

describe('a dependency cannot join', () => {
  it.each([
    ['a task and a hook', 'a', 'finally', '"a" is a task', '"finally" is of the finally tasks of the graph'],
    ['a hook and a task', 'errors', 'a', '"errors" is of the errors tasks of the graph', '"a" is a task'],
    ['hooks of two kinds', 'errors', 'finally', 'errors tasks of the graph', 'finally tasks of the graph'],
    ['hooks of two groups', 'inner-finally', 'outer-finally', 'the group "inner"', 'the group "outer"'],
    ['hooks of two tasks', 'a-errors', 'b-errors', 'the task "a"', 'the task "b"'],
    ['a hook before and one after the end', 'finally', 'after', 'finally tasks', 'after-execution tasks'],
  ])('%s', (_, before, after, first, second) => {
    const { graph } = everyHook();
    const problems = problemsOf(graph.addDependency(before, after));
    expect(problems).toMatchObject([{ code: 'InvalidHook', number: -116 }]);
    for (const part of [first, second]) expect(problems[0]?.message).toContain(part);
  });
});

describe('an after-execution task', () => {
  it.each<[string, object]>([
    ['inputs', { inputs: { taken: ref('fromA') } }],
    ['outputs', { outputs: { note: json() } }],
  ])('has no %s', (what, definition) => {
    const { graph } = everyHook();
    graph.addAfterExecutionTask('x', definition);
    const problems = problemsOf(graph);
    expect(problems).toMatchObject([{ code: 'InvalidHook', number: -116 }]);
    for (const part of ['"x"', what]) expect(problems[0]?.message).toContain(part);
  });

  it('is told that it has no inputs also where there is no such output', () => {
    const { graph } = everyHook();
    const definition: object = { inputs: { taken: ref('nowhere') } };
    graph.addAfterExecutionTask('x', definition);
    expect(problemsOf(graph).map(({ code }) => code)).toEqual(['UnresolvedDataRef', 'InvalidHook']);
  });

  it('can have everything else that a function has', () => {
    const graph = new TaskGraph('test');
    graph.addTask('a');
    graph.addAfterExecutionTask('report', { retries: 3, timeoutSeconds: 10, resources: { memoryMiB: 256 } });
    expect(graph.build().hook('report')).toMatchObject({ retries: 3, timeoutSeconds: 10, inputs: {}, outputs: {} });
  });
});

describe('a hook shares the names of tasks', () => {
  it('and cannot be called as one of them, or as another hook', () => {
    const graph = new TaskGraph('test');
    graph.addTask('a').addErrorsTask('a');
    graph.addFinallyTask('x');
    graph.addAfterExecutionTask('x');
    expect(problemsOf(graph)).toMatchObject([{ code: 'DuplicateTask' }, { code: 'DuplicateTask' }]);
  });

  it('and is guessed for a dependency', () => {
    const message = problemsOf(everyHook().graph.addDependency('finaly', 'finally'))[0]?.message;
    expect(message).toContain('did you mean "finally"');
  });
});

it.each(['when', 'expectedSeconds'])('a hook has no %s', (option) => {
  const graph = everyHook().graph;
  graph.addErrorsTask('x', { [option]: option === 'when' ? fromInput('mode').exists() : 1 });
  const problems = problemsOf(graph);
  expect(problems).toMatchObject([{ code: 'InvalidTask' }]);
  expect(problems[0]?.message).toContain(`a hook has no "${option}"`);
});
