import { describe, expect, it } from 'vitest';
import { type Invocation, interpret } from '../../local/interpreter.ts';
import { compile, type Definition } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { type Digraph, dags, planOf } from '../graph/graphs.ts';
import { cases } from '../semantics/arbitraries.ts';
import { planOf as planOfSpec } from '../semantics/spec.ts';
import { branchesIn, statesIn, successorsOf } from './definitions.ts';
import { missingPathsIn } from './missing-paths.ts';
import { expectValid } from './states.ts';

const DIAMOND = 'extract -> aggregate -> merge-load, extract -> enrich -> merge-load';
const long = (letter: string) => letter.repeat(63);
const GRAPHS = [
  'a',
  'a, b',
  'a -> b -> c',
  DIAMOND,
  'a -> x, b -> x, b -> y',
  'a -> b -> d, a -> c',
  's -> a -> b -> e, s -> c -> d -> e, s -> e',
  'a, b, c, d, e, f -> g',
  // Names that the compiler makes up too, that JavaScript objects have, and that are as long as they may be.
  'a -> a_2, a -> a-2, a_2 -> a_2_2',
  'constructor -> toString -> valueOf, hasOwnProperty',
  'Only -> run -> cleanup, Task -> end -> failed',
  `${long('a')} -> ${long('b')} -> ${long('d')}, ${long('a')} -> ${long('c')} -> ${long('d')}`,
  'a -> x, b -> x, a -> y, b -> y, x -> p, y -> p, x -> q, y -> q',
];

/** Random graphs of tasks whose names are short, as long as they may be, or differ in the last letter only. */
const namedDags = fc
  .record({ graph: dags(12), naming: fc.constantFrom(0, 40, 60) })
  .map(({ graph, naming }): Digraph => {
    const rename = (task: string) => `n${'x'.repeat(naming)}${task.slice(1)}`;
    return {
      tasks: graph.tasks.map(rename),
      edges: graph.edges.map(([before, after]) => [rename(before), rename(after)]),
    };
  });

/** The machines of such graphs, and of graphs with conditions, groups and hooks. */
const compiled = fc.oneof(
  namedDags.map((graph) => compile(planOf(graph))),
  cases(1, 10, 8).map(({ spec }) => compile(planOfSpec(spec))),
);

describe('a definition passes the validator', () => {
  // Version 4.0.0 takes a name that every object has, such as toString, for a second field of that name.
  const inherited = (notation: string) =>
    Object.getOwnPropertyNames(Object.prototype).some((name) => notation.includes(name));
  it.each(GRAPHS.filter((notation) => !inherited(notation)))('of %s', (notation) =>
    expectValid(compile(planOf(notation)).definition),
  );

  it('of any graph', () => {
    fc.assert(
      fc.property(compiled, ({ definition }) => expectValid(definition)),
      { numRuns: 40 },
    );
  });
});

