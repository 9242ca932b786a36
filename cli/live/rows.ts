/** What is to be said of each task, hook and of the cleanup: a row each, in the tree's order. */

import type { AttemptHistory, CleanupHistory, LiveStatus, RunHistory, TaskHistory } from '../../history/run-history.ts';
import { STATUS_WORDS } from '../../history/status-words.ts';
import { formatCount, formatWholeSeconds } from '../../history/units.ts';
import type { Plan, PlannedTask } from '../../state-machines/graph/plan.ts';
import { nextAttemptDue } from './due.ts';
import type { Place } from './outline.ts';

export interface Row {
  readonly name: string;
  readonly guide: string;
  readonly below: string;
  /** What is around the tasks stands apart from them. */
  readonly around: boolean;
  readonly status: LiveStatus;
  /** Milliseconds since 1970. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly progress?: Progress;
  readonly note: string;
  /** Of the last attempt that failed, where the row has not succeeded. */
  readonly error?: string;
  /** It waits only for what is under way. */
  readonly next: boolean;
}

export interface Progress {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** @param now milliseconds since 1970 */
export function rowsOf(plan: Plan, outline: readonly Place[], history: RunHistory, now: number): Row[] {
  const tasks = new Map(history.tasks.map((task) => [task.name, task]));
  const rowOf = (task: TaskHistory, place?: Place): Row => {
    const { name, status, startedAt, endedAt, chunks } = task;
    const { bytesIn, bytesOut } = bytesOf(task);
    const planned = plan.task(name) ?? plan.hook(name);
    const error = errorOf(task);
    const over = status === 'SUCCEEDED' || status === 'FAILED';
    return {
      name,
      guide: place?.guide ?? '',
      below: place?.below ?? '',
      around: place === undefined && task.hook !== undefined,
      status,
      ...(startedAt !== undefined && { startedAt: Date.parse(startedAt) }),
      ...(endedAt !== undefined && over && { endedAt: Date.parse(endedAt) }),
      ...(bytesIn !== undefined && { bytesIn }),
      ...(bytesOut !== undefined && { bytesOut }),
      ...(chunks && status === 'RUNNING' && { progress: chunks }),
      note: [task.hook && `${task.hook} hook`, noteOf(task, planned, tasks, now)].filter(Boolean).join(', '),
      ...(error !== undefined && { error }),
      next: status === 'WAITING' && !task.hook && waitsOnlyForRunning(planned, tasks),
    };
  };
  const placed = outline.flatMap((place) => {
    const task = tasks.get(place.task);
    return task ? [rowOf(task, place)] : [];
  });
  const names = new Set(outline.map(({ task }) => task));
  const others = history.tasks.filter(({ name }) => !names.has(name));
  const [after, before] = partition(others, ({ hook }) => hook === 'after-execution');
  return [...placed, ...before.map((task) => rowOf(task)), ...cleanupRow(history), ...after.map((task) => rowOf(task))];
}

/** Of chunks those so far: all of them are told at their end. */
function bytesOf({ bytesIn, bytesOut, chunks, attempts }: TaskHistory): Pick<TaskHistory, 'bytesIn' | 'bytesOut'> {
  if (!chunks || bytesOut !== undefined) {
    return { ...(bytesIn !== undefined && { bytesIn }), ...(bytesOut !== undefined && { bytesOut }) };
  }
  const told = attempts.filter((attempt) => attempt.status === 'SUCCEEDED' && attempt.bytesOut !== undefined);
  if (told.length === 0) return {};
  const sum = (of: (attempt: AttemptHistory) => number | undefined) =>
    told.reduce((all, one) => all + (of(one) ?? 0), 0);
  return { bytesIn: sum((attempt) => attempt.bytesIn), bytesOut: sum((attempt) => attempt.bytesOut) };
}

function noteOf(
  task: TaskHistory,
  planned: PlannedTask | undefined,
  tasks: ReadonlyMap<string, TaskHistory>,
  now: number,
): string {
  const { status, chunks, hook } = task;
  switch (status) {
    case 'WAITING':
      return hook ? '' : namesOf('after', unfinished(planned, tasks));
    case 'SKIPPED':
      return broken(planned, tasks);
    case 'OMITTED':
      return '';
    case 'RUNNING':
    case 'RETRYING':
    case 'SUCCEEDED':
    case 'FAILED':
      if (task.committedBefore) return 'had committed before';
      if (chunks) return [chunksNote(task), retriesNote(task)].filter(Boolean).join(', ');
      return attemptNote(task, planned) + dueNote(task, planned, now);
    default:
      return status satisfies never;
  }
}

function attemptNote({ status, attempts }: TaskHistory, planned: PlannedTask | undefined): string {
  const made = attempts.at(-1)?.attempt ?? 1;
  const attempt = status === 'RETRYING' ? made + 1 : made;
  const all = 1 + (planned?.retries ?? 0);
  if (attempt === 1) return '';
  return `attempt ${attempt}${attempt <= all ? ` of ${all}` : ''}`;
}

function dueNote(task: TaskHistory, planned: PlannedTask | undefined, now: number): string {
  const due = nextAttemptDue(task, planned);
  if (!due) return '';
  const seconds = Math.ceil((due.at - now) / 1000);
  if (seconds <= 0) return ' at once';
  return ` ${due.exactly ? 'in' : 'within'} ${formatWholeSeconds(seconds * 1000)}`;
}

function chunksNote({ status, chunks }: TaskHistory): string {
  if (!chunks) return '';
  const { total, succeeded, failed } = chunks;
  const failures = failed > 0 ? `, ${failed.toLocaleString('en-US')} failed` : '';
  if (status === 'SUCCEEDED' && failed === 0) return formatCount(total, 'chunk');
  return `${succeeded.toLocaleString('en-US')} of ${formatCount(total, 'chunk')}${failures}`;
}

function retriesNote({ retriesUsed }: TaskHistory): string {
  if (retriesUsed === 0) return '';
  return retriesUsed === 1 ? '1 retry' : `${retriesUsed.toLocaleString('en-US')} retries`;
}

function errorOf({ attempts, error, status }: TaskHistory): string | undefined {
  if (status === 'SUCCEEDED') return undefined;
  const last = attempts.findLast((attempt) => attempt.error);
  const shown = error ?? last?.error;
  if (!shown) return undefined;
  const chunk = shown === last?.error && last.chunks ? `${last.chunks[0]}: ` : '';
  return `${chunk}${shown.name}: ${shown.message}`;
}

function unfinished(planned: PlannedTask | undefined, tasks: ReadonlyMap<string, TaskHistory>): string[] {
  const open: readonly LiveStatus[] = ['WAITING', 'RUNNING', 'RETRYING'];
  return (planned?.dependencies ?? []).filter((name) => open.includes(tasks.get(name)?.status ?? 'SUCCEEDED'));
}

function broken(planned: PlannedTask | undefined, tasks: ReadonlyMap<string, TaskHistory>): string {
  const gone: readonly LiveStatus[] = ['FAILED', 'SKIPPED', 'OMITTED'];
  const why = planned?.dependencies.map((name) => tasks.get(name)).find((task) => task && gone.includes(task.status));
  return why ? `${why.name} ${STATUS_WORDS[why.status]}` : '';
}

function waitsOnlyForRunning(planned: PlannedTask | undefined, tasks: ReadonlyMap<string, TaskHistory>): boolean {
  return unfinished(planned, tasks).every((name) => tasks.get(name)?.status !== 'WAITING');
}

const NAMES_SHOWN = 3;

function namesOf(word: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length - NAMES_SHOWN;
  return `${word} ${names.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** All its calls as one; a run that is over may have come to its end without. */
function cleanupRow({ cleanups, phase }: RunHistory): Row[] {
  const [first, last] = [cleanups[0], cleanups.at(-1)];
  if (!last && phase === 'over') return [];
  const status = cleanupStatus(last, phase === 'over');
  return [
    {
      name: 'cleanup',
      guide: '',
      below: '',
      around: true,
      status,
      ...(first && { startedAt: Date.parse(first.startedAt) }),
      ...(last?.endedAt !== undefined && status !== 'RUNNING' && { endedAt: Date.parse(last.endedAt) }),
      note: cleanups.length > 1 ? `call ${cleanups.length}` : '',
      next: false,
    },
  ];
}

function cleanupStatus(last: CleanupHistory | undefined, over: boolean): LiveStatus {
  if (!last) return 'WAITING';
  if (last.done) return 'SUCCEEDED';
  return over ? 'FAILED' : 'RUNNING';
}

function partition<T>(all: readonly T[], belongs: (one: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))];
}

/** How many are in each state: `2 succeeded, 1 running`. */
export function countsOf(rows: readonly Pick<Row, 'status'>[]): string {
  const byStatus = Map.groupBy(rows, ({ status }) => status);
  return ORDER_OF_COUNTS.filter((status) => byStatus.has(status))
    .map((status) => `${byStatus.get(status)?.length} ${STATUS_WORDS[status]}`)
    .join(', ');
}

const ORDER_OF_COUNTS: readonly LiveStatus[] = [
  'SUCCEEDED',
  'FAILED',
  'SKIPPED',
  'OMITTED',
  'RUNNING',
  'RETRYING',
  'WAITING',
];
