import { constants } from 'node:os';
import { Command } from 'commander';
import type { RunLocallyOptions } from '../../local/index.ts';
import { UsageError } from '../../state-machines/index.ts';
import { EXIT } from '../exit.ts';
import { parseInput } from '../input.ts';
import { loadPipeline } from '../pipelines.ts';
import { progressLines } from '../render/progress.ts';
import { renderRun } from '../render/run.ts';
import { styler, type Terminal } from '../terminal.ts';

interface Options {
  readonly input?: string;
  readonly run?: string;
  readonly fail?: readonly string[];
  readonly keep?: true;
  readonly dir: string;
  readonly json?: true;
}

export function runCommand(terminal: Terminal, finish: (exitCode: number) => void): Command {
  return new Command('run')
    .description('run a pipeline on this machine, as it would be deployed')
    .argument('<pipeline>', 'its name')
    .option('--input <json>', "the execution's input: JSON, or @file")
    .option('--run <id>', "the run's id (default: the time and four digits)")
    .option(
      '--fail <task[:times[:error]]>',
      'make attempts of a task or a hook fail, with task/chunk those of one chunk; can be given again',
      collect,
    )
    .option('--keep', 'leave the intermediates where they are, to look at them')
    .option('--dir <folder>', 'where runs keep their data', '.ebbtide')
    .option('--json', 'print the RunResult as JSON, and nothing else')
    .action(async (name: string, options: Options) => {
      const input = options.input === undefined ? {} : parseInput(options.input);
      const { plan, handlers } = await loadPipeline(name);
      const { runLocally } = await import('../../local/index.ts');
      const stop = new AbortController();
      const release = stopOnSignals(stop, terminal);
      const style = styler(terminal.stdout);
      const print = (line: string) => terminal.stdout.write(`${line}\n`);
      const onProgress = progressLines(print, style);
      try {
        const common: RunLocallyOptions = {
          handlers,
          input,
          dir: options.dir,
          signal: stop.signal,
          ...(options.run !== undefined && { run: options.run }),
          ...(options.fail && { fail: options.fail }),
          ...(options.keep && { keep: true }),
        };
        const result = await runLocally(plan, {
          ...common,
          onProgress: (event) => {
            if (event.type === 'run-ended') warnOfUnreached(event.unreached, terminal);
            if (options.json) return;
            onProgress(event);
            if (event.type === 'run-ended') print(renderRun(event.result, event.results, event.folder, style));
          },
        });
        if (options.json) print(JSON.stringify(result, null, 2));
        finish(result.status === 'SUCCEEDED' ? EXIT.done : EXIT.runFailed);
      } catch (error) {
        // Whatever a stop breaks on the way to the run, such as the bundler, which gets the same signal.
        if (!stop.signal.aborted || error instanceof UsageError) throw error;
        terminal.stderr.write('stopped before the run began\n');
        finish(EXIT.runFailed);
      } finally {
        release();
      }
    });
}

/** A run that nothing failed in has not shown that it survives a failure. */
function warnOfUnreached(unreached: readonly string[], terminal: Terminal): void {
  for (const name of unreached) terminal.stderr.write(`--fail ${name} met no attempt: nothing was made to fail\n`);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal stops the run in good order; whoever sends a second one does not want to wait. */
function stopOnSignals(stop: AbortController, terminal: Terminal): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      terminal.stderr.write('quitting: what the run left stays in its folder\n');
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
