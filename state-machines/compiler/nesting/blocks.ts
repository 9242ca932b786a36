/**
 * Rows of blocks that a part may be cut between: no task depends on one of a later block, so a barrier may stand between
 * any two of them.
 */

import type { Durations } from './durations.ts';
import type { Network, Part } from './network.ts';
import { barrierCosts, type Paths } from './paths.ts';

export interface Blocks {
  readonly count: number;
  /** By task; only the entries of the part mean anything. */
  readonly of: Int32Array;
}

/**
 * Blocks of whole levels. Barriers that stand only between levels add no order that the waves do not have, so whatever
 * the durations, no run is slower than by waves; any other barrier is, with some durations.
 */
export function levels({ size, before }: Network, part: Part): Blocks {
  const of = new Int32Array(size).fill(-1);
  let count = 0;
  for (const task of part) {
    let level = 0;
    for (const other of before[task] ?? []) level = Math.max(level, (of[other] ?? -1) + 1);
    of[task] = level;
    count = Math.max(count, level + 1);
  }
  return { count, of };
}

/**
 * A block for each task, by how far along the longest path through it its middle is. Tasks that are equally far along
 * can share a side of a barrier at little cost, however much slack the shorter paths have.
 */
export function byProgress({ size, before }: Network, part: Part, { seconds }: Durations, paths: Paths): Blocks {
  const progress = new Float64Array(size).fill(-1);
  for (const task of part) {
    const half = (seconds[task] ?? 0) / 2;
    const done = (paths.head[task] ?? 0) - half;
    const path = done + (paths.tail[task] ?? 0) - half;
    progress[task] = path > 0 ? done / path : 0.5;
    // It grows along every edge, but for rounding.
    for (const other of before[task] ?? []) progress[task] = Math.max(progress[task] ?? 0, progress[other] ?? 0);
  }
  const of = new Int32Array(size);
  const sorted = part.toSorted((a, b) => (progress[a] ?? 0) - (progress[b] ?? 0) || a - b);
  for (const [block, task] of sorted.entries()) of[task] = block;
  return { count: part.length, of };
}

/** Merges neighbours until there are `limit` at most, and leaves the barriers that cost least. */
export function merged(blocks: Blocks, limit: number, part: Part, durations: Durations, paths: Paths): Blocks {
  if (blocks.count <= limit) return blocks;
  const costs = barrierCosts(part, blocks.of, [0, blocks.count], durations, paths);
  const mergedInto = new Int32Array(blocks.count);
  const barriers = blocks.count - 1;
  for (let range = 0; range < limit - 1; range++) {
    const from = 1 + Math.floor((range * barriers) / (limit - 1));
    const to = 1 + Math.floor(((range + 1) * barriers) / (limit - 1));
    let cheapest = from;
    for (let block = from; block < to; block++) {
      if ((costs[block] ?? 0) < (costs[cheapest] ?? 0)) cheapest = block;
    }
    mergedInto[cheapest] = 1;
  }
  for (let block = 1; block < blocks.count; block++) {
    mergedInto[block] = (mergedInto[block - 1] ?? 0) + (mergedInto[block] ?? 0);
  }
  const of = new Int32Array(blocks.of.length);
  for (const task of part) of[task] = mergedInto[blocks.of[task] ?? 0] ?? 0;
  return { count: limit, of };
}
