import { describe, expect, it } from 'vitest';
import {
  allOf,
  anyOf,
  bytes,
  type Condition,
  chunks,
  csv,
  durable,
  fromInput,
  fromOutput,
  json,
  ndjson,
  not,
  parquet,
  ref,
  TaskGraph,
  text,
} from '../../state-machines/index.ts';
import { problemsOf } from './graphs.ts';

/** A graph with a task of that condition, behind one of many outputs. */
function graphWith(when: unknown): TaskGraph {
  const graph = new TaskGraph('test');
  const check = graph.addTask('check', {
    outputs: {
      stats: json(),
      result: durable(json()),
      raw: bytes(),
      note: text(),
      lines: ndjson(),
      table: csv(),
      columns: parquet(),
      pages: chunks(),
    },
  });
  graph.addTask('page', { each: check.outputs.pages, outputs: { found: json() } });
  graph.addTask('x', { when: when as Condition });
  return graph;
}

const invalid = (when: unknown) => {
  const problems = problemsOf(graphWith(when));
  expect(problems).toMatchObject([{ code: 'InvalidCondition', number: -112 }]);
  return problems[0]?.message ?? '';
};

describe('a name that is nearly right', () => {
  it.each([
    ['stat', 'stats'],
    ['check.stat', 'check.stats'],
  ])('%s is answered with %s', (given, meant) => {
    const problems = problemsOf(graphWith(fromOutput(ref(given)).exists()));
    expect(problems).toMatchObject([{ code: 'UnresolvedCondition', number: -111 }]);
    for (const part of ['task "x"', given, `did you mean "${meant}"?`]) expect(problems[0]?.message).toContain(part);
  });

  it('is not guessed where several outputs have the name; all of them are told', () => {
    const graph = graphWith(fromOutput(ref('stats')).exists());
    graph.addTask('other', { outputs: { stats: json() } });
    const problems = problemsOf(graph);
    expect(problems).toMatchObject([{ code: 'DuplicateOutput' }]);
    for (const choice of ['"check.stats"', '"other.stats"']) expect(problems[0]?.message).toContain(choice);
  });
});

describe('an output that a condition looks at', () => {
  it.each(['stats', 'result'])('is json, as %s', (name) => {
    expect(problemsOf(graphWith(fromOutput(ref(name), 'rows').exists()))).toEqual([]);
  });

  it.each([
    ['raw', 'bytes'],
    ['note', 'text'],
    ['lines', 'ndjson'],
    ['table', 'csv'],
    ['columns', 'parquet'],
    ['pages', 'chunks'],
    ['found', 'what the chunks of a task wrote'],
  ])('cannot be %s, which is %s', (name, kind) => {
    const message = invalid(fromOutput(ref(name)).exists());
    for (const part of ['task "x"', `.${name}"`, kind, 'json']) expect(message).toContain(part);
  });
});

describe('a path', () => {
  it.each([['mode'], ['load-mode'], ['load_mode'], ['0'], ['A', 'b', '3'], ['x'.repeat(80)]])(
    'may be %s',
    (...path) => {
      expect(problemsOf(graphWith(fromInput(...path).exists()))).toEqual([]);
    },
  );

  it.each([['load.mode'], [''], ["it's"], ['a b'], ['größe'], ['[0]'], ['$'], ['ok', 'a.b'], ['x'.repeat(81)], [7]])(
    'cannot be %s',
    (...path) => {
      expect(invalid(fromInput(...(path as string[])).exists())).toContain(JSON.stringify(path.at(-1)));
    },
  );

  it('into the input has at least one name; into an output it needs none', () => {
    expect(invalid(fromInput().exists())).toContain('fromInput("mode")');
    expect(problemsOf(graphWith(fromOutput(ref('stats')).equals(1)))).toEqual([]);
  });
});

describe('nothing to choose from', () => {
  it.each<[string, Condition]>([
    ['allOf()', allOf()],
    ['anyOf()', anyOf()],
    ['isOneOf()', fromInput('mode').isOneOf()],
    ['anyOf()', not(allOf(fromInput('mode').exists(), anyOf()))],
  ])('as %s', (what, condition) => {
    expect(invalid(condition)).toContain(what);
  });
});

