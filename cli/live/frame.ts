/** One picture of a run that goes on, as lines that fit a terminal. */

import { stripVTControlCharacters } from 'node:util';
import sliceAnsi from 'slice-ansi';
import type { RunHistory } from '../../history/run-history.ts';
import { formatBytes, formatCount, formatDuration } from '../../history/units.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import type { Style } from '../terminal.ts';
import { fold } from './fold.ts';
import type { Place } from './outline.ts';
import { countsOf, type Row, rowsOf } from './rows.ts';
import { type Signs, STYLES, WORDS } from './signs.ts';

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

export interface Look {
  readonly signs: Signs;
  readonly style: (style: Style, text: string) => string;
  /** Counts up from one picture to the next. */
  readonly turn: number;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** At most `rows - 1` lines, each narrower than `columns`: the cursor's own line is below them. */
export function frameOf(view: View, { columns, rows }: Size, look: Look): string[] {
  const width = columns - 1;
  const all = rowsOf(view.plan, view.outline, view.history, view.now);
  const footer = [footerOf(view, all, look), ...view.messages.map((message) => look.style('yellow', message))];
  const room = rows - 1;
  const head = [headOf(view, look), ''];
  const whole = [...head, ...linesOf(view, all, width, look), '', ...footer];
  const lines = whole.length <= room ? whole : folded(view, all, head, footer, room, width, look);
  // Of a terminal of a few rows, the last lines.
  return lines.slice(Math.max(0, lines.length - room)).map((line) => cut(line, width, look.signs));
}

/** All of it, however long: what stays of a run that is over. */
export function lastFrameOf(view: View, columns: number, look: Look): string[] {
  const rows = rowsOf(view.plan, view.outline, view.history, view.now);
  const lines = [headOf(view, look), '', ...linesOf(view, rows, columns - 1, look)];
  return lines.map((line) => cut(line, columns - 1, look.signs));
}

function folded(
  view: View,
  all: readonly Row[],
  head: readonly string[],
  footer: readonly string[],
  room: number,
  width: number,
  look: Look,
): string[] {
  const flat = all.map((row): Row => ({ ...row, guide: '', below: '', around: false }));
  const [title = ''] = head;
  // Beside them the titles of the columns, and what counts the rows left out.
  const { rows, above, below } = fold(flat, Math.max(0, room - footer.length - 4));
  const count = (hidden: readonly Row[]) =>
    hidden.length === 0 ? [] : [`  ${look.style('dim', moreOf(hidden, look))}`];
  const [columns = '', ...lines] = linesOf(view, rows, width, look, flat);
  return [title, columns, ...count(above), ...lines, ...count(below), ...footer];
}

function moreOf(hidden: readonly Row[], { signs }: Look): string {
  return `${signs.cut} ${countsOf(hidden)}`;
}

function headOf({ history, where }: View, { style }: Look): string {
  const { pipeline, run, execution } = history;
  const resumed = execution === undefined ? '' : `, execution ${execution}`;
  return `${style('bold', pipeline)}${where === undefined ? '' : ` ${where}:`} ${style('dim', `run ${run}${resumed}`)}`;
}

function footerOf({ history, now, preparing }: View, rows: readonly Row[], { style, signs, turn }: Look): string {
  const { phase, held, startedAt, tasks } = history;
  const spinner = style('cyan', signs.spinner[turn % signs.spinner.length] ?? '');
  const elapsed = formatDuration(wholeSeconds(now - Date.parse(startedAt))).replace('.0 s', ' s');
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

/** The titles of the columns, then each row, with what failed in it below. */
function linesOf(view: View, rows: readonly Row[], width: number, look: Look, all: readonly Row[] = rows): string[] {
  const columns = columnsFor(view, all, width);
  const lines = [titlesOf(columns, look)];
  for (const [index, row] of rows.entries()) {
    if (row.around && index > 0 && !rows[index - 1]?.around) lines.push('');
    lines.push(lineOf(row, columns, view, look));
    if (row.error !== undefined) {
      lines.push(`  ${look.style('dim', row.below)}  ${look.style('red', oneLine(row.error))}`);
    }
  }
  return lines;
}

interface Columns {
  readonly name: number;
  readonly time: number;
  /** Narrow terminals have no room for bytes. */
  readonly bytes: boolean;
  readonly note: number;
}

const WORD_WIDTH = 9;
const BYTES_WIDTH = 8;
const NOTE_WANTED = 24;

function columnsFor({ history, now }: View, rows: readonly Row[], width: number): Columns {
  const longest = Math.max(4, ...rows.map(({ guide, name }) => guide.length + name.length));
  const name = Math.min(longest, Math.max(12, Math.floor(width * 0.35)));
  // It only ever grows.
  const time = Math.max(6, formatDuration(now - Date.parse(history.startedAt)).length);
  const left = width - (4 + name + 2 + WORD_WIDTH + 2 + time + 2);
  const bytes = left >= 2 * (BYTES_WIDTH + 2) + NOTE_WANTED;
  return { name, time, bytes, note: bytes ? left - 2 * (BYTES_WIDTH + 2) : left };
}

function titlesOf({ name, time, bytes }: Columns, { style }: Look): string {
  const figures = bytes ? `  ${'in'.padStart(BYTES_WIDTH)}  ${'out'.padStart(BYTES_WIDTH)}` : '';
  return style('dim', `    ${'task'.padEnd(name)}  ${'status'.padEnd(WORD_WIDTH)}  ${'time'.padStart(time)}${figures}`);
}

function lineOf(row: Row, columns: Columns, { now }: View, look: Look): string {
  const { signs, style, turn } = look;
  const { status, guide } = row;
  const running = status === 'RUNNING';
  const sign = running ? (signs.spinner[turn % signs.spinner.length] ?? '') : signs.states[status];
  const label = cutText(row.name, columns.name - guide.length, signs).padEnd(Math.max(0, columns.name - guide.length));
  const bytes = (count: number | undefined) => (count === undefined ? '' : formatBytes(count)).padStart(BYTES_WIDTH);
  return [
    `  ${style('dim', guide)}${style(STYLES[status], sign)} ${status === 'WAITING' ? style('dim', label) : label}`,
    style(STYLES[status], WORDS[status].padEnd(WORD_WIDTH)),
    timeOf(row, now).padStart(columns.time),
    ...(columns.bytes ? [bytes(row.bytesIn), bytes(row.bytesOut)] : []),
    `${barOf(row, columns.note, look)}${style('dim', row.note)}`,
  ]
    .join('  ')
    .trimEnd();
}

/** Of what goes on, whole seconds: tenths would only be restless. */
function timeOf({ startedAt, endedAt }: Row, now: number): string {
  if (startedAt === undefined) return '';
  if (endedAt !== undefined) return formatDuration(endedAt - startedAt);
  return formatDuration(wholeSeconds(now - startedAt)).replace('.0 s', ' s');
}

const LEAST_BAR = 6;
const BAR = 20;

function barOf({ progress, note }: Row, width: number, { signs, style }: Look): string {
  const room = Math.min(BAR, width - note.length - 3);
  if (!progress || progress.total === 0 || room < LEAST_BAR) return '';
  const cells = (count: number) => Math.floor((room * count) / progress.total);
  const succeeded = cells(progress.succeeded);
  // One that failed among thousands is seen.
  const failed = Math.min(room - succeeded, progress.failed > 0 ? Math.max(1, cells(progress.failed)) : 0);
  const { bar } = signs;
  const left = bar.left.repeat(room - succeeded - failed);
  return `${style('green', bar.succeeded.repeat(succeeded))}${style('red', bar.failed.repeat(failed))}${style('dim', left)} `;
}

function wholeSeconds(ms: number): number {
  return Math.floor(Math.max(0, ms) / 1000) * 1000;
}

/** How many rows these lines take where they are wrapped at this width. */
export function linesWithin(lines: readonly string[], columns: number): number {
  const rowsOfLine = (line: string) => {
    let rows = 1;
    while (stripVTControlCharacters(sliceAnsi(line, rows * columns)) !== '') rows += 1;
    return rows;
  };
  return lines.reduce((sum, line) => sum + rowsOfLine(line), 0);
}

/** As it was written by anybody's code. */
function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

function cutText(text: string, width: number, signs: Signs): string {
  return text.length <= width ? text : text.slice(0, Math.max(0, width - signs.cut.length)) + signs.cut;
}

/** By what characters take on a terminal, with their styles. */
function cut(line: string, width: number, { cut: mark }: Signs): string {
  if (sliceAnsi(line, 0, width) === line) return line;
  return sliceAnsi(line, 0, Math.max(0, width - mark.length)) + mark;
}
