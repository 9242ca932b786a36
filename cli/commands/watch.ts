import { Command } from 'commander';
import { watchRun } from '../runs/watch-run.ts';
import { Places, type WhereOptions, whereOptions } from '../runs/where.ts';
import { chooseRun, runArguments } from '../runs/which-run.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends WhereOptions {
  readonly json?: true;
}

export function watchCommand(terminal: Terminal, finish: (exitCode: number) => void): Command {
  const command = new Command('watch').description('follow a run until it is over; Ctrl-C ends only the watching');
  return whereOptions(runArguments(command, 'the latest one'))
    .option('--json', 'print what happens as JSON, one event a line, and nothing else')
    .action(async (pipeline: string | undefined, run: string | undefined, options: Options) => {
      const chosen = await chooseRun([pipeline, run], new Places(options, terminal), 'the latest one');
      finish(await watchRun(chosen, options, terminal));
    });
}
