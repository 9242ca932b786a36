import { describe, expect, it } from 'vitest';
import { criticalPathSeconds, makespanSeconds, secondsOf } from '../../state-machines/compiler/estimate.ts';
import { structureOf } from '../../state-machines/compiler/structure.ts';
import type { Structure, TaskDef } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
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
    ['a -> x -> z, b -> x, b -> y', '[{a b} {[x z] y}]'],
  ])('of %s, which is not series-parallel, has a barrier between levels: %s', (notation, structure) => {
    expect(show(structureOf(planOf(notation).tasks))).toBe(structure);
  });

  it.each<[string, Record<string, number>, string]>([
    ['a -> x, b -> x, b -> y', { a: 9, b: 1, x: 1, y: 9 }, '[b {[a x] y}]'],
    ['a -> x, b -> x, b -> y', { a: 9, b: 1, x: 9, y: 9 }, '[{a b} {x y}]'],
    ['a -> x, b -> x, b -> y', { a: 9, b: 1, x: 1, y: 7 }, '[{a [b y]} x]'],
    ['a -> x, b -> x, b -> y', { a: 0, b: 0, x: 0, y: 0 }, '[{a b} {x y}]'],
    ['s -> a -> x -> e, s -> b -> x, b -> y -> e', { s: 1, a: 9, b: 1, x: 1, y: 9, e: 1 }, '[s b {[a x] y} e]'],
    ['a -> c -> e, b -> d -> f, a -> d', { a: 1, b: 12, c: 9, d: 1, e: 9, f: 1 }, '[a {[c e] [b d f]}]'],
  ])('of %s with the hints %j has its barrier where the run takes least: %s', (notation, seconds, structure) => {
    expect(show(structureOf(planOf(notation, lasting(seconds)).tasks))).toBe(structure);
  });

  it('takes the mean of the hints for a task without one', () => {
    const graph = 'a -> x, b -> x, b -> y';
    const some = planOf(graph, lasting({ a: 9, b: 1, x: 2 }));
    const all = planOf(graph, lasting({ a: 9, b: 1, x: 2, y: 4 }));
    expect(structureOf(some.tasks)).toEqual(structureOf(all.tasks));
    expect(criticalPathSeconds(some.tasks)).toBe(criticalPathSeconds(all.tasks));
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

describe('the structure of any graph, with hints for any of its tasks', () => {
  it('holds every task exactly once', () => {
    fc.assert(
      fc.property(hinted(20), ({ graph, hints }) => {
        expect(tasksOf(structureOf(planOf(graph, hints).tasks)).sort()).toEqual([...graph.tasks].sort());
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
      fc.property(hinted(20), ({ graph, hints }) => check(structureOf(planOf(graph, hints).tasks))),
      { numRuns: 300 },
    );
  });

  it.each([
    [20, 300],
    [90, 20],
  ])('runs no task before all that it depends on has run (up to %i tasks)', (maxTasks, numRuns) => {
    fc.assert(
      fc.property(hinted(maxTasks), ({ graph, hints }) => {
        const missing = orderOf(graph).difference(orderIn(structureOf(planOf(graph, hints).tasks)));
        expect([...missing]).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('takes no longer than wave by wave, and no less than the critical path', () => {
    fc.assert(
      fc.property(hinted(60), ({ graph, hints }) => {
        const { tasks, ...plan } = planWithWaves(graph, hints);
        const makespan = makespanSeconds(tasks, structureOf(tasks));
        expect(makespan).toBeLessThanOrEqual(plan.waveByWaveSeconds * ROUNDING);
        expect(makespan * ROUNDING).toBeGreaterThanOrEqual(criticalPathSeconds(tasks));
      }),
      { numRuns: 200 },
    );
  });

  it('is the same each time', () => {
    fc.assert(
      fc.property(hinted(60), ({ graph, hints }) => {
        const { tasks } = planOf(graph, hints);
        expect(structureOf(tasks)).toEqual(structureOf(tasks));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the structure of any graph without hints', () => {
  it('takes no longer than wave by wave, whatever the durations turn out to be', () => {
    fc.assert(
      fc.property(hinted(60), ({ graph, hints }) => {
        const structure = structureOf(planOf(graph).tasks);
        const { tasks, waveByWaveSeconds } = planWithWaves(graph, hints);
        expect(makespanSeconds(tasks, structure)).toBeLessThanOrEqual(waveByWaveSeconds * ROUNDING);
      }),
      { numRuns: 200 },
    );
  });

  it('makes a task wait only for tasks of earlier waves', () => {
    fc.assert(
      fc.property(dags(40), (graph) => {
        const plan = planOf(graph);
        const waveOf = new Map(plan.waves().flatMap((wave, index) => wave.map((task) => [task, index] as const)));
        for (const pair of orderIn(structureOf(plan.tasks))) {
          const [before = '', after = ''] = pair.split(' < ');
          expect(waveOf.get(before)).toBeLessThan(waveOf.get(after) ?? -1);
        }
      }),
      { numRuns: 100 },
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
  ['a -> x, b -> x, b -> y', { a: 10, b: 1, x: 1, y: 10 }, 11, 12],
  ['a -> b', {}, 2, 2],
  ['a -> b', { a: 3 }, 6, 6],
  ['a -> b -> c', { a: 0, b: 4 }, 6, 6],
  ['a -> b', { a: 0, b: 0 }, 0, 0],
])('%s with %j has a critical path of %i s and a makespan of %i s', (notation, seconds, criticalPath, makespan) => {
  const plan = planOf(notation, lasting(seconds));
  expect(criticalPathSeconds(plan.tasks)).toBe(criticalPath);
  expect(makespanSeconds(plan.tasks, structureOf(plan.tasks))).toBe(makespan);
});

/** A difference that is only one of rounding is none: sums of the same numbers in another order. */
const ROUNDING = 1 + 1e-9;

/** Random graphs with hints for some of their tasks, for all or for none; zero is one of them, and some are huge. */
function hinted(maxTasks: number): fc.Arbitrary<{ graph: Digraph; hints: Record<string, TaskDef> }> {
  const seconds = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.double({ min: 0, max: 1e6, noNaN: true }));
  return dags(maxTasks).chain((graph) =>
    fc.record({
      graph: fc.constant(graph),
      hints: fc
        .oneof(
          fc.array(seconds, { minLength: graph.tasks.length, maxLength: graph.tasks.length }),
          fc.array(fc.option(seconds, { nil: undefined }), { maxLength: graph.tasks.length }),
        )
        .map((all) =>
          lasting(Object.fromEntries(graph.tasks.flatMap((task, i) => (all[i] === undefined ? [] : [[task, all[i]]])))),
        ),
    }),
  );
}

function planWithWaves(graph: Digraph, hints: Record<string, TaskDef>) {
  const plan = planOf(graph, hints);
  const seconds = secondsOf(plan.tasks);
  const waveByWaveSeconds = plan.waves().reduce((sum, wave) => sum + Math.max(...wave.map(seconds)), 0);
  return { tasks: plan.tasks, waveByWaveSeconds };
}

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
