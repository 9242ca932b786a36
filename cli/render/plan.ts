import { formatCount } from '../../history/units.ts';
import type { LimitShare } from '../../state-machines/compiler/limit-shares.ts';
import type { CompiledPipeline, Plan } from '../../state-machines/index.ts';
import { conditionText } from './condition.ts';
import { renderCost, type ShownCost } from './plan/cost.ts';
import { renderGraph, renderStructure } from './plan/graph.ts';
import { eachText, hookText } from './plan/hooks.ts';
import { renderLimits } from './plan/limits.ts';
import { section } from './plan/lines.ts';
import { renderWaits } from './plan/waits.ts';

export interface ShownPlan {
  readonly plan: Plan;
  readonly compiled: Pick<
    CompiledPipeline,
    'structure' | 'statesEntered' | 'waits' | 'criticalPathSeconds' | 'makespanSeconds'
  >;
  readonly limits: readonly LimitShare[];
  readonly cost: ShownCost;
}

export function renderPlan({ plan, compiled, limits, cost }: ShownPlan): string {
  const waves = plan.waves();
  const hinted = plan.tasks.some(({ expectedSeconds }) => expectedSeconds !== undefined);
  return [
    `${plan.pipeline}: ${formatCount(plan.taskCount, 'task')} in ${formatCount(waves.length, 'wave')}`,
    '',
    'the graph, wave by wave (← what a task waits for):',
    ...renderGraph(waves, compiled.waits),
    ...section(
      'that run for each chunk of a list:',
      plan.tasks.flatMap(({ name, each }) => (each ? [[name, eachText(each)]] : [])),
    ),
    ...section(
      'that run only on a condition:',
      plan.tasks.flatMap(({ name, when }) => (when ? [[name, conditionText(when)]] : [])),
    ),
    ...section(
      'hooks:',
      plan.hooks.map((hook) => [hook.name, hookText(hook)]),
    ),
    '',
    'how the state machine nests them (a bracket: at the same time):',
    ...renderStructure(compiled.structure).map((line) => `  ${line}`),
    ...renderWaits({ ...compiled, hinted }),
    '',
    `${compiled.statesEntered} states entered when all goes well`,
    ...renderCost(cost),
    ...renderLimits(limits),
  ].join('\n');
}
