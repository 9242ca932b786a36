/** An execution on this machine: its progress and its end, its signals, its exit code. */

import { setImmediate } from 'node:timers/promises';
import { hasAwsSettings } from '../../aws/settings.ts';
import type { RunEvent } from '../../history/events.ts';
import type { RunLocallyOptions } from '../../local/index.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import { show } from '../../state-machines/contract/show.ts';
import { type Plan, UsageError } from '../../state-machines/index.ts';
import { EXIT } from '../exit.ts';
import { parseDuration } from '../options/duration.ts';
import type { CommonRunOptions } from '../options/run-options.ts';
import type { FoundPipeline } from '../pipelines.ts';
import { EBBTIDE } from '../render/hints.ts';
import type { Terminal } from '../terminal.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { labelOf, optionsHere } from './where.ts';

export async function carryOut(
  { plan, handlers }: FoundPipeline,
  options: CommonRunOptions,
  which: Pick<RunLocallyOptions, 'input' | 'run' | 'resume'>,
  terminal: Terminal,
  finish: (exitCode: number) => void,
): Promise<void> {
  const { dir, fail, keep, keepOnFailure, json } = options;
  refuseResumeIn(which);
  const common: Omit<RunLocallyOptions, 'signal'> = {
    ...which,
    handlers,
    dir,
    ...(fail && { fail }),
    ...(keep && { keep }),
    ...(keepOnFailure !== undefined && { keepOnFailure: parseDuration(keepOnFailure, '--keep-on-failure') }),
  };
  const [{ runLocally }, { runDisplay }] = await Promise.all([
    import('../../local/index.ts'),
    import('../live/display.ts'),
  ]);
  const display = runDisplay(plan, terminal, {
    where: labelOf({ kind: 'here', dir }),
    // Without it, a pipeline that is deployed is looked for there.
    options: optionsHere(dir, hasAwsSettings(process.env)),
    ...(json && { json }),
  });
  const stop = new AbortController();
  let at: RunEvent['type'] | undefined;
  const release = stopOnSignals({ stop, display, terminal, meaning: () => meaningOfStop(at, plan, options) });
  try {
    const result = await runLocally(plan, {
      ...common,
      signal: stop.signal,
      onProgress: (event) => {
        at = event.type;
        display.show(event);
      },
    });
    finish(result.status === 'SUCCEEDED' ? EXIT.done : EXIT.runFailed);
  } catch (error) {
    // Whatever a stop breaks on the way to the run, such as the bundler, which gets the same signal and may be gone
    // before this process hears of it.
    await setImmediate();
    if (!stop.signal.aborted || error instanceof UsageError) throw error;
    display.close();
    terminal.stderr.write('stopped before the run began\n');
    finish(EXIT.runFailed);
  } finally {
    display.close();
    release();
  }
}

/** Here each run has a folder of its own: an execution that has begun finds nothing of another. */
function refuseResumeIn({ input, resume }: Pick<RunLocallyOptions, 'input' | 'resume'>): void {
  if (resume !== undefined || !isObject(input) || input['resume'] === undefined) return;
  throw new UsageError(
    'InvalidInput',
    `the input says resume: ${show(input['resume'])}, which is for executions on AWS; on this machine it is ${EBBTIDE} resume <run>`,
  );
}

/** In lines that are short enough for most terminals. */
function meaningOfStop(
  at: RunEvent['type'] | undefined,
  plan: Plan,
  { keep, keepOnFailure }: CommonRunOptions,
): string {
  if (at === undefined || at === 'run-started' || at === 'synthesis-started') return 'the run has not begun yet';
  const kept = keep || keepOnFailure !== undefined;
  const data = kept ? 'what the run left is kept' : 'what the run left is being cleaned up';
  if (at === 'cleanup-started' || at === 'cleanup-ended') return `the run is ending by itself, ${data}`;
  return `running tasks end at once${plan.hooks.length > 0 ? ', the hooks still run' : ''}\n${data}`;
}
