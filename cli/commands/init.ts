import { Command } from 'commander';
import { initiate } from '../init/init.ts';
import { writeAll } from '../init/write.ts';
import { renderInit } from '../render/init.ts';
import { styler, type Terminal } from '../terminal.ts';

interface Options {
  readonly dryRun?: true;
  readonly json?: true;
}

export function initCommand(terminal: Terminal): Command {
  return new Command('init')
    .description('write a new pipeline into this folder: its graph, handlers, test and stack')
    .argument('<pipeline>', 'its name')
    .option('--dry-run', 'write nothing, only say what would be written')
    .option('--json', 'print it as JSON')
    .action((name: string, { dryRun, json }: Options) => {
      const initiation = initiate(name, process.cwd());
      const { pipeline, project, files, changes, next, app, deploy } = initiation;
      if (!dryRun) writeAll(project.root, files, changes);
      const pathsOf = (all: readonly { readonly path: string }[]) => all.map(({ path }) => path);
      const answer = json
        ? JSON.stringify({ pipeline, files: pathsOf(files), changes: pathsOf(changes), next, app, deploy }, null, 2)
        : renderInit(initiation, dryRun ?? false, styler(terminal.stdout));
      terminal.stdout.write(`${answer}\n`);
    });
}
