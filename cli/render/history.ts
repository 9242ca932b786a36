/** A run as it stands, for people. */

import type { Links, LogPointer } from '../../history/links.ts';
import {
  type AttemptHistory,
  type Phase,
  placeOf,
  type RunHistory,
  type TaskHistory,
} from '../../history/run-history.ts';
import { formatBytes, formatCount, formatDuration, formatReleased, formatTime } from '../../history/units.ts';
import type { FailureInfo } from '../../state-machines/contract/result.ts';
import type { Place } from '../runs/where.ts';
import type { StyleText } from '../terminal.ts';
import { renderDenials } from './denials.ts';
import { commandFor, fromHere, keptHint } from './hints.ts';
import { RUN_STYLES, TASK_STYLES } from './statuses.ts';
import { renderTable } from './table.ts';

export interface Shown {
  readonly history: RunHistory;
  readonly links: Links;
  readonly notes: readonly string[];
  readonly place: Omit<Place, 'aws'>;
  /** With all attempts, and the logs of all tasks. */
  readonly verbose: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const INPUT_LENGTH = 300;
const ATTEMPTS_SHOWN = 200;

const IN_PHASE: Readonly<Record<Phase, string>> = {
  preparing: 'is being prepared',
  tasks: 'is at its tasks',
  finalizing: 'is being finalized',
  cleanup: 'is being cleaned up',
  over: 'is over',
};

export function renderHistory(shown: Shown, style: StyleText): string {
  const { history, notes, verbose } = shown;
  const parts = [
    renderHead(shown, style),
    ...(notes.length > 0 ? [notes.map((note) => style('yellow', `note: ${note}`)).join('\n')] : []),
    renderTasks(shown, style),
    ...(verbose ? renderAttempts(history, style) : []),
    ...renderFailures(shown, style),
    ...(history.denials.length > 0 ? [renderDenials(history.denials, history.status === 'SUCCEEDED', style)] : []),
    renderFoot(shown, style),
  ];
  return parts.join('\n\n');
}

function renderHead({ history, place, now }: Shown, style: StyleText): string {
  const { pipeline, run, execution, status, phase, startedAt, endedAt } = history;
  const time = formatDuration((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt));
  const since = `started ${formatTime(startedAt)}`;
  return [
    `${style('bold', pipeline)} ${run}  ${style(RUN_STYLES[status], status)}`,
    style('dim', place.label),
    endedAt === undefined
      ? `${since}, ${time} ago; it ${IN_PHASE[phase]}`
      : `${since}, ended ${formatTime(endedAt)}, after ${time}`,
    ...(execution === undefined ? [] : [`resumed by the execution ${execution}, which is shown here`]),
  ].join('\n');
}

function renderTasks({ history, now }: Shown, style: StyleText): string {
  const { tasks } = history;
  const withChunks = tasks.some(({ chunks }) => chunks);
  const titles = ['task', 'status', 'attempts', ...(withChunks ? ['chunks'] : []), 'time', 'in', 'out'];
  const rows = tasks.map((task) => [
    task.name + (task.hook ? style('dim', ` (${task.hook} hook)`) : ''),
    style(TASK_STYLES[task.status], task.status),
    attemptsOf(task),
    ...(withChunks ? [task.chunks ? `${task.chunks.succeeded}/${task.chunks.total}` : '-'] : []),
    timeOf(task, history, now),
    task.bytesIn === undefined ? '-' : formatBytes(task.bytesIn),
    task.bytesOut === undefined ? '-' : formatBytes(task.bytesOut),
  ]);
  const header = titles.map((title) => style('dim', title));
  return renderTable(
    [header, ...rows],
    titles.map((_, column) => (column < 2 ? 'left' : 'right')),
  );
}

/** Of chunks all of theirs together; where none is told of, as of chunks on AWS, what the retries tell. */
function attemptsOf({ attempts, status, retriesUsed, chunks, committedBefore }: TaskHistory): string {
  if (committedBefore) return 'before';
  const told = attempts.filter(({ gather }) => !gather).length;
  if (told > 0) return told.toLocaleString('en-US');
  const ran = status === 'SUCCEEDED' || status === 'FAILED';
  return ran && !chunks ? String(retriesUsed + 1) : '-';
}

function timeOf({ name, startedAt, endedAt, status }: TaskHistory, { result }: RunHistory, now: number): string {
  const told = result?.tasks[name]?.durationMs ?? result?.hooks?.[name]?.durationMs;
  const running = status === 'RUNNING' || status === 'RETRYING';
  const end = endedAt !== undefined && !running ? Date.parse(endedAt) : now;
  if (startedAt !== undefined && (endedAt !== undefined || running)) return formatDuration(end - Date.parse(startedAt));
  return told === undefined ? '-' : formatDuration(told);
}

function renderAttempts({ tasks, startedAt }: RunHistory, style: StyleText): string[] {
  const all = tasks.flatMap((task) => task.attempts.map((attempt) => ({ task, attempt })));
  if (all.length === 0) return [];
  const rows = all
    .slice(0, ATTEMPTS_SHOWN)
    .map(({ task, attempt }) => [
      `${task.name}${whichOf(attempt)}`,
      String(attempt.attempt),
      attempt.status === 'STOPPED' ? style('red', attempt.status) : style(TASK_STYLES[attempt.status], attempt.status),
      `+${formatDuration(Date.parse(attempt.startedAt) - Date.parse(startedAt))}`,
      attempt.endedAt === undefined ? '-' : formatDuration(Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt)),
      firstLine(attempt.error),
    ]);
  const header = ['attempts of', 'no.', 'status', 'began', 'time', 'error'].map((title) => style('dim', title));
  const more = all.length - rows.length;
  const rest = more > 0 ? `\nand ${formatCount(more, 'attempt')} more; --json has all of them` : '';
  return [renderTable([header, ...rows], ['left', 'right', 'left', 'right', 'right', 'left']) + rest];
}

