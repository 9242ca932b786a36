import { Command } from 'commander';
import { formatReleased, formatTime } from '../../history/units.ts';
import type { RunResult } from '../../state-machines/index.ts';
import { printableIn, printableJson } from '../printable.ts';
import type { Terminal } from '../terminal.ts';
import { Places, type WhereOptions, whereOptions } from '../where.ts';
import { chooseRun } from '../which-run.ts';

interface Options extends WhereOptions {
  readonly json?: true;
}

export function stopCommand(terminal: Terminal): Command {
  const command = new Command('stop')
    .description('stop a run, and wait until it is cleaned up')
    .argument('[pipeline]', 'its name, or the id of a run of any pipeline (default: the only pipeline there is)')
    .argument('[run]', "the run's id (default: the one that is running)");
  return whereOptions(command)
    .option('--json', 'print the RunResult as JSON, and nothing else')
    .action(async (pipeline: string | undefined, run: string | undefined, options: Options) => {
      const places = new Places(options, terminal);
      const { place, run: id } = await chooseRun([pipeline, run], places, 'the one that is running');
      const onAsked = (who: string) =>
        terminal.stderr.write(
          `stopping the run ${id} of ${place.runs.pipeline} ${place.label} (${who}): what it left is being cleaned up${place.aws ? '; Ctrl-C ends only the waiting for that' : ''}\n`,
        );
      const result = await place.runs.stop(id, onAsked);
      terminal.stdout.write(`${options.json ? printableJson(result, 2) : endOf(printableIn(result))}\n`);
    });
}

function endOf({ run, status, released, keptUntil }: RunResult): string {
  const gone = `${formatReleased(released)}; ${released.left} left`;
  return `the run ${run} ended ${status}; ${gone}${keptUntil ? `, kept until ${formatTime(keptUntil)}` : ''}`;
}
