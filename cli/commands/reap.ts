import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import type { ReapSummary } from '../../lambdas/reaper/summary.ts';
import { UsageError } from '../../state-machines/index.ts';
import { EXIT } from '../exit.ts';
import { loadProjectPlan } from '../pipelines.ts';
import { printable } from '../printable.ts';
import { renderReap } from '../render/reap.ts';
import { Places, type WhereOptions, whereOptions } from '../runs/where.ts';
import { onlyPipeline, placeOfKnown } from '../runs/which-run.ts';
import { styler, type Terminal } from '../terminal.ts';

interface Options extends WhereOptions {
  readonly dryRun?: true;
  readonly function?: string;
  readonly json?: true;
}

export function reapCommand(terminal: Terminal, finish: (exitCode: number) => void): Command {
  const command = new Command('reap')
    .description('see to runs that are over: finalize what nobody has, delete what is left')
    .argument('[pipeline]', 'whose runs (default: those of all pipelines on this machine)')
    .option('--dry-run', 'only tell what would be done')
    .option('--function <name>', 'on AWS: the name or ARN of the reaper function, instead of looking for it');
  return whereOptions(command)
    .option('--json', 'print the summary as JSON, and nothing else')
    .action(async (pipeline: string | undefined, options: Options) => {
      const dryRun = options.dryRun ?? false;
      const { summary, about } =
        options.function === undefined
          ? await reapWhereItIs(pipeline, dryRun, options, terminal)
          : await reapThere(pipeline, dryRun, options.function);
      const style = styler(terminal.stdout);
      const told = `${about === undefined ? '' : `${style('dim', about)}\n`}${renderReap(summary, dryRun, style)}`;
      terminal.stdout.write(`${options.json ? JSON.stringify(summary, null, 2) : told}\n`);
      finish(summary.failed > 0 ? EXIT.runFailed : EXIT.done);
    });
}

interface Reaped {
  readonly summary: ReapSummary;
  /** Whose runs, and where. */
  readonly about?: string;
}

async function reapThere(pipeline: string | undefined, dryRun: boolean, name: string): Promise<Reaped> {
  if (pipeline !== undefined)
    throw new UsageError(
      'InvalidOption',
      `"${pipeline}" and --function ${name}: a reaper function is of one pipeline; name the one or the other`,
    );
  if (name === '') throw new UsageError('InvalidOption', '--function: give the name or the ARN of a reaper function');
  const { invokeReaper } = await import('../../aws/index.ts');
  return { summary: await invokeReaper(name, dryRun) };
}

async function reapWhereItIs(
  pipeline: string | undefined,
  dryRun: boolean,
  options: Options,
  terminal: Terminal,
): Promise<Reaped> {
  const places = new Places(options, terminal);
  const which = pipeline ?? (places.onlyAws ? await onlyPipeline(places) : undefined);
  if (which === undefined) {
    const summary = await reapHere(undefined, dryRun, options.dir, terminal);
    return { summary, about: `all pipelines, on this machine, ${options.dir}` };
  }
  const { aws, label } = await placeOfKnown(which, places);
  const summary = aws ? await aws.reap({ dryRun }) : await reapHere(which, dryRun, options.dir, terminal);
  return { summary, about: `${which} ${label}` };
}

async function reapHere(
  pipeline: string | undefined,
  dryRun: boolean,
  dir: string,
  terminal: Terminal,
): Promise<ReapSummary> {
  if (pipeline !== undefined && !existsSync(join(dir, pipeline)))
    throw new UsageError('UnknownPipeline', `no pipeline "${pipeline}" has had a run in ${resolve(dir)}`);
  const { reapLocally } = await import('../../local/index.ts');
  return reapLocally({
    dir,
    dryRun,
    ...(pipeline !== undefined && { pipeline }),
    load: loadProjectPlan,
    onFailed: (what, error) => terminal.stderr.write(`${what}: ${printable(error.message)}\n`),
  });
}
