import { Command } from 'commander';
import type { RunsOnAws } from '../../aws/index.ts';
import { UsageError } from '../../state-machines/index.ts';
import { parseInput } from '../options/input.ts';
import { type CommonRunOptions, commonRunOptions } from '../options/run-options.ts';
import { loadPipeline } from '../pipelines.ts';
import { carryOut } from '../runs/carry-out.ts';
import { watchRun } from '../runs/watch-run.ts';
import { awsOptions, Places, type WhereOptions } from '../runs/where.ts';
import { type ChosenRun, chooseRun } from '../runs/which-run.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends CommonRunOptions, WhereOptions {
  readonly name?: string;
}

export function resumeCommand(terminal: Terminal, finish: (exitCode: number) => void): Command {
  const command = new Command('resume')
    .description('go on with a run that did not succeed and is kept: what has committed does not run again')
    .argument('[pipeline]', "its name, or the run's id alone")
    .argument('[run]', "the run's id")
    .option('--name <execution>', 'on AWS: the name of the new execution (default: the time and four digits)');
  return commonRunOptions(awsOptions(command)).action(
    async (pipeline: string | undefined, run: string | undefined, options: Options) => {
      const input = options.input === undefined ? undefined : parseInput(options.input);
      const chosen = await chooseRun([pipeline, run], new Places(options, terminal), 'none');
      const given = input === undefined ? {} : { input };
      const { aws } = chosen.place;
      if (!aws) {
        if (options.name !== undefined) throw onlyThere('--name', 'on AWS');
        const { RunsHere } = await import('../../local/runs-here.ts');
        const { pipeline } = chosen.place.runs;
        const resume = new RunsHere({ dir: options.dir, pipeline }).runOf(chosen.run) ?? chosen.run;
        return carryOut(await loadPipeline(pipeline), options, { resume, ...given }, terminal, finish);
      }
      finish(await resumeThere(aws, chosen, given, options, terminal));
    },
  );
}

async function resumeThere(
  aws: RunsOnAws,
  { place, run }: ChosenRun,
  given: { readonly input?: unknown },
  { fail, keep, keepOnFailure, name, json }: Options,
  terminal: Terminal,
): Promise<number> {
  const option = fail ? '--fail' : keep ? '--keep' : keepOnFailure === undefined ? undefined : '--keep-on-failure';
  if (option !== undefined) throw onlyThere(option, 'on this machine');
  const { executionArn } = await aws.resume(run, { ...given, ...(name !== undefined && { name }) });
  const execution = executionArn.split(':').at(-1) ?? run;
  return watchRun({ place, run: execution }, json ? { json } : {}, terminal);
}

function onlyThere(option: string, where: string): UsageError {
  return new UsageError('InvalidOption', `${option} is for runs ${where} only; leave it out`);
}
