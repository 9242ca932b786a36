/** How much of each limit is used, and which ends the growth of the graph. */

import type { LimitShare } from '../../../state-machines/compiler/limit-shares.ts';
import { section } from './lines.ts';

export function renderLimits(shares: readonly LimitShare[]): string[] {
  const ofGraph = shares.filter(({ of }) => of === 'graph');
  const [first] = ofGraph;
  return [
    ...section(
      'limits that the graph grows towards:',
      ofGraph.map((share) => row(share, 'largest part')),
      ALIGN,
    ),
    ...(first ? [`what ends its growth first: ${first.name}`] : []),
    ...section(
      'limits of one task, and the most that any asks for:',
      shares.filter(({ of }) => of === 'task').map((share) => row(share, 'by')),
      ALIGN,
    ),
  ];
}

const ALIGN = ['left', 'right', 'left', 'left', 'right', 'left'] as const;

function row({ name, used, allowed, unit, percent, most }: LimitShare, lead: string): string[] {
  const over = used > allowed ? 'OVER; ' : '';
  return [
    name,
    used.toLocaleString('en-US'),
    `of ${allowed.toLocaleString('en-US')}`,
    unit,
    `${percent.toFixed(percent < 10 ? 1 : 0)} %`,
    over + (most === undefined ? '' : `${lead}: ${most}`),
  ];
}
