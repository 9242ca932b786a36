import { describe, expect, it } from 'vitest';
import { type Structure, structureOf, tasksOf } from '../../state-machines/compiler/structure.ts';
import { compile, type Plan, TaskGraph } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { type Digraph, dags, digraph } from '../graph/graphs.ts';

/** A graph with groups of some of its tasks, each with an errors and a finally task; the second in the first. */
function planOf({ tasks, edges }: Digraph, outer: readonly string[], inner: readonly string[] = []): Plan {
  const graph = new TaskGraph('test');
  const outerGroup = graph.group('outer');
  const innerGroup = inner.length > 0 ? outerGroup.group('inner') : undefined;
  for (const task of tasks) {
    const scope = inner.includes(task) ? innerGroup : outer.includes(task) ? outerGroup : graph;
    scope?.addTask(task);
  }
  for (const [before, after] of edges) graph.addDependency(before, after);
  for (const [name, group] of [['outer', outerGroup] as const, ['inner', innerGroup] as const]) {
    group?.addErrorsTask(`${name}-errors`);
    group?.addFinallyTask(`${name}-finally`);
  }
  return graph.build();
}

const show = (structure: Structure): string => {
  if (structure.kind === 'task') return structure.task;
  const parts = structure.parts.map(show).join(' ');
  return structure.kind === 'sequence' ? `[${parts}]` : `{${parts}}`;
};

describe('the hooks of a group stand behind its tasks, beside what comes after them', () => {
  it.each([
    ['a -> b', ['a'], '[a {b [outer-errors outer-finally]}]'],
    ['a -> b', ['a', 'b'], '[a b outer-errors outer-finally]'],
    ['a, b', ['a'], '{[a outer-errors outer-finally] b}'],
    ['a, b', ['a', 'b'], '[{a b} outer-errors outer-finally]'],
    ['a -> b -> d, a -> c -> d', ['b', 'c'], '[a {b c} {d [outer-errors outer-finally]}]'],
    ['a -> b -> c -> d', ['b'], '[a b {[c d] [outer-errors outer-finally]}]'],
  ])('in %s with the group %j: %s', (notation, group, structure) => {
    expect(show(compile(planOf(digraph(notation), group)).structure)).toBe(structure);
  });

  it('and those of an inner group before those of the group around it', () => {
    const plan = planOf(digraph('a -> b'), ['b'], ['a']);
    expect(show(compile(plan).structure)).toBe('[a {b [inner-errors inner-finally]} outer-errors outer-finally]');
  });
});

const grouped = dags(9).chain((graph) =>
  fc.record({
    graph: fc.constant(graph),
    outer: fc.subarray([...graph.tasks], { minLength: 1 }),
    inner: fc.subarray([...graph.tasks]),
  }),
);

it('no task waits for a hook, nor for another task because of one', () =>
  fc.assert(
    fc.property(grouped, ({ graph, outer, inner }) => {
      const plan = planOf(graph, outer, inner);
      const withHooks = precedences(compile(plan).structure);
      const among = [...withHooks].filter((pair) => pair.split(' < ').every((name) => plan.task(name)));
      expect(new Set(among)).toEqual(precedences(structureOf(plan.tasks)));
      expect(
        [...withHooks].filter((pair) => plan.hook(pair.split(' < ')[0] ?? '') && plan.task(pair.split(' < ')[1] ?? '')),
      ).toEqual([]);
    }),
  ));

it('a hook waits for all that it depends on', () =>
  fc.assert(
    fc.property(grouped, ({ graph, outer, inner }) => {
      const plan = planOf(graph, outer, inner);
      const order = precedences(compile(plan).structure);
      for (const { name, dependencies } of plan.hooks) {
        for (const dependency of dependencies) expect(order).toContain(`${dependency} < ${name}`);
      }
    }),
  ));

/** Who ends before whom starts, in a structure: `a < b`. */
function precedences(structure: Structure): Set<string> {
  if (structure.kind === 'task') return new Set();
  const found = new Set(structure.parts.flatMap((part) => [...precedences(part)]));
  if (structure.kind === 'parallel') return found;
  const members = structure.parts.map((part) => [...tasksOf(part)]);
  for (const [index, later] of members.entries()) {
    for (const before of members.slice(0, index).flat()) for (const after of later) found.add(`${before} < ${after}`);
  }
  return found;
}
