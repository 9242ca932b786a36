/** The longest paths through the tasks of a part, and what a barrier makes of them. */

import type { Durations } from './durations.ts';
import type { Network, Part, Scratch } from './network.ts';

/** By task and case, as in `Durations`; only the entries of the part last measured mean anything. */
export interface Paths {
  /** The longest path that ends with the task. */
  readonly head: Float64Array;
  /** The longest path that starts with the task. */
  readonly tail: Float64Array;
}

export function noPaths({ seconds }: Durations): Paths {
  return { head: new Float64Array(seconds.length), tail: new Float64Array(seconds.length) };
}

export function measure(
  { before, after }: Network,
  durations: Durations,
  scratch: Scratch,
  part: Part,
  paths: Paths,
): void {
  const inPart = scratch.mark(part);
  for (const task of part) extend(paths.head, task, before[task]);
  for (let i = part.length - 1; i >= 0; i--) extend(paths.tail, part[i] ?? 0, after[part[i] ?? 0]);

  function extend(lengths: Float64Array, task: number, neighbours: Int32Array | undefined): void {
    const { cases, seconds } = durations;
    const at = task * cases;
    for (let i = at; i < at + cases; i++) lengths[i] = 0;
    for (const other of neighbours ?? []) {
      if (scratch.marks[other] === inPart) raise(lengths, at, lengths, other * cases, cases);
    }
    for (let i = at; i < at + cases; i++) lengths[i] = (lengths[i] ?? 0) + (seconds[i] ?? 0);
  }
}

/**
 * What the part takes at least with a barrier before each of the blocks that its tasks are in: the longest path on the
 * one side and then the longest on the other, in the mean over the cases.
 * @param blockOf by task; the blocks are `first` to `first + blocks - 1`
 * @returns by block, from `first` on; the first entry, which is no barrier, is the critical path
 */
export function barrierCosts(
  part: Part,
  blockOf: Int32Array,
  [first, blocks]: readonly [first: number, blocks: number],
  { cases }: Durations,
  { head, tail }: Paths,
): Float64Array {
  const upTo = new Float64Array(blocks * cases);
  const from = new Float64Array(blocks * cases);
  for (const task of part) {
    const at = ((blockOf[task] ?? 0) - first) * cases;
    raise(upTo, at, head, task * cases, cases);
    raise(from, at, tail, task * cases, cases);
  }
  for (let block = 1; block < blocks; block++) raise(upTo, block * cases, upTo, (block - 1) * cases, cases);
  for (let block = blocks - 2; block >= 0; block--) raise(from, block * cases, from, (block + 1) * cases, cases);
  const costs = new Float64Array(blocks);
  for (let block = 0; block < blocks; block++) {
    let sum = 0;
    for (let i = block * cases; i < (block + 1) * cases; i++) sum += (from[i] ?? 0) + (upTo[i - cases] ?? 0);
    costs[block] = sum / cases;
  }
  return costs;
}

/** Raises `count` numbers to those of another place, where these are higher. */
function raise(lengths: Float64Array, at: number, others: Float64Array, otherAt: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const other = others[otherAt + i] ?? 0;
    if (other > (lengths[at + i] ?? 0)) lengths[at + i] = other;
  }
}