describe('what is no condition', () => {
  const mode = fromInput('mode');
  const itself: { kind: string; condition?: unknown } = { kind: 'not' };
  itself.condition = itself;

  it.each<[string, unknown, string]>([
    ['a number', 7, '7'],
    ['null', null, 'null'],
    ['a text', 'mode = full', '"mode = full"'],
    ['a function', () => true, 'a function'],
    ['a value that is not compared', mode, 'tests nothing'],
    ['a list', [mode.exists()], 'one by one'],
    ['an unknown kind', { kind: 'xor', conditions: [] }, 'xor'],
    ['not() of nothing', not(undefined as never), 'undefined'],
    ['allOf() of a boolean', allOf(true as never), 'true'],
    ['allOf() of a list', { kind: 'all', conditions: {} }, 'allOf()'],
    ['a test of nothing', { kind: 'test', test: { is: 'present' } }, 'looks at nothing'],
    ['an output that is not there', fromOutput(undefined as never, 'rows').exists(), 'has no output of that name'],
    ['an unknown test', { ...mode.exists(), kind: 'test', subject: { from: 'input', path: ['a'] } }, 'no comparison'],
    ['a condition inside itself', itself, 'holds itself'],
  ])('%s', (_, condition, told) => {
    const message = invalid(condition);
    for (const part of ['task "x"', told]) expect(message).toContain(part);
  });

  it.each<[string, Condition, string]>([
    ['undefined', mode.equals(undefined as never), 'undefined'],
    ['no number', mode.equals(Number.NaN), 'NaN'],
    ['a date', mode.equals(new Date(0) as never), 'toISOString()'],
    ['a list', mode.isOneOf(['a', 'b'] as never), 'one by one'],
    ['infinity', mode.lessThan(Number.POSITIVE_INFINITY), '∞'],
    ['null, in an order', mode.lessThan(null as never), 'no text or number'],
    ['a boolean, in an order', mode.atLeast(true as never), 'no text or number'],
  ])('a comparison with %s', (_, condition, told) => {
    expect(invalid(condition)).toContain(told);
  });

  it.each(['${Cleanup}', 'a ${', '${}', '\\${x}'])('no text with a placeholder of the definition, as %s', (value) => {
    expect(invalid(mode.equals(value))).toContain('"${"');
    expect(invalid(not(fromOutput(ref('stats')).atLeast(value)))).toContain('"${"');
  });

  it.each(['$', '{Cleanup}', '$ {Cleanup}', '$.a', '$$', '{{x}}'])('a text can be %s', (value) => {
    expect(problemsOf(graphWith(mode.equals(value)))).toEqual([]);
  });

  it('a text of an output can be of 256 characters, one of the input of any number', () => {
    const stats = fromOutput(ref('stats'));
    expect(problemsOf(graphWith(stats.equals('x'.repeat(256))))).toEqual([]);
    expect(problemsOf(graphWith(mode.equals('x'.repeat(257))))).toEqual([]);
    for (const condition of [stats.equals('x'.repeat(257)), stats.differsFrom('x'.repeat(257))])
      expect(invalid(condition)).toContain('257 characters');
  });

  it('the same condition twice is no condition inside itself', () => {
    const once = mode.exists();
    expect(problemsOf(graphWith(anyOf(once, allOf(once, not(once)))))).toEqual([]);
  });
});

it("a group's condition is checked, and its problem told once for all its tasks", () => {
  const graph = new TaskGraph('test');
  const group = graph.group('group', { when: allOf() });
  for (const name of ['a', 'b']) group.addTask(name, { when: anyOf() });
  const messages = problemsOf(graph).map(({ message }) => message);
  expect(messages).toHaveLength(3);
  expect(messages.filter((message) => message.includes('group "group"'))).toHaveLength(1);
});

it('the condition of a group without tasks is checked too', () => {
  const graph = new TaskGraph('test');
  graph.addTask('a');
  graph.group('group', { when: allOf() });
  expect(
    problemsOf(graph)
      .map(({ code }) => code)
      .sort(),
  ).toEqual(['InvalidCondition', 'InvalidGroup']);
});

it('a task whose condition looks at its own output, or at what waits for it, waits for itself', () => {
  const graph = new TaskGraph('test');
  graph.addTask('x', { outputs: { own: json() }, when: fromOutput(ref('own')).exists() });
  graph.addTask('y', { outputs: { one: json() }, when: fromOutput(ref('two')).exists() });
  graph.addTask('z', { outputs: { two: json() }, inputs: { one: ref('one') } });
  expect(problemsOf(graph)).toMatchObject([
    { code: 'Cycle', path: ['x', 'x'] },
    { code: 'Cycle', path: ['y', 'z', 'y'] },
  ]);
});

it('every problem of a condition is told, not just the first', () => {
  const condition = allOf(anyOf(), fromInput('a.b').exists(), fromOutput(ref('nowhere')).exists(), 7 as never);
  expect(problemsOf(graphWith(condition)).map(({ code }) => code)).toEqual([
    'InvalidCondition',
    'InvalidCondition',
    'UnresolvedCondition',
    'InvalidCondition',
  ]);
});
