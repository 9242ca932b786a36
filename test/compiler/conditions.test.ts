import { describe, expect, it } from 'vitest';
import {
  allOf,
  anyOf,
  type Condition,
  fromInput,
  fromOutput,
  json,
  not,
  optional,
  TaskGraph,
} from '../../state-machines/index.ts';
import {
  compiled,
  END,
  EXIT,
  endedWell,
  next,
  omittedState,
  present,
  runBranch,
  succeeded,
  taskState,
} from './states.ts';

const INPUT = '$$.Execution.Input';
const isTrue = (Variable: string) => [present(Variable), { Variable, BooleanEquals: true }];

describe('a task with a condition', () => {
  it('on the input is behind a choice, and leaves a mark where it is omitted', () => {
    const graph = new TaskGraph('test');
    graph.addTask('a', { when: fromInput('full').equals(true) });
    const pipeline = compiled(graph.build());
    expect(runBranch(pipeline)).toEqual({
      StartAt: 'a ready?',
      States: {
        'a ready?': {
          Type: 'Choice',
          Choices: [{ And: isTrue(`${INPUT}.full`), Next: 'a' }],
          Default: 'a omitted',
        },
        'a omitted': omittedState('a', EXIT),
        a: taskState('a', 'a end', EXIT),
        'a end': END,
      },
    });
    expect(pipeline.statesEntered).toBe(6);
  });

  it('on an output reads it from the mark of its task, which keeps the values of its answer', () => {
    const graph = new TaskGraph('test');
    const check = graph.addTask('check', { outputs: { stats: json<{ rows: number }>() } });
    graph.addTask('load', { when: fromOutput(check.outputs.stats, 'rows').greaterThan(0) });
    const rows = "$.out.check.values['stats.rows']";
    const pipeline = compiled(graph.build());
    expect(runBranch(pipeline)).toEqual({
      StartAt: 'check',
      States: {
        check: taskState('check', 'load end', next('load ready?'), { answered: ['values'] }),
        'load ready?': {
          Type: 'Choice',
          Choices: [{ And: [present(rows), { Variable: rows, NumericGreaterThan: 0 }], Next: 'load' }],
          Default: 'load omitted',
        },
        'load omitted': omittedState('load', EXIT),
        load: taskState('load', 'load end', EXIT),
        'load end': END,
      },
    });
    expect(pipeline.statesEntered).toBe(7);
  });

  it('is omitted with what it takes, but skipped where that failed', () => {
    const graph = new TaskGraph('test');
    const a = graph.addTask('a', { outputs: { x: json() }, when: fromInput('full').equals(true) });
    graph.addTask('b', { inputs: { x: a.outputs.x } });
    const pipeline = compiled(graph.build());
    expect(runBranch(pipeline)).toEqual({
      StartAt: 'a ready?',
      States: {
        'a ready?': {
          Type: 'Choice',
          Choices: [{ And: isTrue(`${INPUT}.full`), Next: 'a' }],
          Default: 'a omitted',
        },
        'a omitted': omittedState('a', next('b ready?')),
        a: taskState('a', 'b end', next('b ready?')),
        'b ready?': {
          Type: 'Choice',
          Choices: [{ And: succeeded('$.out.a'), Next: 'b' }],
          Default: 'b omitted',
        },
        'b omitted': omittedState('b', EXIT),
        b: taskState('b', 'b end', EXIT),
        'b end': END,
      },
    });
    expect(pipeline.statesEntered).toBe(8);
  });
});

describe('a diamond with a conditional branch', () => {
  const branches = (isOptional: boolean) => {
    const graph = new TaskGraph('test');
    const { x } = graph.addTask('a', { outputs: { x: json() } }).outputs;
    const b = graph.addTask('b', {
      inputs: { x },
      outputs: { y: json() },
      when: fromInput('full').equals(true),
    });
    const c = graph.addTask('c', { inputs: { x }, outputs: { z: json() } });
    const { y } = b.outputs;
    graph.addTask('d', { inputs: { y: isOptional ? optional(y) : y, z: c.outputs.z } });
    return compiled(graph.build());
  };
  const [b, c] = ['$.out._1[0].b', '$.out._1[1].c'];
  const parallel = {
    Type: 'Parallel',
    Parameters: { out: {} },
    Branches: [
      {
        StartAt: 'b ready?',
        States: {
          'b ready?': { Type: 'Choice', Choices: [{ And: isTrue(`${INPUT}.full`), Next: 'b' }], Default: 'b omitted' },
          'b omitted': omittedState('b', EXIT),
          b: taskState('b', 'b end', EXIT),
          'b end': END,
        },
      },
      { StartAt: 'c', States: { c: taskState('c', 'c end', EXIT), 'c end': END } },
    ],
    ResultPath: '$.out._1',
    Next: 'd ready?',
  };

  it('joins where the branch is omitted if the join takes it optionally', () => {
    const pipeline = branches(true);
    expect(runBranch(pipeline)).toEqual({
      StartAt: 'a',
      States: {
        a: taskState('a', 'd end', next('b + c')),
        'b + c': parallel,
        'd ready?': {
          Type: 'Choice',
          Choices: [{ And: [endedWell(b), endedWell(c)], Next: 'd' }],
          Default: 'd end',
        },
        d: taskState('d', 'd end', EXIT),
        'd end': END,
      },
    });
    expect(pipeline.statesEntered).toBe(11);
  });

  it('omits the join too if it needs the branch', () => {
    const pipeline = branches(false);
    const ended = [endedWell(b), endedWell(c)];
    expect(runBranch(pipeline)).toEqual({
      StartAt: 'a',
      States: {
        a: taskState('a', 'd end', next('b + c')),
        'b + c': parallel,
        'd ready?': {
          Type: 'Choice',
          Choices: [
            { And: [...ended, ...succeeded(b)], Next: 'd' },
            { And: ended, Next: 'd omitted' },
          ],
          Default: 'd end',
        },
        'd omitted': omittedState('d', EXIT),
        d: taskState('d', 'd end', EXIT),
        'd end': END,
      },
    });
    expect(pipeline.statesEntered).toBe(11);
  });
});

