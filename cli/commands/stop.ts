import { Command } from 'commander';
import { formatReleased, formatTime } from '../../history/units.ts';
import type { RunResult } from '../../state-machines/index.ts';
import { printableIn, printableJson } from '../printable.ts';
import { Places, type WhereOptions, whereOptions } from '../runs/where.ts';
import { chooseRun, runArguments } from '../runs/which-run.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends WhereOptions {
  readonly json?: true;
}

export function stopCommand(terminal: Terminal): Command {
  const command = new Command('stop').description('stop a run, and wait until it is cleaned up');
  return whereOptions(runArguments(command, 'the one that is running'))
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
