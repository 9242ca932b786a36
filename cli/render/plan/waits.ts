/** The waits that only the nesting adds, and what they cost. */

import type { TaskWaits } from '../../../state-machines/compiler/waits.ts';
import { listed } from './lines.ts';

export interface ShownWaits {
  readonly waits: readonly TaskWaits[];
  readonly criticalPathSeconds: number;
  readonly makespanSeconds: number;
  /** A task says how long it takes. */
  readonly hinted: boolean;
}

export function renderWaits({ waits, criticalPathSeconds, makespanSeconds, hinted }: ShownWaits): string[] {
  const nested = waits
    .flatMap(({ task, nesting }) => (nesting ? [{ task, ...nesting }] : []))
    .sort((a, b) => b.seconds - a.seconds);
  const basis = hinted ? 'by expectedSeconds' : 'if every task took 1 s: none has expectedSeconds';
  const spans = `the longest path of the graph takes ${inSeconds(criticalPathSeconds)}, the nested machine ${inSeconds(makespanSeconds)} (${basis})`;
  if (nested.length === 0) return ['', 'no task waits for one that it does not depend on', spans];
  const nameWidth = Math.max(...nested.map(({ task }) => task.length));
  const secondsWidth = Math.max(...nested.map(({ seconds }) => inSeconds(seconds).length));
  return [
    '',
    'waits that are in the nesting only, and how long each task stands still for them, the longest first:',
    ...nested.flatMap(({ task, behind, seconds }) =>
      listed(`  ${task.padEnd(nameWidth)}  ${inSeconds(seconds).padStart(secondsWidth)}  for `, behind),
    ),
    spans,
  ];
}

function inSeconds(seconds: number): string {
  return `${seconds.toLocaleString('en-US', { maximumFractionDigits: 1 })} s`;
}
