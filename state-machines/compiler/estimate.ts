/** How long a run takes when every task takes as long as expected, and what the nesting adds to that. */

import type { Plan } from '../graph/plan.ts';
import { inDependencyOrder } from '../graph/plan.ts';
import type { Structure } from './structure.ts';

/** Without hints all tasks are taken to last equally long. */
export function expectedSeconds(plan: Plan, task: string): number {
  return plan.task(task)?.expectedSeconds ?? 1;
}

/** The longest path through the graph: no machine can be faster. */
export function criticalPathSeconds(plan: Plan): number {
  const endOf = new Map<string, number>();
  for (const task of inDependencyOrder(plan.tasks)) {
    const start = task.dependencies.reduce((latest, name) => Math.max(latest, endOf.get(name) ?? 0), 0);
    endOf.set(task.name, start + expectedSeconds(plan, task.name));
  }
  return endOf.values().reduce((latest, end) => Math.max(latest, end), 0);
}

/** How long the nested machine takes. */
export function makespanSeconds(plan: Plan, structure: Structure): number {
  switch (structure.kind) {
    case 'task':
      return expectedSeconds(plan, structure.task);
    case 'sequence':
      return structure.parts.reduce((sum, part) => sum + makespanSeconds(plan, part), 0);
    case 'parallel':
      return structure.parts.reduce((longest, part) => Math.max(longest, makespanSeconds(plan, part)), 0);
    default:
      return structure satisfies never;
  }
}
