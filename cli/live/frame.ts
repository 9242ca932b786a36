/** One picture of a run that goes on, as lines that fit a terminal. */

import type { RunHistory } from '../../history/run-history.ts';
import { formatBytes, formatCount, formatWholeSeconds } from '../../history/units.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import { fold } from './fold.ts';
import type { Place } from './outline.ts';
import { countsOf, type Row, rowsOf } from './rows.ts';
import type { Look } from './signs.ts';
import { type Table, tableLines } from './table.ts';
import { cut } from './width.ts';

export interface View {
  readonly plan: Plan;
  readonly outline: readonly Place[];
  readonly history: RunHistory;
  /** In words. */
  readonly where?: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What it is at before anything of the run begins. */
  readonly preparing: string;
  /** What the command has to say meanwhile. */
  readonly messages: readonly string[];
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** At most `rows - 1` lines, each narrower than `columns`: the cursor's own line is below them. */
export function frameOf(view: View, { columns, rows }: Size, look: Look): string[] {
  const width = columns - 1;
  const room = rows - 1;
  const all = rowsOf(view.plan, view.outline, view.history, view.now);
  const footer = [footerOf(view, all, look), ...view.messages.map((message) => look.style('yellow', message))];
  const whole = [headOf(view, look), '', ...tableLines(all, tableOf(view, width), look), '', ...footer];
  const tight = whole.filter((line) => line !== '');
  const lines = [whole, tight].find(({ length }) => length <= room) ?? folded(view, all, footer, { room, width }, look);
  // Of a terminal of a few rows, the last lines.
  return lines.slice(Math.max(0, lines.length - room)).map((line) => cut(line, width, look.signs.cut));
}

/** All of it, however long: what stays of a run that is over. */
export function lastFrameOf(view: View, columns: number, look: Look): string[] {
  const width = columns - 1;
  const rows = rowsOf(view.plan, view.outline, view.history, view.now);
  const lines = [headOf(view, look), '', ...tableLines(rows, tableOf(view, width), look)];
  return lines.map((line) => cut(line, width, look.signs.cut));
}

function folded(
  view: View,
  all: readonly Row[],
  footer: readonly string[],
  { room, width }: { readonly room: number; readonly width: number },
  look: Look,
): string[] {
  const flat = all.map((row): Row => ({ ...row, guide: '', below: '', around: false }));
  // Beside them are the run's name, the titles of the columns, and what counts the rows left out, above and below.
  const { rows, above, below } = fold(flat, Math.max(0, room - footer.length - 4));
  const count = (hidden: readonly Row[]) =>
    hidden.length === 0 ? [] : [look.style('dim', `  ${look.signs.cut} ${countsOf(hidden)}`)];
  const [titles = '', ...lines] = tableLines(rows, { ...tableOf(view, width), all: flat }, look);
  return [headOf(view, look), titles, ...count(above), ...lines, ...count(below), ...footer];
}

function tableOf({ history, now }: View, width: number): Table {
  return { width, startedAt: Date.parse(history.startedAt), now };
}

function headOf({ history, where }: View, { style }: Look): string {
  const { pipeline, run, execution } = history;
  const resumed = execution === undefined ? '' : `, execution ${execution}`;
  return `${style('bold', pipeline)}${where === undefined ? '' : ` ${where}:`} ${style('dim', `run ${run}${resumed}`)}`;
}

function footerOf({ history, now, preparing }: View, rows: readonly Row[], { style, signs, turn }: Look): string {
  const { phase, held, startedAt, tasks } = history;
  const spinner = style('cyan', signs.spinner[turn % signs.spinner.length] ?? '');
  const elapsed = formatWholeSeconds(now - Date.parse(startedAt));
  if (phase === 'preparing') return [`${spinner} ${preparing}`, elapsed].join(signs.between);
  const hooks = new Set(tasks.filter(({ hook }) => hook).map(({ name }) => name));
  const own = rows.filter(({ name, around }) => !around && !hooks.has(name));
  const doing = { tasks: '', finalizing: 'hooks', cleanup: 'cleaning up', over: '' }[phase];
  return [
    ...(doing ? [`${spinner} ${doing}`] : []),
    `${formatCount(own.length, 'task')}: ${countsOf(own)}`,
    `${formatBytes(held.at(-1)?.bytes ?? 0)} held`,
    elapsed,
  ].join(signs.between);
}
