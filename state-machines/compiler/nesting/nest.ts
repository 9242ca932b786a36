/** A nested part, with how long it takes. */

import type { Durations } from './durations.ts';

export interface Nest {
  readonly tree: Tree;
  /** By case. */
  readonly seconds: Float64Array;
  readonly meanSeconds: number;
}

/** A nest of tasks by number; its sequences may hold sequences, its parallels parallels. */
export type Tree =
  | { readonly kind: 'task'; readonly task: number }
  | { readonly kind: 'sequence' | 'parallel'; readonly parts: readonly Tree[] };

export function taskNest(task: number, { cases, seconds }: Durations): Nest {
  return nestOf({ kind: 'task', task }, seconds.subarray(task * cases, (task + 1) * cases));
}

export function sequence(parts: readonly Nest[]): Nest {
  return nestOf(
    { kind: 'sequence', parts: parts.map((part) => part.tree) },
    byCase(parts, (sum, seconds) => sum + seconds),
  );
}

export function parallel(parts: readonly Nest[]): Nest {
  return nestOf(
    { kind: 'parallel', parts: parts.map((part) => part.tree) },
    byCase(parts, (longest, seconds) => Math.max(longest, seconds)),
  );
}

/** The first of the fastest. */
export function fastest(first: Nest, ...others: readonly Nest[]): Nest {
  return others.reduce((best, other) => (other.meanSeconds < best.meanSeconds ? other : best), first);
}

function nestOf(tree: Tree, seconds: Float64Array): Nest {
  return { tree, seconds, meanSeconds: seconds.reduce((sum, one) => sum + one, 0) / seconds.length };
}

function byCase(parts: readonly Nest[], combine: (soFar: number, seconds: number) => number): Float64Array {
  const total = new Float64Array(parts[0]?.seconds.length ?? 0);
  for (const { seconds } of parts) {
    for (let i = 0; i < total.length; i++) total[i] = combine(total[i] ?? 0, seconds[i] ?? 0);
  }
  return total;
}
