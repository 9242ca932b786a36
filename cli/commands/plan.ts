import { Command } from 'commander';
import { limitShares } from '../../state-machines/compiler/limit-shares.ts';
import { UsageError } from '../../state-machines/contract/errors.ts';
import { costOf, type Month } from '../../state-machines/cost/cost.ts';
import { compile } from '../../state-machines/index.ts';
import { loadPipeline } from '../pipelines.ts';
import { renderMermaid } from '../render/plan/mermaid.ts';
import { renderPlan } from '../render/plan.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  readonly json?: true;
  readonly mermaid?: true;
  readonly schedule?: string;
  readonly runsPerMonth?: string;
  readonly seconds?: Readonly<Record<string, number>>;
  readonly chunks?: Readonly<Record<string, number>>;
}

export function planCommand(terminal: Terminal): Command {
  return new Command('plan')
    .description('show how a pipeline will run: graph, waits, nesting, what it costs, how near its limits are')
    .argument('<pipeline>', 'its name')
    .option('--json', 'print it as JSON')
    .option('--mermaid', 'print the graph as a Mermaid flowchart, and nothing else')
    .option('--schedule <expression>', 'what a month costs at rate(1 hour) or cron(30 6 * * ? *)')
    .option('--runs-per-month <n>', 'what a month costs at so many runs')
    .option(
      '--seconds <task=n>',
      'how long one invocation of it takes, for the cost; can be given again',
      collect('--seconds'),
    )
    .option('--chunks <task=n>', 'how many chunks it has, for the cost; can be given again', collect('--chunks'))
    .action(async (name: string, options: Options) => {
      if (options.json && options.mermaid) throw new UsageError('InvalidOption', 'give --json or --mermaid, not both');
      const { plan } = await loadPipeline(name);
      if (options.mermaid) {
        terminal.stdout.write(`${renderMermaid(plan)}\n`);
        return;
      }
      const month = await monthIn(options);
      const compiled = compile(plan, { limits: 'report' });
      const { structure, statesEntered, definitionBytes, criticalPathSeconds, makespanSeconds, waits } = compiled;
      const limits = limitShares(plan, compiled.limits);
      const { seconds, chunks, schedule } = options;
      const cost = {
        ...costOf(plan, statesEntered, { ...(seconds && { seconds }), ...(chunks && { chunks }) }, month),
        ...(schedule !== undefined && { when: schedule }),
      };
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
        waits,
        cost,
        limits,
      };
      const text = options.json ? JSON.stringify(shown, null, 2) : renderPlan({ plan, compiled, limits, cost });
      terminal.stdout.write(`${text}\n`);
      // One that is over a limit is shown, and then refused as a deployment would refuse it.
      if (compiled.limits.some(({ used, limit }) => used > limit)) compile(plan);
    });
}

async function monthIn({ schedule, runsPerMonth }: Options): Promise<Month | undefined> {
  if (schedule === undefined && runsPerMonth === undefined) return undefined;
  if (schedule !== undefined && runsPerMonth !== undefined)
    throw new UsageError('InvalidOption', 'give --schedule or --runs-per-month, not both');
  // The parser of cron expressions is loaded where there is one.
  const { monthOf, monthOfRuns } = await import('../options/month.ts');
  return schedule === undefined ? monthOfRuns(Number(runsPerMonth)) : monthOf(schedule, new Date());
}

/** `extract=3`, collected by its name. */
function collect(option: string) {
  return (value: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> => {
    const [, name, number] = /^([^=]+)=([0-9]+(?:\.[0-9]+)?)$/.exec(value) ?? [];
    if (name === undefined)
      throw new UsageError('InvalidOption', `${option}: "${value}" is not <task>=<number>, such as extract=3`);
    return { ...before, [name]: Number(number) };
  };
}
