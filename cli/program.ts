/** The command line: what can be said, and what becomes of errors. Commands live in commands/, one file each. */

import { Command, CommanderError } from 'commander';
import { ContractError, UsageError } from '../state-machines/contract/errors.ts';
import { GraphError } from '../state-machines/graph/errors.ts';
import { listCommand } from './commands/list.ts';
import { planCommand } from './commands/plan.ts';
import { reapCommand } from './commands/reap.ts';
import { reportCommand } from './commands/report.ts';
import { resumeCommand } from './commands/resume.ts';
import { runCommand } from './commands/run.ts';
import { showCommand } from './commands/show.ts';
import { startCommand } from './commands/start.ts';
import { stopCommand } from './commands/stop.ts';
import { watchCommand } from './commands/watch.ts';
import { DEFAULT_DIR } from './dir.ts';
import { EXIT } from './exit.ts';
import { finalizeDeadRuns } from './finalize-dead.ts';
import type { Terminal } from './terminal.ts';

/** @returns the exit code */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.done;
  const finish = (code: number) => {
    exitCode = code;
  };
  const program = new Command('ebbtide')
    .description('Runs typed task graphs as Step Functions state machines that leave no intermediate data behind.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    });
  const commands = [
    runCommand(terminal, finish),
    startCommand(terminal, finish),
    watchCommand(terminal, finish),
    listCommand(terminal),
    showCommand(terminal),
    reportCommand(terminal),
    stopCommand(terminal),
    resumeCommand(terminal, finish),
    reapCommand(terminal, finish),
    planCommand(terminal),
  ];
  for (const command of commands) program.addCommand(command.copyInheritedSettings(program));
  program.hook('preAction', async (_, command) => {
    // It sees to them itself, and counts them.
    if (command.name() === 'reap') return;
    await finalizeDeadRuns(command.opts<{ readonly dir?: string }>().dir ?? DEFAULT_DIR, terminal);
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has printed its own errors; help and version are no errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
    if (error instanceof UsageError || error instanceof GraphError || error instanceof ContractError) {
      terminal.stderr.write(`${error.message}\n`);
      return EXIT.wrongUse;
    }
    throw error;
  }
  return exitCode;
}
