import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criticalPathSeconds, makespanSeconds } from '../../state-machines/compiler/estimate.ts';
import { structureOf } from '../../state-machines/compiler/structure.ts';
import type { Structure } from '../../state-machines/index.ts';
import { type Digraph, dags, type Edge, lasting, orderOf, planOf, reduced, shuffled } from '../graph/graphs.ts';

/** `[…]` is a sequence, `{…}` a parallel. */
function show(structure: Structure): string {
  if (structure.kind === 'task') return structure.task;
  const parts = structure.parts.map(show).join(' ');
  return structure.kind === 'sequence' ? `[${parts}]` : `{${parts}}`;
}

describe('the structure', () => {
  it.each([
    ['a', 'a'],
    ['a, b', '{a b}'],
    ['a -> b -> c', '[a b c]'],
    ['a -> b -> c, a -> c', '[a b c]'],
    ['a -> b -> d, a -> c -> d', '[a {b c} d]'],
    ['a -> b, a -> c, b -> d', '[a {[b d] c}]'],
    ['a -> x, a -> y, b -> x, b -> y', '[{a b} {x y}]'],
    ['a -> b, c -> d, e', '{[a b] [c d] e}'],
    ['a -> b -> d -> e -> g, a -> c -> d, d -> f -> g', '[a {b c} d {e f} g]'],
    ['s -> a -> b -> e, s -> c -> d -> e', '[s {[a b] [c d]} e]'],
  ])('of %s is exact: %s', (notation, structure) => {
    expect(show(structureOf(planOf(notation).tasks))).toBe(structure);
  });

  it.each([
    ['a -> x, b -> x, b -> y', '[{a b} {x y}]'],
    ['s -> a -> x -> e, s -> b -> x, b -> y -> e', '[s {a b} {x y} e]'],
    ['a -> x, b -> x, b -> y, lone', '{[{a b} {x y}] lone}'],
    ['a -> x -> z, b -> x, b -> y', '[{a b} {x y} z]'],
  ])('of %s, which is not series-parallel, has a barrier between waves: %s', (notation, structure) => {
    expect(show(structureOf(planOf(notation).tasks))).toBe(structure);
  });

  it('lists parallel parts in the order of declaration', () => {
    expect(show(structureOf(planOf('c, a -> b, d').tasks))).toBe('{c [a b] d}');
  });

  it('is plain data', () => {
    expect(structureOf(planOf('a -> b').tasks)).toEqual({
      kind: 'sequence',
      parts: [
        { kind: 'task', task: 'a' },
        { kind: 'task', task: 'b' },
      ],
    });
  });
});

