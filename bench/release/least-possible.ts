/** How little a graph's outputs can take, if they are there whenever they are needed. */

import type { Plan, PlannedTask } from '../../state-machines/graph/plan.ts';

/** The most tasks for which all orders are looked at: each set of them is, that can have committed. */
const MOST_TASKS = 20;

/**
 * The least peak of all orders in which the tasks can commit, one after the other: at its commit a task's outputs are
 * there, and so is every output committed before that it or a later task reads. What nobody reads is gone at once.
 * Running tasks side by side can only take more. Markers and records are not counted.
 *
 * @param bytesOf what an output of a task takes
 */
export function leastPossibleBytes(plan: Plan, bytesOf: (task: string, output: string) => number): number {
  if (plan.taskCount > MOST_TASKS)
    throw new Error(`${plan.taskCount} tasks have too many orders; ${MOST_TASKS} at most`);
  const outputs = plan.tasks.map(({ name, outputs: declared }) =>
    Object.keys(declared).map((output) => ({
      bytes: bytesOf(name, output),
      readers: maskOf(plan, (task) => readsOf(task).some((read) => read.task === name && read.output === output)),
    })),
  );
  const before = plan.tasks.map(({ dependencies }) => maskOf(plan, ({ name }) => dependencies.includes(name)));
  const all = 2 ** plan.taskCount - 1;
  // By the set of those that have committed. A set comes after all that it holds, so each is complete when it is read.
  const least = new Array<number>(all + 1).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  for (let committed = 0; committed < all; committed++) {
    const soFar = least[committed] ?? Number.POSITIVE_INFINITY;
    if (soFar === Number.POSITIVE_INFINITY) continue;
    const stillRead = outputs.flatMap((ofTask, index) => (committed & (1 << index) ? ofTask : []));
    const held = bytesIn(stillRead.filter(({ readers }) => (readers & ~committed) !== 0));
    for (const [index, ofTask] of outputs.entries()) {
      const commits = 1 << index;
      if (committed & commits || ((before[index] ?? 0) & ~committed) !== 0) continue;
      const peak = Math.max(soFar, held + bytesIn(ofTask));
      least[committed | commits] = Math.min(least[committed | commits] ?? Number.POSITIVE_INFINITY, peak);
    }
  }
  return least[all] ?? 0;
}

function readsOf({ inputs, each }: PlannedTask): readonly { readonly task: string; readonly output: string }[] {
  return [...Object.values(inputs), ...(each ? [each] : [])];
}

function maskOf({ tasks }: Plan, isIn: (task: PlannedTask) => boolean): number {
  return tasks.reduce((mask, task, index) => (isIn(task) ? mask | (1 << index) : mask), 0);
}

function bytesIn(outputs: readonly { readonly bytes: number }[]): number {
  return outputs.reduce((sum, { bytes }) => sum + bytes, 0);
}
