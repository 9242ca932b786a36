import { Command } from 'commander';
import { printableIn, printableJson } from '../printable.ts';
import { renderHistory } from '../render/history.ts';
import { writeNotes } from '../runs/plan-of-run.ts';
import { Places, type WhereOptions, whereOptions } from '../runs/where.ts';
import { runArguments } from '../runs/which-run.ts';
import { styler, type Terminal } from '../terminal.ts';

interface Options extends WhereOptions {
  readonly json?: true;
}

export function showCommand(terminal: Terminal): Command {
  const command = new Command('show').description(
    'show a run: its tasks, its errors, its data, where its logs are; with --verbose all attempts, and where all logs are',
  );
  return whereOptions(runArguments(command, 'the latest one'))
    .option('--json', 'print its history, where it is and its links as JSON, and nothing else')
    .action(async (pipeline: string | undefined, run: string | undefined, options: Options) => {
      const { runToShow } = await import('../runs/run-shown.ts');
      const { place, history, links, notes } = await runToShow([pipeline, run], new Places(options, terminal));
      if (options.json) {
        writeNotes(notes, terminal);
        terminal.stdout.write(`${printableJson({ ...history, where: place.runs.where, links }, 2)}\n`);
        return;
      }
      const verbose = command.optsWithGlobals<{ readonly verbose?: true }>().verbose ?? false;
      const shown = { ...printableIn({ history, links, notes }), place, verbose, now: Date.now() };
      terminal.stdout.write(`${renderHistory(shown, styler(terminal.stdout))}\n`);
    });
}