function whichOf({ chunks, gather }: AttemptHistory): string {
  if (gather) return ' (gathering)';
  const [first, ...others] = chunks ?? [];
  if (first === undefined) return '';
  return others.length > 0 ? ` ${first} and ${others.length} more` : ` ${first}`;
}

/** The run's own error, and each task's in full, with what it left to read. */
function renderFailures({ history, links, verbose }: Shown, style: StyleText): string[] {
  const { error, tasks } = history;
  const failed = tasks.flatMap((task) => {
    const { name, status, chunks } = task;
    const failures = (history.result?.tasks[name]?.chunks?.failures ?? []).map(
      ({ chunk, message }) => `  ${chunk}: ${message}`,
    );
    const tolerated = status === 'SUCCEEDED' && (chunks?.failed ?? 0) > 0;
    if (status !== 'FAILED' && status !== 'RETRYING' && !tolerated) return [];
    const head = tolerated
      ? style(
          'yellow',
          `${name}: ${formatCount(chunks?.failed ?? 0, 'chunk')} failed, which is tolerated; its data is missing`,
        )
      : `${style('red', `${name} ${status === 'FAILED' ? 'failed' : 'is tried again'}`)}${task.error ? `: ${inFull(task.error)}` : ''}`;
    const log = links.logs[name];
    const place = placeOf(task);
    const at = place === undefined ? [] : [`  at ${place}`];
    return [[head, ...at, ...failures, ...(log ? [`  log: ${pointed(log)}`] : [])].join('\n')];
  });
  const others = verbose ? renderLogs(links, style) : [];
  return [...(error ? [`${style('red', error.name)}: ${indented(error.message)}`] : []), ...failed, ...others];
}

function renderLogs({ logs }: Links, style: StyleText): string[] {
  const rows = Object.entries(logs).map(([name, log]) => [name, pointed(log)]);
  if (rows.length === 0) return [];
  return [renderTable([['logs', ''].map((title) => style('dim', title)), ...rows], ['left', 'left'])];
}

function renderFoot({ history, links, place, now }: Shown, style: StyleText): string {
  const { input, result, run } = history;
  const text = JSON.stringify(input) ?? '';
  const cut = text.length > INPUT_LENGTH ? `${text.slice(0, INPUT_LENGTH)}… (--json has all of it)` : text;
  const lines: string[] = [
    ...cleanupLine(history),
    ...(links.results ? [`results: ${pointed(links.results)}`] : []),
    `input: ${cut}`,
    ...(links.execution === undefined ? [] : [`console: ${links.execution}`]),
    ...(links.finalizer === undefined ? [] : [`its finalizer: ${links.finalizer}`]),
    ...(result ? keptHint(result, place.options, now) : []),
    ...(result
      ? [style('dim', `as a page: ${commandFor('report', place, run)} --open`)]
      : [
          style(
            'dim',
            `to follow it: ${commandFor('watch', place, run)}; to end it: ${commandFor('stop', place, run)}`,
          ),
        ]),
  ];
  return lines.join('\n');
}

function cleanupLine({ cleanups, result }: RunHistory): string[] {
  const [first, last] = [cleanups[0], cleanups.at(-1)];
  const calls = cleanups.length > 1 ? ` in ${cleanups.length} calls` : '';
  const time =
    first && last?.endedAt !== undefined
      ? ` took ${formatDuration(Date.parse(last.endedAt) - Date.parse(first.startedAt))}${calls}`
      : '';
  if (result) {
    const { released } = result;
    return [`cleanup${time}: ${formatReleased(released)}; ${formatCount(released.left, 'object')} left`];
  }
  if (!last) return [];
  return [last.endedAt === undefined ? 'cleanup: under way' : `cleanup${time}${last.done ? '' : '; more is to do'}`];
}

function pointed({ text }: LogPointer): string {
  return fromHere(text);
}

function inFull({ name, message }: FailureInfo): string {
  return `${name}: ${indented(message)}`;
}

function indented(message: string): string {
  return message.trimEnd().replaceAll('\n', '\n  ');
}

function firstLine(error: FailureInfo | undefined): string {
  if (!error) return '';
  const [line = ''] = error.message.split('\n');
  return `${error.name}: ${line}`;
}
