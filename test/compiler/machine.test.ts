import validate from 'asl-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../../state-machines/index.ts';
import { type Digraph, dags, planOf } from '../graph/graphs.ts';
import { branchesIn, statesIn, successorsOf } from './definitions.ts';

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

function expectValid(graph: Digraph | string): void {
  const report = validate(structuredClone(compile(planOf(graph)).definition));
  expect(report.isValid ? '' : report.errorsText('\n')).toBe('');
}

describe('a definition passes the validator', () => {
  it.each(GRAPHS)('of %s', expectValid);

  it('of any graph', () => {
    fc.assert(fc.property(namedDags, expectValid), { numRuns: 40 });
  });
});

describe('in the machine of any graph', () => {
  const examples = GRAPHS.map((notation): [ReturnType<typeof compile>] => [compile(planOf(notation))]);
  const compiled = namedDags.map((graph) => compile(planOf(graph)));

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

  it('each task is one Task state of its name, with the placeholder of its own function', () => {
    fc.assert(
      fc.property(compiled, ({ definition, functions }) => {
        const resources = statesIn(definition).flatMap(([name, state]) =>
          state.Type === 'Task' ? [[name, state.Resource]] : [],
        );
        const expected = Object.entries({ ...functions, Cleanup: 'Cleanup', 'Cleanup from records': 'Cleanup' });
        expect(Object.fromEntries(resources)).toEqual(
          Object.fromEntries(expected.map(([task, placeholder]) => [task, `\${${placeholder}}`])),
        );
        expect(resources).toHaveLength(expected.length);
      }),
      { numRuns: 200, examples },
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
});

it('compiling twice gives the same definition, byte for byte', () => {
  const [first, second] = [1, 2].map(() => JSON.stringify(compile(planOf(DIAMOND)).definition));
  expect(first).toBe(second);
});
