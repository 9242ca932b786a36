import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import type { ReapSummary } from '../../lambdas/reaper/summary.ts';
import { UsageError } from '../../state-machines/index.ts';
import { DEFAULT_DIR } from '../dir.ts';
import { EXIT } from '../exit.ts';
import { loadProjectPlan } from '../pipelines.ts';
import { renderReap } from '../render/reap.ts';
import { styler, type Terminal } from '../terminal.ts';

interface Options {
  readonly dryRun?: true;
  readonly function?: string;
  readonly dir: string;
  readonly json?: true;
}

export function reapCommand(terminal: Terminal, finish: (exitCode: number) => void): Command {
  return new Command('reap')
    .description('see to runs that are over: finalize what nobody has, delete what is left')
    .argument('[pipeline]', 'whose runs (default: those of all pipelines here)')
    .option('--dry-run', 'only tell what would be done')
    .option('--function <name>', 'on AWS: the name or ARN of the reaper function of a pipeline that is deployed')
    .option('--dir <folder>', 'where runs of this machine keep their data', DEFAULT_DIR)
    .option('--json', 'print the summary as JSON, and nothing else')
    .action(async (pipeline: string | undefined, options: Options) => {
      const dryRun = options.dryRun ?? false;
      try {
        const summary =
          options.function === undefined
            ? await reapHere(pipeline, dryRun, options.dir, terminal)
            : await reapThere(pipeline, dryRun, options.function);
        const shown = options.json
          ? JSON.stringify(summary, null, 2)
          : renderReap(summary, dryRun, styler(terminal.stdout));
        terminal.stdout.write(`${shown}\n`);
        finish(summary.failed > 0 ? EXIT.runFailed : EXIT.done);
      } catch (error) {
        if (!(error instanceof Error && error.name === 'AwsError')) throw error;
        terminal.stderr.write(`${error.message}\n`);
        finish(EXIT.runFailed);
      }
    });
}

async function reapThere(pipeline: string | undefined, dryRun: boolean, name: string): Promise<ReapSummary> {
  if (pipeline !== undefined)
    throw new UsageError(
      'InvalidOption',
      `"${pipeline}" and --function ${name}: a reaper function is of one pipeline; name the one or the other`,
    );
  if (name === '') throw new UsageError('InvalidOption', '--function: give the name or the ARN of a reaper function');
  const { invokeReaper } = await import('../../aws/index.ts');
  return invokeReaper(name, dryRun);
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
    onFailed: (what, error) => terminal.stderr.write(`${what}: ${error.message}\n`),
  });
}
