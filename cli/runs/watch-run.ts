/** Follows a run that somebody else carries out: Step Functions, or another process of this machine. */

import { constants } from 'node:os';
import type { RunResult } from '../../state-machines/contract/result.ts';
import { EXIT } from '../exit.ts';
import type { RunDisplay } from '../live/display.ts';
import { commandFor } from '../render/hints.ts';
import type { Terminal } from '../terminal.ts';
import { planOfRun, tryLoadPlan, writeNotes } from './plan-of-run.ts';
import { watchSignals } from './stop-on-signals.ts';
import type { ChosenRun } from './which-run.ts';

interface Options {
  /** One event a line, and nothing else. */
  readonly json?: true | undefined;
}

/**
 * Shows a run until it is over, and how it ended. A signal ends the watching, not the run.
 *
 * @returns the exit code: by the run's status, or that of a process that was interrupted
 */
export async function watchRun(chosen: ChosenRun, { json }: Options, terminal: Terminal): Promise<number> {
  const { place, run } = chosen;
  const watching = new AbortController();
  const again = { watch: commandFor('watch', place, run), stop: commandFor('stop', place, run) };
  let display: RunDisplay | undefined;
  const release = watchSignals({ watching, display: { close: () => display?.close() }, terminal, again });
  try {
    const result = await follow(chosen, { json, signal: watching.signal }, terminal, (made) => {
      display = made;
    });
    if (watching.signal.aborted) return 128 + constants.signals[watching.signal.reason as NodeJS.Signals];
    if (!result)
      throw new Error(`the run ${run} tells no more, though it has not ended; to look again: ${again.watch}`);
    if (result.status === 'SUCCEEDED') return EXIT.done;
    if (place.aws && !json) terminal.stdout.write(`its errors and its logs: ${commandFor('show', place, run)}\n`);
    return EXIT.runFailed;
  } catch (error) {
    display?.close();
    // What keeps it from being watched does not keep it from going on.
    if (display) terminal.stderr.write(`no longer watching; to watch it again: ${again.watch}\n`);
    throw error;
  } finally {
    display?.close();
    release();
  }
}

/** @returns undefined where the run has not ended before the signal */
async function follow(
  { place: { runs, label, options }, run }: ChosenRun,
  { json, signal }: Options & { readonly signal: AbortSignal },
  terminal: Terminal,
  onDisplay: (display: RunDisplay) => void,
): Promise<RunResult | undefined> {
  const [loaded, { runDisplay }] = await Promise.all([tryLoadPlan(runs.pipeline), import('../live/display.ts')]);
  let display: RunDisplay | undefined;
  let result: RunResult | undefined;
  for await (const event of runs.events(run, { follow: true, signal })) {
    if (!display) {
      const tasks = event.type === 'run-started' ? event.tasks : [];
      const { plan, notes } = planOfRun(runs.pipeline, tasks, loaded);
      writeNotes(notes, terminal);
      display = runDisplay(plan, terminal, { where: label, options, ...(json && { json }) });
      onDisplay(display);
    }
    display.show(event);
    if (event.type === 'run-ended') result = event.result;
  }
  return result;
}
