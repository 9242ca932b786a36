import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError, inWords } from './errors.ts';
import type { Pace } from './read-history.ts';

/** So long may a network be gone, or AWS be asked too much, before whoever watches a run is told. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Asks again what could not be asked: a laptop that slept or changed its network goes on watching.
 *
 * @throws AwsError when that took too long, and at once for anything else
 */
export async function patiently<T>(ask: () => Promise<T>, { longestMs }: Pace, signal?: AbortSignal): Promise<T> {
  const began = Date.now();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const told = inWords(error);
      if (!isPassing(told) || Date.now() - began > PATIENCE_MS) throw told;
      await sleep(longestMs, undefined, { signal });
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof AwsError && (error.code === 'AwsUnreachable' || error.code === 'AwsThrottled');
}
