import { constants } from 'node:os';
import type { Terminal } from './terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal stops the run in good order; whoever sends a second one does not want to wait. */
export function stopOnSignals(stop: AbortController, terminal: Terminal): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      terminal.stderr.write('quitting: the next ebbtide command cleans up what the run left\n');
      process.exit(128 + constants.signals[signal]);
    }
    terminal.stderr.write('stopping: what the run left is being cleaned up (once more to quit at once)\n');
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
