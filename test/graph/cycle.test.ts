import { describe, expect, it } from 'vitest';
import { findCycles } from '../../state-machines/graph/cycle.ts';
import { json, ref, TaskGraph } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { type Digraph, digraphs, graphOf, orderOf, problemsOf } from './graphs.ts';

function pathsOf(graph: TaskGraph): (readonly string[] | undefined)[] {
  return problemsOf(graph)
    .filter((problem) => problem.code === 'Cycle')
    .map((problem) => problem.path);
}

describe("a cycle's path", () => {
  it.each([
    ['a -> a', ['a', 'a']],
    ['a -> b -> a', ['a', 'b', 'a']],
    ['a -> b -> c -> a', ['a', 'b', 'c', 'a']],
    ['c -> a -> b -> c', ['c', 'a', 'b', 'c']],
    ['before -> a -> b -> a, b -> behind', ['a', 'b', 'a']],
  ])('of %s runs with the data from the task declared first and back to it: %j', (notation, path) => {
    expect(pathsOf(graphOf(notation))).toEqual([path]);
  });

  it('is in the message too', () => {
    expect(problemsOf(graphOf('a -> b -> a'))[0]?.message).toContain('a → b → a');
  });

  it('is given for refs by name as for dependencies', () => {
    const graph = new TaskGraph('by-name');
    graph.addTask('a', { inputs: { in: ref('y') }, outputs: { x: json() } });
    graph.addTask('b', { inputs: { in: ref('x') }, outputs: { y: json() } });
    expect(pathsOf(graph)).toEqual([['a', 'b', 'a']]);
  });

  it('is given for each of two separate cycles, and for a cycle behind a cycle', () => {
    expect(pathsOf(graphOf('a -> b -> a, x -> y -> z -> x'))).toEqual([
      ['a', 'b', 'a'],
      ['x', 'y', 'z', 'x'],
    ]);
    expect(pathsOf(graphOf('a -> b -> a -> x -> y -> x'))).toEqual(
      expect.arrayContaining([
        ['a', 'b', 'a'],
        ['x', 'y', 'x'],
      ]),
    );
  });
});

describe('findCycles', () => {
  const nodesOf = ({ tasks, edges }: Digraph) =>
    tasks.map((name) => ({
      name,
      dependencies: edges.filter(([, after]) => after === name).map(([before]) => before),
    }));

  it('names a cycle if and only if the graph has one', () => {
    fc.assert(
      fc.property(digraphs(9), (graph) => {
        const order = orderOf(graph);
        const cyclic = graph.tasks.some((task) => order.has(`${task} < ${task}`));
        expect(findCycles(nodesOf(graph)).length > 0).toBe(cyclic);
      }),
      { numRuns: 500 },
    );
  });

  it('names only real cycles: every step is an edge, no task twice, and no task in two of them', () => {
    fc.assert(
      fc.property(digraphs(9), (graph) => {
        const edges = new Set(graph.edges.map((edge) => edge.join(' -> ')));
        const cycles = findCycles(nodesOf(graph));
        for (const cycle of cycles) {
          expect(cycle.at(-1)).toBe(cycle[0]);
          expect(cycle.length).toBeGreaterThanOrEqual(2);
          for (let step = 1; step < cycle.length; step++)
            expect(edges).toContain(`${cycle[step - 1]} -> ${cycle[step]}`);
        }
        const named = cycles.flatMap((cycle) => cycle.slice(1));
        expect(new Set(named).size).toBe(named.length);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves no cycle among the tasks that it does not name', () => {
    fc.assert(
      fc.property(digraphs(9), (graph) => {
        const named = new Set(findCycles(nodesOf(graph)).flat());
        const rest = {
          tasks: graph.tasks.filter((task) => !named.has(task)),
          edges: graph.edges.filter((edge) => !edge.some((task) => named.has(task))),
        };
        expect(findCycles(nodesOf(rest))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
