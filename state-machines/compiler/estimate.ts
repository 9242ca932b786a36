/** How long a run takes when every task takes as long as expected, and what the nesting adds to that. */

import { inDependencyOrder } from '../graph/plan.ts';
import type { GraphNode } from './relation.ts';
import type { Structure } from './structure.ts';

/** A task without a hint is taken to last as long as the mean of those with one; without any hint, all last a second. */
export function secondsOf(nodes: readonly GraphNode[]): (task: string) => number {
  const hints = nodes.flatMap(({ expectedSeconds }) => (expectedSeconds === undefined ? [] : [expectedSeconds]));
  const mean = hints.length === 0 ? 1 : hints.reduce((sum, seconds) => sum + seconds, 0) / hints.length;
  const seconds = new Map(nodes.map(({ name, expectedSeconds = mean }) => [name, expectedSeconds]));
  return (task) => seconds.get(task) ?? mean;
}

/** The longest path through the graph: no machine can be faster. */
export function criticalPathSeconds(nodes: readonly GraphNode[]): number {
  const seconds = secondsOf(nodes);
  const endOf = new Map<string, number>();
  for (const task of inDependencyOrder(nodes)) {
    const start = task.dependencies.reduce((latest, name) => Math.max(latest, endOf.get(name) ?? 0), 0);
    endOf.set(task.name, start + seconds(task.name));
  }
  return endOf.values().reduce((latest, end) => Math.max(latest, end), 0);
}

/** How long the nested machine takes. */
export function makespanSeconds(nodes: readonly GraphNode[], structure: Structure): number {
  return spanOf(structure, secondsOf(nodes));
}

function spanOf(structure: Structure, seconds: (task: string) => number): number {
  switch (structure.kind) {
    case 'task':
      return seconds(structure.task);
    case 'sequence':
      return structure.parts.reduce((sum, part) => sum + spanOf(part, seconds), 0);
    case 'parallel':
      return structure.parts.reduce((longest, part) => Math.max(longest, spanOf(part, seconds)), 0);
    default:
      return structure satisfies never;
  }
}
