import { Command } from 'commander';
import { formatReleased, formatTime } from '../../history/units.ts';
import type { RunResult } from '../../state-machines/index.ts';
import { DEFAULT_DIR } from '../dir.ts';
import { finalizeDeadRuns } from '../finalize-dead.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  readonly dir: string;
  readonly json?: true;
}

export function stopCommand(terminal: Terminal): Command {
  return new Command('stop')
    .description('stop a run on this machine, and wait until it is cleaned up')
    .argument('<pipeline>', 'its name')
    .argument('[run]', "the run's id (default: the one that is running)")
    .option('--dir <folder>', 'where runs keep their data', DEFAULT_DIR)
    .option('--json', 'print the RunResult as JSON, and nothing else')
    .action(async (pipeline: string, run: string | undefined, { dir, json }: Options) => {
      const { stopRun } = await import('../../local/index.ts');
      const onAsked = (id: string, pid: number) =>
        terminal.stderr.write(`stopping the run ${id} (process ${pid}): what it left is being cleaned up\n`);
      const stopped = await stopRun({ dir, pipeline, onAsked, ...(run !== undefined && { run }) });
      // A process that took no notice of the signal but to die.
      const finalized = 'died' in stopped ? await finalizeDeadRuns(dir, terminal) : [];
      const result =
        'result' in stopped ? stopped.result : finalized.find((one) => one.result.run === stopped.run)?.result;
      if (!result) throw new Error(`the run ${stopped.run} has died and could not be finalized`);
      terminal.stdout.write(`${json ? JSON.stringify(result, null, 2) : endOf(result)}\n`);
    });
}

function endOf({ run, status, released, keptUntil }: RunResult): string {
  const gone = `${formatReleased(released)}; ${released.left} left`;
  return `the run ${run} ended ${status}; ${gone}${keptUntil ? `, kept until ${formatTime(keptUntil)}` : ''}`;
}
