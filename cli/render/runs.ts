import type { RunSummary } from '../../history/runs.ts';
import { formatCount, formatDuration, formatTime } from '../../history/units.ts';
import { printableIn } from '../printable.ts';
import type { StyleText } from '../terminal.ts';
import { RUN_STYLES } from './statuses.ts';
import { renderTable } from './table.ts';

/** Of one pipeline. @param now milliseconds since 1970 */
export function renderRuns(runs: readonly RunSummary[], now: number, style: StyleText): string {
  const header = ['run', 'status', 'started (UTC)', 'time'].map((title) => style('dim', title));
  const rows = printableIn(runs).map(({ run, execution, status, startedAt, endedAt, died, keptUntil }) => [
    execution === undefined ? run : `${run} ${style('dim', `resumed as ${execution}`)}`,
    style(RUN_STYLES[status], status) +
      (died ? style('yellow', ' (its process died)') : '') +
      (keptUntil === undefined ? '' : style('dim', ` (kept until ${formatTime(keptUntil)})`)),
    startedAt.slice(0, 19).replace('T', ' '),
    formatDuration((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt)),
  ]);
  const table = renderTable([header, ...rows], ['left', 'left', 'left', 'right']);
  return `${table}\n${style('dim', formatCount(runs.length, 'run'))}`;
}
