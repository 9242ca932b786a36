import { Command } from 'commander';
import { compile } from '../../state-machines/index.ts';
import { loadPipeline } from '../pipelines.ts';
import { renderPlan } from '../render/plan.ts';
import type { Terminal } from '../terminal.ts';

export function planCommand(terminal: Terminal): Command {
  return new Command('plan')
    .description('show how a pipeline will run: its waves, its hooks, its nesting, its size')
    .argument('<pipeline>', 'its name')
    .option('--json', 'print it as JSON')
    .action(async (name: string, options: { readonly json?: true }) => {
      const { plan } = await loadPipeline(name);
      const { structure, statesEntered, definitionBytes, criticalPathSeconds, makespanSeconds } = compile(plan);
      const shown = {
        pipeline: plan.pipeline,
        taskCount: plan.taskCount,
        waves: plan.waves(),
        tasks: plan.tasks.map(({ name, dependencies, when, each }) => ({
          name,
          dependencies,
          ...(when && { when }),
          ...(each && { each }),
        })),
        hooks: plan.hooks.map(({ name, hook, owner, about, dependencies }) => ({
          name,
          hook,
          owner,
          about,
          dependencies,
        })),
        structure,
        statesEntered,
        definitionBytes,
        criticalPathSeconds,
        makespanSeconds,
      };
      terminal.stdout.write(`${options.json ? JSON.stringify(shown, null, 2) : renderPlan(shown)}\n`);
    });
}
