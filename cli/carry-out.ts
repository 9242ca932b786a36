/** An execution on this machine: its progress and its end as lines, its signals, its exit code. */

import type { Denial, ProgressEvent, RunLocallyOptions } from '../local/index.ts';
import { UsageError } from '../state-machines/index.ts';
import { parseDuration } from './duration.ts';
import { EXIT } from './exit.ts';
import type { FoundPipeline } from './pipelines.ts';
import { NOT_CHECKED, renderDenials } from './render/denials.ts';
import { progressLines } from './render/progress.ts';
import { renderRun } from './render/run.ts';
import type { CommonRunOptions } from './run-options.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { styler, type Terminal } from './terminal.ts';

export async function carryOut(
  { plan, handlers }: FoundPipeline,
  options: CommonRunOptions,
  which: Pick<RunLocallyOptions, 'input' | 'run' | 'resume'>,
  terminal: Terminal,
  finish: (exitCode: number) => void,
): Promise<void> {
  const { dir, fail, keep, keepOnFailure, json } = options;
  const common: Omit<RunLocallyOptions, 'signal'> = {
    ...which,
    handlers,
    dir,
    ...(fail && { fail }),
    ...(keep && { keep }),
    ...(keepOnFailure !== undefined && { keepOnFailure: parseDuration(keepOnFailure, '--keep-on-failure') }),
  };
  const { runLocally } = await import('../local/index.ts');
  const stop = new AbortController();
  const release = stopOnSignals(stop, terminal);
  const style = styler(terminal.stdout);
  const print = (line: string) => terminal.stdout.write(`${line}\n`);
  const onProgress = progressLines(print, style);
  const denials: Denial[] = [];
  try {
    const result = await runLocally(plan, {
      ...common,
      signal: stop.signal,
      onProgress: (event) => {
        if (event.type === 'run-ended') warnOfUnreached(event.unreached ?? [], terminal);
        if (event.type === 'denied') denials.push(event.denial);
        if (json) return warnOfPermissions(event, terminal);
        onProgress(event);
        if (event.type !== 'run-ended') return;
        print(renderRun(event.result, event.results ?? [], event.folder ?? '', style));
        const succeeded = event.result.status === 'SUCCEEDED';
        if (denials.length > 0) print(`\n${renderDenials(denials, succeeded, style)}`);
      },
    });
    if (json) print(JSON.stringify(result, null, 2));
    finish(result.status === 'SUCCEEDED' ? EXIT.done : EXIT.runFailed);
  } catch (error) {
    // Whatever a stop breaks on the way to the run, such as the bundler, which gets the same signal.
    if (!stop.signal.aborted || error instanceof UsageError) throw error;
    terminal.stderr.write('stopped before the run began\n');
    finish(EXIT.runFailed);
  } finally {
    release();
  }
}

/** A run that nothing failed in has not shown that it survives a failure. */
function warnOfUnreached(unreached: readonly string[], terminal: Terminal): void {
  for (const name of unreached) terminal.stderr.write(`--fail ${name} met no attempt: nothing was made to fail\n`);
}

/** Where the answer is JSON, beside it. */
function warnOfPermissions(event: ProgressEvent, terminal: Terminal): void {
  if (event.type === 'denied') terminal.stderr.write(`denied: ${event.denial.message}\n`);
  if (event.type === 'permissions-not-checked') terminal.stderr.write(`${NOT_CHECKED}\n`);
}
