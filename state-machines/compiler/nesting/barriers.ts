/**
 * Nests a part along a row of blocks: barriers stand between blocks, wherever the part is then fastest.
 *
 * What a barrier leaves on either side falls apart into components, and each component of a range of blocks is nested
 * once: dynamic programming over the ranges. So the price of a barrier is known with all the barriers that it makes
 * necessary, not only by the paths that it lengthens itself (Salamon, Wallace: The price of added precedence,
 * arXiv 0904.4512).
 */

import type { Blocks } from './blocks.ts';
import type { Durations } from './durations.ts';
import { fastest, type Nest, parallel, sequence, taskNest } from './nest.ts';
import { type Network, type Part, Scratch } from './network.ts';
import { barrierCosts, measure, noPaths, type Paths } from './paths.ts';
import { consecutiveParts, parallelParts } from './split.ts';

/** Nests a part that splits neither way. */
export type NestPrime = (part: Part) => Nest;

/** What nesting one network needs at every step. */
export interface Workshop {
  readonly network: Network;
  readonly durations: Durations;
  readonly scratch: Scratch;
  readonly paths: Paths;
  /** Tasks and edges looked at so far. A clock instead would give another machine on another day. */
  work: number;
}

export function workshopOf(network: Network, durations: Durations): Workshop {
  return { network, durations, scratch: new Scratch(network.size), paths: noPaths(durations), work: 0 };
}

/** Splits a part where that costs nothing, all the way down. */
export function nest(workshop: Workshop, part: Part, nestPrime: NestPrime): Nest {
  const { network, durations, scratch } = workshop;
  if (part.length === 1) return taskNest(part[0] ?? 0, durations);
  for (const task of part) workshop.work += 1 + (network.before[task]?.length ?? 0);
  const apart = parallelParts(network, scratch, part);
  if (apart.length > 1) return parallel(apart.map((one) => nest(workshop, one, nestPrime)));
  const consecutive = consecutiveParts(network, scratch, part);
  if (consecutive.length > 1) return sequence(consecutive.map((one) => nest(workshop, one, nestPrime)));
  return nestPrime(part);
}

/** @param inOneBlock nests what no barrier of this row can cut */
export function nestAlong(blocks: Blocks, workshop: Workshop, whole: Part, inOneBlock: NestPrime): Nest {
  const { network, durations, scratch, paths } = workshop;
  const known = new Map<string, Nest>();

  const inBlocks: NestPrime = (part) => {
    const [first, last] = rangeOf(part, blocks);
    // A component is known by its first task and its blocks, and consecutive parts of it by their sizes besides.
    const key = `${part[0]} ${first} ${last} ${part.length}`;
    const found = known.get(key) ?? (first === last ? inOneBlock(part) : atBestBarrier(part, first, last));
    known.set(key, found);
    return found;
  };

  const atBestBarrier = (part: Part, first: number, last: number): Nest => {
    measure(network, durations, scratch, part, paths);
    const costs = barrierCosts(part, blocks.of, [first, last - first + 1], durations, paths);
    let best: Nest | undefined;
    for (const barrier of cheapestFirst(costs)) {
      if (best && isAsFast(best, costs[barrier] ?? 0)) break;
      const before = part.filter((task) => (blocks.of[task] ?? 0) < first + barrier);
      const after = part.filter((task) => (blocks.of[task] ?? 0) >= first + barrier);
      const split = sequence([nest(workshop, before, inBlocks), nest(workshop, after, inBlocks)]);
      best = best ? fastest(best, split) : split;
    }
    if (!best) throw new Error('a part of several blocks has a barrier between two of them');
    return best;
  };
  return inBlocks(whole);
}

/** Whether a nest takes no longer than some bound, but for rounding. */
export function isAsFast({ meanSeconds }: Nest, bound: number): boolean {
  return meanSeconds <= bound * (1 + 1e-9);
}

function rangeOf(part: Part, { of }: Blocks): [first: number, last: number] {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const task of part) {
    const block = of[task] ?? 0;
    if (block < first) first = block;
    if (block > last) last = block;
  }
  return [first, last];
}

/** Where two cost the same, the one nearer to the middle: it leaves less to do. */
function cheapestFirst(costs: Float64Array): number[] {
  const offCentre = (barrier: number) => Math.abs(2 * barrier - costs.length);
  return Array.from({ length: costs.length - 1 }, (_, index) => index + 1).sort(
    (a, b) => (costs[a] ?? 0) - (costs[b] ?? 0) || offCentre(a) - offCentre(b),
  );
}
