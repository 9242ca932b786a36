import { Command } from 'commander';
import { carryOut } from '../carry-out.ts';
import { parseInput } from '../input.ts';
import { loadPipeline } from '../pipelines.ts';
import { type CommonRunOptions, commonRunOptions } from '../run-options.ts';
import type { Terminal } from '../terminal.ts';

export function resumeCommand(terminal: Terminal, finish: (exitCode: number) => void): Command {
  const command = new Command('resume')
    .description(
      'go on with a run on this machine that did not succeed and is kept: what has committed does not run again',
    )
    .argument('<pipeline>', 'its name')
    .argument('<run>', "the run's id");
  return commonRunOptions(command).action(async (name: string, resume: string, options: CommonRunOptions) => {
    const input = options.input === undefined ? undefined : parseInput(options.input);
    const found = await loadPipeline(name);
    await carryOut(found, options, { resume, ...(input !== undefined && { input }) }, terminal, finish);
  });
}
