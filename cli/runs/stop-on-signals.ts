/** What Ctrl-C, and whatever else asks this process to end, does to a run. */

import { constants } from 'node:os';
import type { RunDisplay } from '../live/display.ts';
import type { Terminal } from '../terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StoppedRun {
  readonly stop: AbortController;
  readonly display: Pick<RunDisplay, 'say' | 'close'>;
  readonly terminal: Terminal;
  /** What is to be said at the first signal, as the run then is. */
  readonly meaning: () => string;
}

/**
 * The first signal stops the run in good order; whoever sends a second one does not want to wait.
 *
 * @returns takes no notice of signals any longer
 */
export function stopOnSignals({ stop, display, terminal, meaning }: StoppedRun): () => void {
  return onSignals((signal) => {
    if (stop.signal.aborted) {
      // The kernel and the shell both tell of a terminal that was closed.
      if (signal === 'SIGHUP') return;
      display.close();
      terminal.stderr.write('quitting: the next ebbtide command cleans up what the run left\n');
      process.exit(128 + constants.signals[signal]);
    }
    display.say(`stopping: ${meaning()}\nonce more to quit at once: the next ebbtide command then does that`);
    stop.abort();
  });
}

export interface WatchedRun {
  /** Aborted with the signal's name. */
  readonly watching: AbortController;
  readonly display: Pick<RunDisplay, 'close'>;
  readonly terminal: Terminal;
  /** The commands that watch it again, and that stop it. */
  readonly again: { readonly watch: string; readonly stop: string };
}

/**
 * A signal ends only the watching; the run goes on.
 *
 * @returns takes no notice of signals any longer
 */
export function watchSignals({ watching, display, terminal, again }: WatchedRun): () => void {
  return onSignals((signal) => {
    if (watching.signal.aborted) process.exit(128 + constants.signals[signal]);
    display.close();
    terminal.stderr.write(
      `no longer watching; the run goes on\n  to watch it again: ${again.watch}\n  to stop it: ${again.stop}\n`,
    );
    watching.abort(signal);
  });
}

function onSignals(act: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of SIGNALS) process.on(signal, act);
  return () => {
    for (const signal of SIGNALS) process.off(signal, act);
  };
}
