/** Graphs for tests: a notation for small ones, arbitraries for random ones. */

import { GraphError, type GraphProblem, type Plan, type TaskDef, TaskGraph } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';

export type Edge = readonly [before: string, after: string];

export interface Digraph {
  /** In the order of their declaration. */
  readonly tasks: readonly string[];
  readonly edges: readonly Edge[];
}

/** `'a -> b -> d, a -> c, e'`: chains of edges and lone tasks, declared in the order in which they are first named. */
export function digraph(notation: string): Digraph {
  const chains = notation.split(',').map((chain) => chain.split('->').map((task) => task.trim()));
  return {
    tasks: [...new Set(chains.flat())],
    edges: chains.flatMap((chain) => chain.slice(1).map((after, index): Edge => [chain[index] as string, after])),
  };
}

export function graphOf(graph: Digraph | string, definitions: Readonly<Record<string, TaskDef>> = {}): TaskGraph {
  const { tasks, edges } = typeof graph === 'string' ? digraph(graph) : graph;
  const taskGraph = new TaskGraph('test');
  for (const task of tasks) taskGraph.addTask(task, Object.hasOwn(definitions, task) ? definitions[task] : {});
  for (const [before, after] of edges) taskGraph.addDependency(before, after);
  return taskGraph;
}

export function planOf(graph: Digraph | string, definitions: Readonly<Record<string, TaskDef>> = {}): Plan {
  return graphOf(graph, definitions).build();
}

/** `expectedSeconds` of each task, as definitions. */
export function lasting(seconds: Readonly<Record<string, number>>): Record<string, TaskDef> {
  return Object.fromEntries(
    Object.entries(seconds).map(([task, expectedSeconds]): [string, TaskDef] => [task, { expectedSeconds }]),
  );
}

/** What `build()` complains of; nothing where it does not. */
export function problemsOf(graph: TaskGraph): readonly GraphProblem[] {
  try {
    graph.build();
    return [];
  } catch (error) {
    if (error instanceof GraphError) return error.problems;
    throw error;
  }
}

/** The transitive order of a digraph, as `a < b`. */
export function orderOf({ tasks, edges }: Digraph): Set<string> {
  const order = new Set<string>();
  const follow = (from: string, at: string) => {
    for (const [before, after] of edges) {
      if (before !== at || order.has(`${from} < ${after}`)) continue;
      order.add(`${from} < ${after}`);
      follow(from, after);
    }
  };
  for (const task of tasks) follow(task, task);
  return order;
}

/** The edges that do not follow from the others. */
export function reduced(graph: Digraph): Digraph {
  const order = orderOf(graph);
  const follows = ([before, after]: Edge) =>
    graph.tasks.some((between) => order.has(`${before} < ${between}`) && order.has(`${between} < ${after}`));
  return { tasks: graph.tasks, edges: graph.edges.filter((edge) => !follows(edge)) };
}

/** Random acyclic graphs, their tasks declared in any order; half of them sparse. */
export function dags(maxTasks: number): fc.Arbitrary<Digraph> {
  return fc.integer({ min: 1, max: maxTasks }).chain((count) => {
    const tasks = Array.from({ length: count }, (_, index) => `t${index}`);
    const forward = tasks.flatMap((before, index) => tasks.slice(index + 1).map((after): Edge => [before, after]));
    return fc.record({ tasks: shuffled(tasks), edges: someOf(forward, count) });
  });
}

/** Random directed graphs, with cycles and loops or without. */
export function digraphs(maxTasks: number): fc.Arbitrary<Digraph> {
  return fc.integer({ min: 1, max: maxTasks }).chain((count) => {
    const tasks = Array.from({ length: count }, (_, index) => `t${index}`);
    const all = tasks.flatMap((before) => tasks.map((after): Edge => [before, after]));
    return fc.record({ tasks: fc.constant(tasks), edges: someOf(all, count) });
  });
}

export function shuffled<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}

function someOf(edges: readonly Edge[], count: number): fc.Arbitrary<Edge[]> {
  const few = fc.subarray([...edges], { maxLength: Math.min(edges.length, Math.ceil(1.5 * count)) });
  return fc.oneof(few, fc.subarray([...edges]));
}
