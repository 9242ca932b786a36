import { describe, expect, it } from 'vitest';
import { leastPossibleBytes } from '../../bench/release/least-possible.ts';
import { bytes, type DataRef, type Plan, TaskGraph } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';

/** `sizes[i]` is what task i writes; it reads what the tasks in `reads[i]` wrote. */
function planOf(reads: readonly (readonly number[])[]): Plan {
  const graph = new TaskGraph('sized');
  const written: DataRef[] = [];
  for (const [index, from] of reads.entries()) {
    const inputs = Object.fromEntries(from.map((task) => [`i${task}`, written[task] as DataRef]));
    written.push(graph.addTask(`t${index}`, { inputs, outputs: { data: bytes() } }).outputs.data);
  }
  return graph.build();
}

function leastOf(reads: readonly (readonly number[])[], sizes: readonly number[]): number {
  return leastPossibleBytes(planOf(reads), (task) => sizes[Number(task.slice(1))] ?? 0);
}

/** By trying every order. */
function leastByTrial(reads: readonly (readonly number[])[], sizes: readonly number[]): number {
  const size = (task: number) => sizes[task] ?? 0;
  const search = (done: readonly number[], peak: number): number => {
    if (done.length === reads.length) return peak;
    const peaks = reads.flatMap((from, task) => {
      if (done.includes(task) || !from.every((before) => done.includes(before))) return [];
      const held = done.filter((one) => reads.some((inputs, reader) => inputs.includes(one) && !done.includes(reader)));
      const holding = [...held, task].reduce((sum, one) => sum + size(one), 0);
      return [search([...done, task], Math.max(peak, holding))];
    });
    return Math.min(...peaks);
  };
  return search([], 0);
}

describe('the least that a graph can hold', () => {
  it.each<[string, number[][], number[], number]>([
    ['of one task is its output', [[]], [5], 5],
    ['of a chain is two neighbours', [[], [0], [1], [2]], [1, 4, 3, 2], 7],
    [
      'of a diamond is all that its end reads, and its beginning while the second half is made',
      [[], [0], [0], [1, 2]],
      [9, 1, 2, 3],
      12,
    ],
    ['is that of the best order: who frees most goes first', [[], [0], [], [1, 2]], [10, 1, 10, 1], 12],
  ])('%s', (_, reads, sizes, least) => {
    expect(leastOf(reads, sizes)).toBe(least);
  });

  it('is the least of all orders', () => {
    const graphs = fc.integer({ min: 1, max: 6 }).chain((tasks) =>
      fc.record({
        reads: fc.tuple(
          ...Array.from({ length: tasks }, (_, task) => fc.subarray(Array.from({ length: task }, (__, i) => i))),
        ),
        sizes: fc.array(fc.nat(100), { minLength: tasks, maxLength: tasks }),
      }),
    );
    fc.assert(fc.property(graphs, ({ reads, sizes }) => leastOf(reads, sizes) === leastByTrial(reads, sizes)));
  });
});
