/** Finds a cycle among tasks, for the error that names it. */

import { inDependencyOrder, type PlannedTask } from './plan.ts';

type Node = Pick<PlannedTask, 'name' | 'dependencies'>;

/**
 * A cycle of every part of the graph that has one (cycles that share tasks are named once).
 *
 * @returns each in the direction of the data, its first task repeated at the end: `['a', 'b', 'a']`
 */
export function findCycles(tasks: readonly Node[]): string[][] {
  const cycles: string[][] = [];
  let stuck = withoutOrdered(tasks);
  while (stuck.length > 0) {
    const cycle = walkBack(stuck);
    cycles.push(cycle);
    // Take the cycle's tasks out; what still cannot be ordered without them has a cycle of its own.
    const named = new Set(cycle);
    const rest = stuck.filter((task) => !named.has(task.name));
    stuck = withoutOrdered(
      rest.map((task) => ({ name: task.name, dependencies: task.dependencies.filter((name) => !named.has(name)) })),
    );
  }
  return cycles;
}

function withoutOrdered(tasks: readonly Node[]): Node[] {
  const ordered = new Set(inDependencyOrder(tasks).map((task) => task.name));
  return tasks
    .filter((task) => !ordered.has(task.name))
    .map((task) => ({ name: task.name, dependencies: task.dependencies.filter((name) => !ordered.has(name)) }));
}

/** Every stuck task waits for a stuck task, so walking back from any of them must come round. */
function walkBack(stuck: readonly Node[]): string[] {
  const byName = new Map(stuck.map((task) => [task.name, task]));
  const walked: string[] = [];
  let at = stuck[0];
  while (at && !walked.includes(at.name)) {
    walked.push(at.name);
    at = byName.get(at.dependencies[0] ?? '');
  }
  const start = at ? walked.indexOf(at.name) : 0;
  const cycle = walked.slice(start).reverse();
  const first = [...cycle].sort((a, b) => order(stuck, a) - order(stuck, b))[0] ?? '';
  const turn = cycle.indexOf(first);
  return [...cycle.slice(turn), ...cycle.slice(0, turn), first];
}

function order(tasks: readonly Node[], name: string): number {
  return tasks.findIndex((task) => task.name === name);
}
