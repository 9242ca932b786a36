/** The partial order of a plan's tasks, as bit sets: which tasks must end before which. */

import { inDependencyOrder, type PlannedTask } from '../graph/plan.ts';

/** A set of task indices. 32 to a word, so that a graph of 1,000 tasks takes 32 words a set. */
export class BitSet {
  readonly words: Uint32Array;

  constructor(size: number) {
    this.words = new Uint32Array((size + 31) >>> 5);
  }

  add(index: number): void {
    const word = index >>> 5;
    this.words[word] = (this.words[word] ?? 0) | (1 << (index & 31));
  }

  has(index: number): boolean {
    return (((this.words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  remove(index: number): void {
    const word = index >>> 5;
    this.words[word] = (this.words[word] ?? 0) & ~(1 << (index & 31));
  }

  copy(): BitSet {
    const copied = new BitSet(0);
    (copied as { words: Uint32Array }).words = this.words.slice();
    return copied;
  }

  retainAll(other: BitSet): void {
    for (let i = 0; i < this.words.length; i++) this.words[i] = (this.words[i] ?? 0) & (other.words[i] ?? 0);
  }

  addAll(other: BitSet): void {
    for (let i = 0; i < this.words.length; i++) this.words[i] = (this.words[i] ?? 0) | (other.words[i] ?? 0);
  }
}

/** What the nesting of a graph has to know of a task. */
export type GraphNode = Pick<PlannedTask, 'name' | 'dependencies' | 'expectedSeconds'>;

export interface Order {
  readonly tasks: readonly GraphNode[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** All indices, each after those that it depends on. */
  readonly topological: readonly number[];
  /** By index: the tasks that must have ended before this one, directly or not. */
  readonly ancestors: readonly BitSet[];
  /** By index: the tasks that wait for this one, directly or not. */
  readonly descendants: readonly BitSet[];
  /** By index: the dependencies that no other dependency waits for. All others follow from them. */
  readonly nearest: readonly (readonly number[])[];
}

export function orderOf(tasks: readonly GraphNode[]): Order {
  const indexOf = new Map(tasks.map((task, index) => [task.name, index]));
  const topological = inDependencyOrder(tasks).map((task) => indexOf.get(task.name) ?? 0);
  const rank = new Int32Array(tasks.length);
  for (const [position, index] of topological.entries()) rank[index] = position;
  const ancestors = tasks.map(() => new BitSet(tasks.length));
  const descendants = tasks.map(() => new BitSet(tasks.length));
  const nearest = tasks.map((): number[] => []);
  for (const index of topological) {
    const above = ancestors[index] as BitSet;
    // From the latest on, a dependency that another waits for has been met already.
    const dependencies = (tasks[index]?.dependencies ?? []).map((name) => indexOf.get(name) ?? 0);
    for (const dependency of dependencies.sort((a, b) => (rank[b] ?? 0) - (rank[a] ?? 0))) {
      if (above.has(dependency)) continue;
      above.add(dependency);
      above.addAll(ancestors[dependency] as BitSet);
      nearest[index]?.push(dependency);
    }
  }
  for (const index of topological.toReversed()) {
    for (const dependency of nearest[index] ?? []) {
      descendants[dependency]?.add(index);
      descendants[dependency]?.addAll(descendants[index] as BitSet);
    }
  }
  return { tasks, indexOf, topological, ancestors, descendants, nearest };
}
