import type { Structure } from '../../state-machines/index.ts';
import { formatBytes, formatCount } from './units.ts';

export interface ShownPlan {
  readonly pipeline: string;
  readonly taskCount: number;
  readonly waves: readonly (readonly string[])[];
  readonly structure: Structure;
  readonly statesEntered: number;
  readonly definitionBytes: number;
}

const DEFINITION_LIMIT = 1_048_576;

export function renderPlan(plan: ShownPlan): string {
  const share = ((plan.definitionBytes / DEFINITION_LIMIT) * 100).toFixed(1);
  return [
    `${plan.pipeline}: ${formatCount(plan.taskCount, 'task')} in ${formatCount(plan.waves.length, 'wave')}`,
    '',
    ...plan.waves.map((wave, index) => `  wave ${index}  ${wave.join(', ')}`),
    '',
    'how the state machine nests them:',
    ...renderStructure(plan.structure, '  '),
    '',
    `${plan.statesEntered} states entered when all goes well`,
    `${formatBytes(plan.definitionBytes)} of definition, ${share} % of what Step Functions takes`,
  ].join('\n');
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
