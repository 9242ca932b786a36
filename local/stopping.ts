import type { OnProgress } from './progress.ts';

/**
 * A run can be stopped until its cleanup begins. From then on it ends by itself, soon: stopped in the middle it would
 * have neither its records, from which its result is told, nor its cleanup done.
 *
 * @param signal what stops the run
 * @param onProgress is told of the run, as before
 */
export function untilCleanup(
  signal: AbortSignal | undefined,
  onProgress: OnProgress,
): { readonly signal: AbortSignal; readonly onProgress: OnProgress } {
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  return {
    signal: stop.signal,
    onProgress(event) {
      if (event.type === 'cleanup-started' || event.type === 'run-ended') signal?.removeEventListener('abort', abort);
      onProgress(event);
    },
  };
}