describe('the structure of any graph', () => {
  it('holds every task exactly once', () => {
    fc.assert(
      fc.property(dags(20), (graph) => {
        expect(tasksOf(structureOf(planOf(graph).tasks)).sort()).toEqual([...graph.tasks].sort());
      }),
      { numRuns: 300 },
    );
  });

  it('nests no sequence in a sequence, no parallel in a parallel, and nothing of one part', () => {
    const check = (structure: Structure) => {
      if (structure.kind === 'task') return;
      expect(structure.parts.length).toBeGreaterThan(1);
      for (const part of structure.parts) {
        expect(part.kind).not.toBe(structure.kind);
        check(part);
      }
    };
    fc.assert(
      fc.property(dags(20), (graph) => check(structureOf(planOf(graph).tasks))),
      { numRuns: 300 },
    );
  });

  it('runs no task before all that it depends on has run', () => {
    fc.assert(
      fc.property(dags(20), (graph) => {
        const missing = orderOf(graph).difference(orderIn(structureOf(planOf(graph).tasks)));
        expect([...missing]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('takes no longer than wave by wave, and no less than the critical path', () => {
    fc.assert(
      fc.property(
        dags(14),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 14, maxLength: 14 }),
        (graph, times) => {
          const seconds = Object.fromEntries(graph.tasks.map((task, index) => [task, times[index] ?? 1]));
          const plan = planOf(graph, lasting(seconds));
          const waveByWave = plan
            .waves()
            .reduce((sum, wave) => sum + Math.max(...wave.map((task) => seconds[task] ?? 0)), 0);
          const makespan = makespanSeconds(plan.tasks, structureOf(plan.tasks));
          expect(makespan).toBeLessThanOrEqual(waveByWave);
          expect(makespan).toBeGreaterThanOrEqual(criticalPathSeconds(plan.tasks));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes as many steps as there are waves, where all tasks last equally long', () => {
    fc.assert(
      fc.property(dags(14), (graph) => {
        const plan = planOf(graph);
        expect(makespanSeconds(plan.tasks, structureOf(plan.tasks))).toBe(plan.waves().length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the structure of a series-parallel graph', () => {
  it('orders exactly the tasks that the graph orders, whatever the order of declaration', () => {
    fc.assert(
      fc.property(seriesParallel(), ({ graph }) => {
        const nested = orderIn(structureOf(planOf(graph).tasks));
        expect([...nested.symmetricDifference(orderOf(graph))]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('takes as long as the critical path', () => {
    fc.assert(
      fc.property(seriesParallel(), ({ graph, seconds }) => {
        const plan = planOf(graph, lasting(seconds));
        expect(makespanSeconds(plan.tasks, structureOf(plan.tasks))).toBe(criticalPathSeconds(plan.tasks));
      }),
      { numRuns: 300 },
    );
  });
});

it.each([
  ['a -> b -> d, a -> c -> d', { a: 1, b: 5, c: 2, d: 3 }, 9, 9],
  ['a -> b, c', { a: 1, b: 2, c: 10 }, 10, 10],
  ['a -> x, b -> x, b -> y', { a: 10, b: 1, x: 1, y: 10 }, 11, 20],
  ['a -> b', {}, 2, 2],
])('%s with %j has a critical path of %i s and a makespan of %i s', (notation, seconds, criticalPath, makespan) => {
  const plan = planOf(notation, lasting(seconds));
  expect(criticalPathSeconds(plan.tasks)).toBe(criticalPath);
  expect(makespanSeconds(plan.tasks, structureOf(plan.tasks))).toBe(makespan);
});

function tasksOf(structure: Structure): string[] {
  return structure.kind === 'task' ? [structure.task] : structure.parts.flatMap(tasksOf);
}

/** Which task ends before which in a nested structure, as `a < b`. */
function orderIn(structure: Structure): Set<string> {
  if (structure.kind === 'task') return new Set();
  const order = new Set(structure.parts.flatMap((part) => [...orderIn(part)]));
  if (structure.kind === 'parallel') return order;
  const parts = structure.parts.map(tasksOf);
  for (const [index, part] of parts.entries()) {
    for (const before of part) for (const after of parts.slice(index + 1).flat()) order.add(`${before} < ${after}`);
  }
  return order;
}

type Nest = 'task' | { readonly kind: 'sequence' | 'parallel'; readonly parts: readonly Nest[] };

/** A random nest, the order that it stands for as edges (all of them, or those that the rest do not imply), and durations. */
function seriesParallel(): fc.Arbitrary<{ graph: Digraph; seconds: Record<string, number> }> {
  const { nest } = fc.letrec<{ nest: Nest }>((tie) => ({
    nest: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { arbitrary: fc.constant<Nest>('task'), weight: 1 },
      {
        arbitrary: fc.record({
          kind: fc.constantFrom('sequence' as const, 'parallel' as const),
          parts: fc.array(tie('nest'), { minLength: 2, maxLength: 3 }),
        }),
        weight: 3,
      },
    ),
  }));
  return nest.chain((nest) => {
    let count = 0;
    const named = (part: Nest): Structure =>
      part === 'task' ? { kind: 'task', task: `t${count++}` } : { kind: part.kind, parts: part.parts.map(named) };
    const structure = named(nest);
    const edges = [...orderIn(structure)].map((pair) => pair.split(' < ') as unknown as Edge);
    const tasks = tasksOf(structure);
    return fc
      .record({
        tasks: shuffled(tasks),
        reduce: fc.boolean(),
        times: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: tasks.length, maxLength: tasks.length }),
      })
      .map(({ tasks, reduce, times }) => ({
        graph: reduce ? reduced({ tasks, edges }) : { tasks, edges },
        seconds: Object.fromEntries(tasks.map((task, index) => [task, times[index] ?? 1])),
      }));
  });
}