describe('in the machine of any graph', () => {
  const examples = GRAPHS.map((notation): [ReturnType<typeof compile>] => [compile(planOf(notation))]);

  it('each state has a name of its own, of 80 characters at the most, without quotes', () => {
    fc.assert(
      fc.property(compiled, ({ definition }) => {
        const names = statesIn(definition).map(([name]) => name);
        expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
        for (const name of names) expect(name).toMatch(/^[^'"\\$]{1,80}$/);
      }),
      { numRuns: 200, examples },
    );
  });

  it('every transition stays in its branch, and every state is reached', () => {
    fc.assert(
      fc.property(compiled, ({ definition }) => {
        for (const { StartAt, States } of branchesIn(definition)) {
          const reached = new Set([StartAt]);
          for (const name of reached) {
            const state = States[name];
            for (const next of state ? successorsOf(state) : []) reached.add(next);
          }
          expect([...reached].toSorted()).toEqual(Object.keys(States).toSorted());
        }
      }),
      { numRuns: 200, examples },
    );
  });

  it('each task and hook is one Task state of its name, with the placeholder of its own function', () => {
    fc.assert(
      fc.property(compiled, ({ definition, functions }) => {
        const resources = statesIn(definition).flatMap(([name, state]): [string, string][] =>
          // Hooks of tasks and groups have a second place, for a run that was ended before they ran in the first.
          state.Type === 'Task' ? [[name.replace(/ late$/, ''), state.Resource]] : [],
        );
        const cleanups = ['Cleanup', 'Cleanup from records', 'Notes from records'];
        const placeholders = { ...functions, ...Object.fromEntries(cleanups.map((name) => [name, 'Cleanup'])) };
        for (const [name, resource] of resources) expect(resource).toBe(`\${${placeholders[name]}}`);
        expect(resources.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(functions)));
      }),
      { numRuns: 200, examples },
    );
  });

  it('no path is read that may be missing, which would be the uncatchable States.Runtime', () => {
    fc.assert(
      fc.property(compiled, ({ definition }) => {
        expect(missingPathsIn(definition)).toEqual([]);
      }),
      { numRuns: 300, examples },
    );
  });

  it('definitionBytes is the size of the definition as compact JSON', () => {
    fc.assert(
      fc.property(compiled, ({ definition, definitionBytes }) => {
        expect(definitionBytes).toBe(Buffer.byteLength(JSON.stringify(definition)));
      }),
      { numRuns: 20, examples },
    );
  });
});

describe('a placeholder', () => {
  it('is the name of the task with "_" for "-", which CloudFormation does not allow', () => {
    expect(compile(planOf('merge-load, x')).functions).toEqual({ 'merge-load': 'merge_load', x: 'x' });
  });

  it.each([['a-b, a_b'], ['a_b, a-b'], ['a-b, a_b, a_b_2'], ['a_b_2, a-b, a_b'], ['a-b-c, a_b-c, a-b_c, a_b_c']])(
    'is one of its own for each of %s',
    (notation) => {
      const placeholders = Object.values(compile(planOf(notation)).functions);
      expect(new Set(placeholders).size).toBe(notation.split(', ').length);
      for (const placeholder of placeholders) expect(placeholder).toMatch(/^[A-Za-z0-9_]+$/);
    },
  );
});

describe('a guard', () => {
  const guardedIn = (notation: string) =>
    statesIn(compile(planOf(notation)).definition)
      .filter(([name]) => name.endsWith(' ready?'))
      .map(([name]) => name.slice(0, -' ready?'.length));

  it.each([
    [DIAMOND, ['merge-load']],
    ['a', []],
    ['a, b', []],
    ['a -> b -> c', []],
    ['s -> a -> b, s -> c -> d', []],
    ['a -> x, b -> x, b -> y', ['x', 'y']],
  ])('stands in %s only before %j, which can be reached though what it needs has failed', (notation, guarded) => {
    expect(guardedIn(notation).toSorted()).toEqual(guarded);
  });
});

describe('statesEntered', () => {
  it.each([
    ['a', 5],
    ['a -> b -> c', 7],
    ['a, b', 7],
    [DIAMOND, 10],
  ])('of %s is %i', (notation, count) => {
    expect(compile(planOf(notation)).statesEntered).toBe(count);
  });

  it('is the number of states that a run enters when every task succeeds, whatever the graph and its hooks', () => {
    const unconditional = cases(1, 8, 6).map(({ spec: { tasks, groups = [], ...spec } }) => ({
      ...spec,
      tasks: tasks.map(({ when: _, ...task }) => task),
      groups: groups.map(({ when: _, ...group }) => group),
    }));
    return fc.assert(
      fc.asyncProperty(unconditional, async (spec) => {
        const { definition, statesEntered } = compile(planOfSpec(spec));
        expect(await statesEnteredIn(definition)).toHaveLength(statesEntered);
      }),
      { numRuns: 100 },
    );
  });
});

/** The states that a run enters in which all functions succeed: before each, one is called that notes it. */
async function statesEnteredIn(definition: Definition): Promise<string[]> {
  const noted = JSON.parse(JSON.stringify(definition), (key, value) => {
    if (typeof value === 'string') return ['StartAt', 'Next', 'Default'].includes(key) ? `enter ${value}` : value;
    if (key !== 'States') return value;
    const entries = Object.keys(value).map((Next) => [
      `enter ${Next}`,
      { Type: 'Task', Resource: `enter ${Next}`, ResultPath: null, Next },
    ]);
    return { ...value, ...Object.fromEntries(entries) };
  });
  const entered: string[] = [];
  const invoke = async ({ resource }: Invocation) => {
    if (resource.startsWith('enter ')) entered.push(resource.slice('enter '.length));
    return { done: true, result: {} };
  };
  await interpret(noted, { name: 'run-1', input: {}, invoke });
  return entered;
}

it('compiling twice gives the same definition, byte for byte', () => {
  const [first, second] = [1, 2].map(() => JSON.stringify(compile(planOf(DIAMOND)).definition));
  expect(first).toBe(second);
});
