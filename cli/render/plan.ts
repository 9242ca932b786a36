import { formatBytes, formatCount } from '../../history/units.ts';
import { DEFINITION_BYTES } from '../../state-machines/compiler/limits.ts';
import type { PlannedCondition, PlannedEach, PlannedHook } from '../../state-machines/graph/plan.ts';
import type { Structure } from '../../state-machines/index.ts';
import { conditionText } from './condition.ts';
import { renderTable } from './table.ts';

export interface ShownPlan {
  readonly pipeline: string;
  readonly taskCount: number;
  readonly waves: readonly (readonly string[])[];
  readonly tasks: readonly ShownTask[];
  readonly hooks: readonly ShownHook[];
  readonly structure: Structure;
  readonly statesEntered: number;
  readonly definitionBytes: number;
}

export interface ShownTask {
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly when?: PlannedCondition;
  readonly each?: PlannedEach;
}

export type ShownHook = Pick<PlannedHook, 'name' | 'hook' | 'owner' | 'about' | 'dependencies'>;

export function renderPlan(plan: ShownPlan): string {
  const share = ((plan.definitionBytes / DEFINITION_BYTES) * 100).toFixed(1);
  return [
    `${plan.pipeline}: ${formatCount(plan.taskCount, 'task')} in ${formatCount(plan.waves.length, 'wave')}`,
    '',
    ...plan.waves.map((wave, index) => `  wave ${index}  ${wave.join(', ')}`),
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
    'how the state machine nests them:',
    ...renderStructure(plan.structure, '  '),
    '',
    `${plan.statesEntered} states entered when all goes well`,
    `${formatBytes(plan.definitionBytes)} of definition, ${share} % of what Step Functions takes`,
  ].join('\n');
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const lines = renderTable(rows, ['left', 'left']).split('\n');
  return ['', title, ...lines.map((line) => `  ${line}`)];
}

function eachText({ task, output, maxChunks, maxConcurrency, batchSize, toleratedFailures }: PlannedEach): string {
  const batches = batchSize > 1 ? ` in batches of ${batchSize}` : '';
  const tolerated =
    'percentage' in toleratedFailures
      ? `${toleratedFailures.percentage} % may fail`
      : toleratedFailures.count > 0
        ? `${toleratedFailures.count} may fail`
        : 'none may fail';
  return `${task}.${output}: ${formatCount(maxChunks, 'chunk')} at the most${batches}, ${maxConcurrency} at once, ${tolerated}`;
}

function hookText({ hook, owner }: Pick<PlannedHook, 'hook' | 'owner'>): string {
  const of = owner.kind === 'group' ? ` of the group ${owner.group}` : '';
  switch (hook) {
    case 'errors':
      return owner.kind === 'task' ? `when ${owner.task} has failed` : `when a task${of} has failed`;
    case 'finally':
      return owner.kind === 'group' ? `always, after the tasks${of}` : 'always, at the end of the run';
    case 'after-execution':
      return 'when the execution has ended';
    default:
      return hook satisfies never;
  }
}

function renderStructure(structure: Structure, indent: string): string[] {
  switch (structure.kind) {
    case 'task':
      return [indent + structure.task];
    case 'sequence':
      return [
        `${indent}one after the other`,
        ...structure.parts.flatMap((part) => renderStructure(part, `${indent}  `)),
      ];
    case 'parallel':
      return [`${indent}at the same time`, ...structure.parts.flatMap((part) => renderStructure(part, `${indent}  `))];
    default:
      return structure satisfies never;
  }
}
