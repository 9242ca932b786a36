import { Command } from 'commander';
import { parseInput } from '../options/input.ts';
import { type CommonRunOptions, commonRunOptions } from '../options/run-options.ts';
import { loadPipeline } from '../pipelines.ts';
import { carryOut } from '../runs/carry-out.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends CommonRunOptions {
  readonly run?: string;
}

export function runCommand(terminal: Terminal, finish: (exitCode: number) => void): Command {
  const command = new Command('run')
    .description('run a pipeline on this machine, as it would be deployed')
    .argument('<pipeline>', 'its name')
    .option('--run <id>', "the run's id (default: the time and four digits)");
  return commonRunOptions(command).action(async (name: string, options: Options) => {
    const input = options.input === undefined ? {} : parseInput(options.input);
    const found = await loadPipeline(name);
    const { run } = options;
    await carryOut(found, options, { input, ...(run !== undefined && { run }) }, terminal, finish);
  });
}
