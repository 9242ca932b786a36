import { TaskTimedOutError } from './errors.ts';

/** The share of an attempt's time that is kept for failing in good order: a marker written, an upload aborted. */
const RESERVE_SHARE = 0.1;
const RESERVE_MS = { least: 200, most: 10_000 };

/** A signal that fires before the time is over. `clear` it when the work is done. */
export function abortBefore(remainingMs: number): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const reserveMs = Math.min(RESERVE_MS.most, Math.max(RESERVE_MS.least, remainingMs * RESERVE_SHARE));
  const afterMs = Math.max(0, remainingMs - reserveMs);
  const timer = setTimeout(() => {
    controller.abort(
      new TaskTimedOutError(
        `the attempt was stopped after ${(afterMs / 1000).toFixed(1)} s, shortly before its timeout of ${Math.round(remainingMs / 1000)} s (timeoutSeconds)`,
      ),
    );
  }, afterMs);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

/**
 * What comes of the work, which goes on where nobody waits for it any more.
 *
 * @throws the signal's reason, as soon as it is aborted
 */
export async function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
