/**
 * How long tasks take, in one case or in many at once.
 *
 * With hints there is one case. Without, a structure has to do well whatever the durations turn out to be, so it is
 * chosen by its mean over random ones. They come from a generator with a fixed seed: the same graph compiles to the same
 * machine everywhere.
 */

export interface Durations {
  readonly cases: number;
  /** The seconds of a task: `cases` numbers from `task * cases` on. */
  readonly seconds: Float64Array;
}

/** Enough for a stable choice: 128 choose hardly better ones and take four times as long. */
const CASES = 32;
const SEED = 1;

/** Exponential: most tasks are short and a few take long, as in real workflows. */
export function randomDurations(tasks: number): Durations {
  const random = generator(SEED);
  return { cases: CASES, seconds: Float64Array.from({ length: tasks * CASES }, () => -Math.log(1 - random())) };
}

export function knownDurations(seconds: readonly number[]): Durations {
  return { cases: 1, seconds: Float64Array.from(seconds) };
}

/** Uniform in [0, 1). Mulberry32, by Tommy Ettinger (public domain). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