it('a condition on an output outside of a Parallel reads it through what is around', () => {
  const graph = new TaskGraph('test');
  const check = graph.addTask('check', { outputs: { count: json<number>() } });
  graph.addTask('a', { when: fromOutput(check.outputs.count).equals(1) });
  graph.addTask('b', { when: fromOutput(check.outputs.count).equals(2) });
  const branch = (task: string, value: number) => ({
    StartAt: `${task} ready?`,
    States: {
      [`${task} ready?`]: {
        Type: 'Choice',
        Choices: [
          {
            And: [
              present('$.up.out.check.values.count'),
              { Variable: '$.up.out.check.values.count', NumericEquals: value },
            ],
            Next: task,
          },
        ],
        Default: `${task} omitted`,
      },
      [`${task} omitted`]: omittedState(task, EXIT),
      [task]: taskState(task, `${task} end`, EXIT),
      [`${task} end`]: END,
    },
  });
  expect(runBranch(compiled(graph.build()))).toEqual({
    StartAt: 'check',
    States: {
      check: taskState('check', 'a + b end', next('a + b'), { answered: ['values'] }),
      'a + b': {
        Type: 'Parallel',
        Parameters: { out: {}, 'up.$': '$' },
        Branches: [branch('a', 1), branch('b', 2)],
        ResultPath: '$.out._1',
        ...EXIT,
      },
      'a + b end': END,
    },
  });
});

describe('in a choice', () => {
  const mode = fromInput('mode');
  const Variable = `${INPUT}.mode`;
  const where = (comparison: object) => ({ And: [present(Variable), { Variable, ...comparison }] });

  it.each<[string, Condition, object]>([
    ['equals a text', mode.equals('full'), where({ StringEquals: 'full' })],
    ['equals a number', mode.equals(0), where({ NumericEquals: 0 })],
    ['equals a boolean', mode.equals(false), where({ BooleanEquals: false })],
    ['equals null', mode.equals(null), where({ IsNull: true })],
    ['differsFrom', mode.differsFrom('full'), { Not: where({ StringEquals: 'full' }) }],
    ['isOneOf', mode.isOneOf('full', 1), { Or: [where({ StringEquals: 'full' }), where({ NumericEquals: 1 })] }],
    ['isOneOf of one', mode.isOneOf('full'), where({ StringEquals: 'full' })],
    ['lessThan a number', mode.lessThan(1), where({ NumericLessThan: 1 })],
    ['atMost a number', mode.atMost(1), where({ NumericLessThanEquals: 1 })],
    ['greaterThan a number', mode.greaterThan(1), where({ NumericGreaterThan: 1 })],
    ['atLeast a number', mode.atLeast(1), where({ NumericGreaterThanEquals: 1 })],
    ['lessThan a text', mode.lessThan('b'), where({ StringLessThan: 'b' })],
    ['atMost a text', mode.atMost('b'), where({ StringLessThanEquals: 'b' })],
    ['greaterThan a text', mode.greaterThan('b'), where({ StringGreaterThan: 'b' })],
    ['atLeast a text', mode.atLeast('b'), where({ StringGreaterThanEquals: 'b' })],
    ['exists', mode.exists(), { And: [present(Variable), { Not: where({ IsNull: true }) }] }],
    [
      'allOf, anyOf and not',
      allOf(mode.equals('a'), not(anyOf(mode.equals('b'), mode.equals('c')))),
      {
        And: [
          where({ StringEquals: 'a' }),
          { Not: { Or: [where({ StringEquals: 'b' }), where({ StringEquals: 'c' })] } },
        ],
      },
    ],
    [
      'names that a path has to quote',
      fromInput('load-mode', '0').equals('x'),
      {
        And: [present(`${INPUT}['load-mode']['0']`), { Variable: `${INPUT}['load-mode']['0']`, StringEquals: 'x' }],
      },
    ],
  ])('%s', (_, when, choice) => {
    const graph = new TaskGraph('test');
    graph.addTask('a', { when });
    expect(runBranch(compiled(graph.build()))?.States['a ready?']).toMatchObject({
      Choices: [{ ...choice, Next: 'a' }],
    });
  });
});
