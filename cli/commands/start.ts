import { Command } from 'commander';
import { UsageError } from '../../state-machines/contract/errors.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import { show } from '../../state-machines/contract/show.ts';
import { parseInput } from '../options/input.ts';
import { loadPipeline } from '../pipelines.ts';
import { commandFor, EBBTIDE } from '../render/hints.ts';
import { carryOut } from '../runs/carry-out.ts';
import { watchRun } from '../runs/watch-run.ts';
import { type Place, Places, type WhereOptions, whereOptions } from '../runs/where.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends WhereOptions {
  readonly input?: string;
  readonly name?: string;
  readonly watch?: true;
  readonly json?: true;
}

export function startCommand(terminal: Terminal, finish: (exitCode: number) => void): Command {
  const command = new Command('start')
    .description('start a run of a pipeline that is deployed; on this machine the same as run')
    .argument('<pipeline>', 'its name')
    .option('--input <json>', "the execution's input: JSON, or @file")
    .option('--name <run>', "the run's id (default: the time and four digits)")
    .option('--watch', 'follow it until it is over');
  return whereOptions(command)
    .option('--json', 'print which run it is as JSON, or with --watch what happens, one event a line')
    .action(async (pipeline: string, options: Options) => {
      const input = options.input === undefined ? {} : parseInput(options.input);
      if (isObject(input) && input['resume'] !== undefined)
        throw new UsageError(
          'InvalidInput',
          `the input has "resume": ${show(input['resume'])}; to go on with a run: ${EBBTIDE} resume ${pipeline} <run>`,
        );
      const place = await new Places(options, terminal).of(pipeline);
      if (!place.aws) {
        const found = await loadPipeline(pipeline);
        const { name, json, dir } = options;
        terminal.stderr.write(`"${pipeline}" runs ${place.label}, in this process: Ctrl-C stops it\n`);
        const which = { input, ...(name !== undefined && { run: name }) };
        return carryOut(found, { dir, ...(json && { json }) }, which, terminal, finish);
      }
      const { run, executionArn, url } = await place.aws.start({
        input,
        ...(options.name !== undefined && { name: options.name }),
      });
      if (options.watch) return finish(await watchRun({ place, run }, options, terminal));
      const started = { pipeline, run, executionArn };
      terminal.stdout.write(`${options.json ? JSON.stringify(started, null, 2) : inWords(place, run, url)}\n`);
    });
}

function inWords(place: Place, run: string, url: string): string {
  return [
    `started the run ${run} of ${place.runs.pipeline} ${place.label}`,
    `to follow it: ${commandFor('watch', place, run)}`,
    `console: ${url}`,
  ].join('\n');
}
