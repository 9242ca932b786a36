import { closeSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Denial, ResultFile, RunEventOf } from '../../history/events.ts';
import { formatBytes, formatCount, formatDuration, formatReleased } from '../../history/units.ts';
import { cutText } from '../../state-machines/contract/result.ts';
import type { RunResult, TaskResult } from '../../state-machines/index.ts';
import { printable } from '../printable.ts';
import type { StyleText } from '../terminal.ts';
import { renderDenials } from './denials.ts';
import { fromHere, keptHint } from './hints.ts';
import { TASK_STYLES } from './statuses.ts';
import { renderTable } from './table.ts';

const LINES_SHOWN = 6;
const LINE_WIDTH = 110;

type EndedRun = Pick<RunEventOf<'run-ended'>, 'result' | 'folder' | 'results' | 'report'>;

export interface AroundEnd {
  /** Those that lead a command to the run's place again, each with a space before it. */
  readonly options: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of the terminal, where it is one. */
  readonly columns?: number;
}

/** How a run ended, for people, below its tasks: the results and their first rows, what was denied and released. */
export function renderEnd(
  ended: EndedRun,
  denials: readonly Denial[],
  style: StyleText,
  { options, now, columns = Number.POSITIVE_INFINITY }: AroundEnd,
): string {
  const { result, results = [] } = ended;
  return [
    ...toleratedFailures(result, style),
    ...groupedByOutput(results).map((ofOutput) => renderResult(ofOutput, style, columns)),
    ...(denials.length > 0 ? [renderDenials(denials, result.status === 'SUCCEEDED', style)] : []),
    renderVerdict(ended, style, keptHint(result, options, now)),
  ].join('\n\n');
}

export function renderTasks({ tasks, hooks = {} }: RunResult, style: StyleText): string {
  const all: readonly (readonly [string, TaskResult])[] = [
    ...Object.entries(tasks),
    ...Object.entries(hooks).map(([name, hook]) => [`${name} ${style('dim', '(hook)')}`, hook] as const),
  ];
  const withChunks = all.some(([, { chunks }]) => chunks);
  const titles = ['task', 'status', ...(withChunks ? ['chunks'] : []), 'retries', 'time', 'in', 'out'];
  const rows = all.map(([name, task]) => [
    name,
    style(TASK_STYLES[task.status], task.status),
    ...(withChunks ? [task.chunks ? `${task.chunks.succeeded}/${task.chunks.total}` : '-'] : []),
    String(task.retriesUsed),
    task.durationMs === undefined ? '-' : formatDuration(task.durationMs),
    task.bytesIn === undefined ? '-' : formatBytes(task.bytesIn),
    task.bytesOut === undefined ? '-' : formatBytes(task.bytesOut),
  ]);
  const header = titles.map((title) => style('dim', title));
  const align = titles.map((_, column) => (column < 2 ? 'left' : 'right'));
  return renderTable([header, ...rows], align);
}

/** What a success leaves out must not be left unsaid. */
function toleratedFailures({ tasks }: RunResult, style: StyleText): string[] {
  return Object.entries(tasks).flatMap(([name, { status, chunks }]) => {
    if (status !== 'SUCCEEDED' || !chunks?.failed) return [];
    const told = (chunks.failures ?? []).map(({ chunk, message }) => `  ${chunk}: ${message}`);
    const more = chunks.failed - told.length;
    const head = style(
      'yellow',
      `${name}: ${formatCount(chunks.failed, 'chunk')} failed, which is tolerated; its data is missing`,
    );
    return [[head, ...told, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n')];
  });
}

function groupedByOutput(files: readonly ResultFile[]): ResultFile[][] {
  return [...Map.groupBy(files, ({ task, output }) => `${task}.${output}`).values()];
}

/** A file with its first rows; of a chunk-parallel task the folder, and the first file's rows. */
function renderResult([file, ...more]: readonly ResultFile[], style: StyleText, columns: number): string {
  if (!file) return '';
  if (file.chunk === undefined) return renderResultFile(file, style, columns);
  const bytes = [file, ...more].reduce((sum, part) => sum + part.bytes, 0);
  const figures = `(${formatCount(1 + more.length, 'file')}, ${formatBytes(bytes)})`;
  const title = `${style('bold', `${file.task}.${file.output}`)} ${style('dim', figures)}`;
  const lines = firstLines(file.path, columns).map((line) => `  ${line}`);
  return [`${title}\n  ${fromHere(dirname(file.path))}/`, ...lines].join('\n');
}

function renderResultFile(file: ResultFile, style: StyleText, columns: number): string {
  const rows = file.rows === undefined ? '' : `${formatCount(file.rows, 'row')}, `;
  const title = `${style('bold', `${file.task}.${file.output}`)} ${style('dim', `(${rows}${formatBytes(file.bytes)})`)}`;
  const lines = firstLines(file.path, columns).map((line) => `  ${line}`);
  return [`${title}\n  ${fromHere(file.path)}`, ...lines].join('\n');
}

function firstLines(path: string, columns: number): string[] {
  const start = Buffer.alloc(4096);
  const file = openSync(path, 'r');
  const length = readSync(file, start);
  closeSync(file);
  const text = start.subarray(0, length).toString('utf8');
  // Not text: nothing to show.
  if (text.includes('\0')) return [];
  const lines = text.trimEnd().split('\n').slice(0, LINES_SHOWN);
  return lines.map((line) => cutText(printable(line), Math.min(LINE_WIDTH, columns - 3)));
}

function renderVerdict({ result, folder, report }: EndedRun, style: StyleText, hints: readonly string[]): string {
  const { status, error, durationMs, released } = result;
  const verdict = style(['bold', status === 'SUCCEEDED' ? 'green' : 'red'], status);
  const place = folder === undefined ? undefined : fromHere(folder);
  const kept = released.left > 0 && place !== undefined ? ` in ${place}/s3` : '';
  return [
    `${verdict} in ${formatDuration(durationMs)}`,
    ...(error ? [`${style('red', error.name)}: ${error.message}`] : []),
    `${formatReleased(released)}; ${released.left} left${kept}`,
    ...(status !== 'SUCCEEDED' && place !== undefined ? [`logs: ${place}/logs`] : []),
    ...(report === undefined ? [] : [`report: ${fromHere(report)}`]),
    ...hints,
  ].join('\n');
}
