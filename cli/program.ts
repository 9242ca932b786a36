/** The command line: what can be said, and what becomes of errors. Commands live in commands/, one file each. */

import { Command, CommanderError } from 'commander';
import { DEFAULT_DIR } from '../history/dir-option.ts';
import type { CliErrorCode } from '../state-machines/contract/error-codes.ts';
import { initCommand } from './commands/init.ts';
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
import { EXIT } from './exit.ts';
import { ownVersion } from './own-package.ts';
import { exitCodeOf, renderError } from './render/error.ts';
import { finalizeDeadRuns } from './runs/finalize-dead.ts';
import { styler, type Terminal } from './terminal.ts';

/** @returns the exit code */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.done;
  const finish = (code: number) => {
    exitCode = code;
  };
  const program = new Command('ebbtide')
    .description('Runs typed task graphs as Step Functions state machines that leave no intermediate data behind.')
    .version(ownVersion(), '--version', 'print the version')
    .option('--verbose', 'with an error, also print its stack and its causes')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      // Told below, as any other error.
      outputError: () => undefined,
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
    initCommand(terminal),
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
    // Help and version are no errors, and have been printed.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.wrongUse;
    const told = error instanceof CommanderError ? invalidCommand(error) : error;
    const verbose = program.opts<{ readonly verbose?: true }>().verbose ?? false;
    const json = args.includes('--json');
    terminal.stderr.write(`${renderError(told, { verbose, json, style: styler(terminal.stderr) })}\n`);
    return exitCodeOf(told);
  }
  return exitCode;
}

/** Commander's own: an unknown command or option, a missing or a superfluous argument. */
function invalidCommand({ message, stack }: CommanderError): Error {
  const code = 'InvalidCommand' satisfies CliErrorCode;
  const said = message.replace(/^error: /, '').replaceAll('\n', ' ');
  return Object.assign(new Error(`${said}; ebbtide --help, or --help behind a command, shows what there is`), {
    code,
    stack,
  });
}
