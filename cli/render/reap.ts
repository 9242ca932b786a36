import { formatCount } from '../../history/units.ts';
import type { ReapSummary } from '../../lambdas/reaper/summary.ts';
import type { Style, StyleText } from '../terminal.ts';
import { renderTable } from './table.ts';

/** What a visit of the reaper found, and what became of it, for people. */
export function renderReap(summary: ReapSummary, dryRun: boolean, style: StyleText): string {
  const total = Object.values(summary).reduce((sum, count) => sum + count, 0);
  if (total === 0) return 'nothing is left of any run';
  const deleted = dryRun ? 'would be deleted' : 'deleted';
  const finalized = dryRun ? 'would be finalized, or deleted' : 'finalized, or deleted';
  const rows: readonly (readonly [keyof ReapSummary, name: string, what: string, Style])[] = [
    ['active', 'active', 'an execution or its finalizer works on them', 'green'],
    ['kept', 'kept', 'over, and kept until their lease ends', 'cyan'],
    ['expired', 'expired', `their lease was over: ${deleted}`, 'yellow'],
    ['released', 'released', `written to after their end: ${deleted}`, 'yellow'],
    ['orphansFound', 'orphans', `nobody had seen to their end: ${finalized}`, 'yellow'],
    ['failed', 'failed', "nothing could be done: the reaper's log says why", 'red'],
  ];
  const table = renderTable(
    rows.map(([fate, name, what, color]) => [
      summary[fate] > 0 ? style(color, name) : name,
      String(summary[fate]),
      style('dim', what),
    ]),
    ['left', 'right', 'left'],
  );
  const title = `${formatCount(total, 'run')}${dryRun ? ', and nothing was done' : ''}`;
  return `${style('bold', title)}\n${table}`;
}
