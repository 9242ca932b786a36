/**
 * Nests a network. What is series-parallel is nested exactly; where a part holds an N, barriers stand between the blocks
 * of a row, and this decides which rows are tried, and how long.
 */

import { isAsFast, nest, nestAlong, type Workshop, workshopOf } from './barriers.ts';
import { type Blocks, byProgress, levels, merged } from './blocks.ts';
import type { Durations } from './durations.ts';
import { fastest, type Nest, sequence, type Tree } from './nest.ts';
import type { Network, Part } from './network.ts';
import { measure } from './paths.ts';

/** Lays a part out as a row of blocks. */
type LayOut = (workshop: Workshop, part: Part) => Blocks;

const byLevel: LayOut = ({ network }, part) => levels(network, part);

const bySeconds: LayOut = ({ network, durations, scratch, paths }, part) => {
  measure(network, durations, scratch, part, paths);
  return byProgress(network, part, durations, paths);
};

/**
 * What all of the search may cost: tasks and edges looked at, for each task of the part at hand. 1,000 tasks take about
 * a third of a second. More makes graphs that are far from series-parallel a few percent faster at most.
 */
const WORK_PER_TASK = 4_000;

/** What a row of blocks may cost to nest along: tasks and edges, times the number of blocks squared. */
const ROW_WORK = { byLevel: 400_000, bySeconds: 100_000 };

/** For random durations: barriers between levels only. */
export function nestByLevels(network: Network, durations: Durations): Nest {
  const workshop = workshopOf(network, durations);
  const limit = blockLimit(network, ROW_WORK.byLevel);
  return nest(workshop, wholeOf(network), (part) => quick(workshop, part, byLevel, limit));
}

/** For known durations: barriers anywhere. Never slower than by levels, which is never slower than by waves. */
export function nestBySeconds(network: Network, durations: Durations): Nest {
  const workshop = workshopOf(network, durations);
  const limit = blockLimit(network, ROW_WORK.bySeconds);
  return nest(workshop, wholeOf(network), (part) => {
    const workLeft = allowance(workshop, part, WORK_PER_TASK);
    const criticalPath = criticalPathOf(workshop, part);
    let best = quick(workshop, part, byLevel, limit);
    for (let blocks = limit; blocks <= 4 * limit && !isAsFast(best, criticalPath); blocks *= 2) {
      const before = workLeft();
      best = fastest(best, thorough(workshop, part, blocks, before));
      // Twice as many blocks are four times the work.
      if (workLeft() < 4 * (before - workLeft())) break;
    }
    return best;
  });
}

function quick(workshop: Workshop, part: Part, layOut: LayOut, limit: number): Nest {
  const { network, durations, scratch, paths } = workshop;
  const blocks = layOut(workshop, part);
  measure(network, durations, scratch, part, paths);
  return nestAlong(merged(blocks, limit, part, durations, paths), workshop, part, (one) =>
    quick(workshop, one, layOut, limit),
  );
}

/**
 * Keeps the first barrier of the quick nest, and looks afresh at what it leaves on either side: there, other paths are
 * the longest.
 */
function thorough(workshop: Workshop, part: Part, limit: number, workPerTask: number): Nest {
  const workLeft = allowance(workshop, part, workPerTask);
  const found = quick(workshop, part, bySeconds, limit);
  const left = workLeft();
  if (left <= 0 || isAsFast(found, criticalPathOf(workshop, part))) return found;
  const sides = sidesOf(found.tree, part, workshop.network.size);
  const afresh = sides.map((side) => nest(workshop, side, (one) => thorough(workshop, one, limit, left)));
  return fastest(found, sequence(afresh));
}

/** What is left, for each task of the part, of the work that may be done from now on. */
function allowance(workshop: Workshop, part: Part, workPerTask: number): () => number {
  const start = workshop.work;
  return () => workPerTask - (workshop.work - start) / part.length;
}

function criticalPathOf({ network, durations, scratch, paths }: Workshop, part: Part): number {
  measure(network, durations, scratch, part, paths);
  return part.reduce((longest, task) => Math.max(longest, paths.head[task] ?? 0), 0);
}

/** How many blocks a row may have: fewer the larger the graph is, so that the work grows with the graph and no faster. */
function blockLimit({ size, before }: Network, work: number): number {
  const edges = before.reduce((sum, dependencies) => sum + dependencies.length, 0);
  return Math.max(4, Math.min(32, Math.floor(Math.sqrt(work / (size + edges)))));
}

function sidesOf(tree: Tree, part: Part, size: number): Part[] {
  if (tree.kind === 'task') return [part];
  const sideOf = new Int32Array(size);
  const note = (inner: Tree, side: number): void => {
    if (inner.kind === 'task') sideOf[inner.task] = side;
    else for (const one of inner.parts) note(one, side);
  };
  for (const [side, inner] of tree.parts.entries()) note(inner, side);
  return tree.parts.map((_, side) => part.filter((task) => sideOf[task] === side));
}

function wholeOf({ size }: Network): Part {
  return Int32Array.from({ length: size }, (_, task) => task);
}
