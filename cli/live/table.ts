/** The rows of the tree, in columns. */

import { STATUS_WORDS } from '../../history/status-words.ts';
import { formatBytes, formatDuration, formatWholeSeconds } from '../../history/units.ts';
import { TASK_STYLES } from '../render/statuses.ts';
import type { Row } from './rows.ts';
import type { Look, Signs } from './signs.ts';
import { oneLine } from './width.ts';

export interface Table {
  /** In columns of the terminal. */
  readonly width: number;
  /** Of the run, as all times here in milliseconds since 1970. */
  readonly startedAt: number;
  readonly now: number;
  /** Those that the columns are to be wide enough for. @default the rows */
  readonly all?: readonly Row[];
}

/** The titles of the columns, then each row, with what failed in it below. */
export function tableLines(rows: readonly Row[], { all = rows, ...table }: Table, look: Look): string[] {
  const columns = columnsFor(all, table);
  const lines = [titlesOf(columns, look)];
  for (const [index, row] of rows.entries()) {
    if (row.around && index > 0 && !rows[index - 1]?.around) lines.push('');
    lines.push(lineOf(row, columns, table.now, look));
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

function columnsFor(rows: readonly Row[], { startedAt, now, width }: Table): Columns {
  const longest = Math.max(4, ...rows.map(({ guide, name }) => guide.length + name.length));
  const name = Math.min(longest, Math.max(12, Math.floor(width * 0.35)));
  // It only ever grows.
  const time = Math.max(6, formatDuration(now - startedAt).length);
  const left = width - (4 + name + 2 + WORD_WIDTH + 2 + time + 2);
  const bytes = left >= 2 * (BYTES_WIDTH + 2) + NOTE_WANTED;
  return { name, time, bytes, note: bytes ? left - 2 * (BYTES_WIDTH + 2) : left };
}

function titlesOf({ name, time, bytes }: Columns, { style }: Look): string {
  const figures = bytes ? `  ${'in'.padStart(BYTES_WIDTH)}  ${'out'.padStart(BYTES_WIDTH)}` : '';
  return style('dim', `    ${'task'.padEnd(name)}  ${'status'.padEnd(WORD_WIDTH)}  ${'time'.padStart(time)}${figures}`);
}

function lineOf(row: Row, columns: Columns, now: number, look: Look): string {
  const { signs, style, turn } = look;
  const { status, guide } = row;
  const running = status === 'RUNNING';
  const sign = running ? (signs.spinner[turn % signs.spinner.length] ?? '') : signs.states[status];
  const label = cutText(row.name, columns.name - guide.length, signs).padEnd(Math.max(0, columns.name - guide.length));
  const bytes = (count: number | undefined) => (count === undefined ? '' : formatBytes(count)).padStart(BYTES_WIDTH);
  return [
    `  ${style('dim', guide)}${style(TASK_STYLES[status], sign)} ${status === 'WAITING' ? style('dim', label) : label}`,
    style(TASK_STYLES[status], STATUS_WORDS[status].padEnd(WORD_WIDTH)),
    timeOf(row, now).padStart(columns.time),
    ...(columns.bytes ? [bytes(row.bytesIn), bytes(row.bytesOut)] : []),
    `${barOf(row, columns.note, look)}${style('dim', row.note)}`,
  ]
    .join('  ')
    .trimEnd();
}

function timeOf({ startedAt, endedAt }: Row, now: number): string {
  if (startedAt === undefined) return '';
  if (endedAt !== undefined) return formatDuration(endedAt - startedAt);
  return formatWholeSeconds(now - startedAt);
}

const LEAST_BAR = 6;
const BAR = 20;

function barOf({ progress, note }: Row, width: number, { signs, style }: Look): string {
  const room = Math.min(BAR, width - note.length - 3);
  if (!progress || progress.total === 0 || room < LEAST_BAR) return '';
  const cells = (count: number) => Math.min(room, Math.floor((room * count) / progress.total));
  const succeeded = cells(progress.succeeded);
  // One that failed among thousands is seen.
  const failed = Math.min(room - succeeded, progress.failed > 0 ? Math.max(1, cells(progress.failed)) : 0);
  const { bar } = signs;
  const left = bar.left.repeat(room - succeeded - failed);
  return `${style('green', bar.succeeded.repeat(succeeded))}${style('red', bar.failed.repeat(failed))}${style('dim', left)} `;
}

function cutText(text: string, width: number, signs: Signs): string {
  return text.length <= width ? text : text.slice(0, Math.max(0, width - signs.cut.length)) + signs.cut;
}
