import type { Command } from 'commander';
import { DEFAULT_DIR } from '../../history/dir-option.ts';

/** What can be said of every execution on this machine. */
export interface CommonRunOptions {
  readonly input?: string;
  readonly fail?: readonly string[];
  readonly keep?: true;
  readonly keepOnFailure?: string;
  readonly dir: string;
  readonly json?: true;
}

export function commonRunOptions(command: Command): Command {
  return command
    .option('--input <json>', "the execution's input: JSON, or @file")
    .option(
      '--fail <task[:times[:error]]>',
      'make attempts of a task or a hook fail, with task/chunk those of one chunk; can be given again',
      collect,
    )
    .option('--keep', 'keep the intermediates for a day, however the run ends, to look at them')
    .option('--keep-on-failure <duration>', 'keep those of a run that does not succeed, to resume it: 90m, 2h, 3d')
    .option('--dir <folder>', 'where runs keep their data', DEFAULT_DIR)
    .option(
      '--json',
      'print each event of the run as a line of JSON, the last one with its RunResult, and nothing else',
    );
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
