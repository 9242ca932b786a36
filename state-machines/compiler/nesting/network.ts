/** A graph as the nesting looks at it: tasks are numbers in topological order, and an edge that follows from others is none. */

import type { Order } from '../relation.ts';

export interface Network {
  readonly size: number;
  /** By task: the nearest tasks that it waits for. */
  readonly before: readonly Int32Array[];
  /** By task: the nearest tasks that wait for it. */
  readonly after: readonly Int32Array[];
  /** By task: its index in the order that the network was made of. */
  readonly indices: readonly number[];
}

/**
 * Some of a network's tasks, ascending. It is always convex: what lies between two of its tasks is in it too, so that
 * the network's edges among them give their whole order.
 */
export type Part = Int32Array;

export function networkOf(order: Order): Network {
  const indices = order.topological;
  const numbers = new Int32Array(indices.length);
  for (const [number, index] of indices.entries()) numbers[index] = number;
  const before: number[][] = indices.map((index) =>
    (order.nearest[index] ?? []).map((dependency) => numbers[dependency] ?? 0),
  );
  const after: number[][] = indices.map(() => []);
  for (const [task, dependencies] of before.entries()) for (const one of dependencies) after[one]?.push(task);
  return {
    size: indices.length,
    before: before.map((tasks) => Int32Array.from(tasks)),
    after: after.map((tasks) => Int32Array.from(tasks)),
    indices,
  };
}

/** Room for one number a task, and for telling the tasks of one part from all others, without a set for each part. */
export class Scratch {
  /** By task: a mark that was put on it. */
  readonly marks: Int32Array;
  readonly numbers: Int32Array;
  #last = 0;

  constructor(size: number) {
    this.marks = new Int32Array(size);
    this.numbers = new Int32Array(size);
  }

  /** A mark that no task has. */
  fresh(): number {
    this.#last += 1;
    return this.#last;
  }

  /** Marks the tasks of a part. @returns their mark */
  mark(part: Part): number {
    const mark = this.fresh();
    for (const task of part) this.marks[task] = mark;
    return mark;
  }
}
