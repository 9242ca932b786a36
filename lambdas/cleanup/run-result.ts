/** Puts a run's result together from what the state machine noted and what the tasks' records say. */

import { ContractError } from '../../state-machines/contract/errors.ts';
import {
  failureOf,
  marksOf,
  NON_RETRYABLE_ERROR,
  RUN_ERRORS,
  type RunEnd,
  stopMarksOf,
  type TaskOut,
  type TaskRetries,
  TRANSIENT_ERRORS,
} from '../../state-machines/contract/events.ts';
import type { RunId, TaskId } from '../../state-machines/contract/keys.ts';
import { bytesOut } from '../../state-machines/contract/records.ts';
import type { FailureInfo, OutputResult, RunResult, TaskResult } from '../../state-machines/contract/result.ts';
import { eachLimited } from '../storage/each-limited.ts';
import { attemptsBegun, type Records, type TaskHistory } from '../storage/records.ts';

const READS_AT_ONCE = 32;

export async function composeRunResult(
  id: RunId,
  run: {
    readonly tasks: readonly TaskRetries[];
    readonly hooks?: readonly TaskRetries[];
    readonly startedAt: string;
    readonly end: RunEnd;
  },
  records: Records,
): Promise<RunResult> {
  const { tasks, hooks, startedAt, end } = run;
  const notes = readNotes(end);
  const resultsOf = async (named: readonly TaskRetries[], without: TaskResult, complete: boolean) => {
    const results: Record<string, TaskResult> = Object.fromEntries(named.map(({ name }) => [name, without]));
    await eachLimited(named, READS_AT_ONCE, async ({ name, retries }) => {
      const mark = notes.marks.get(name);
      // Where the machine noted every end, what has no mark never started.
      if (!mark && complete) return;
      const result = await taskResult({ ...id, task: name }, retries, mark, records);
      const hint = notes.hints.get(name);
      if (result.status !== 'SKIPPED') results[name] = result;
      else if (hint) results[name] = await taskResult({ ...id, task: name }, retries, hint, records);
    });
    return results;
  };
  const [taskResults, hookResults] = await Promise.all([
    resultsOf(tasks, SKIPPED, notes.complete),
    resultsOf(hooks ?? [], OMITTED, notes.complete && !end.errorsLost && !end.finallyLost),
  ]);
  const count = (status: TaskResult['status']) =>
    Object.values(taskResults).filter((task) => task.status === status).length;
  const error = runError(end, notes, taskResults, hookResults);
  return {
    pipeline: id.pipeline,
    run: id.run,
    status: error ? 'FAILED' : 'SUCCEEDED',
    startedAt,
    durationMs: Date.now() - Date.parse(startedAt),
    ...(error && { error }),
    succeeded: count('SUCCEEDED'),
    failed: count('FAILED'),
    skipped: count('SKIPPED'),
    omitted: count('OMITTED'),
    tasks: taskResults,
    ...(hooks && { hooks: hookResults }),
    released: { objects: 0, bytes: 0, left: 0 },
  };
}

interface Notes {
  /** What the machine noted of the end of tasks and hooks. */
  readonly marks: ReadonlyMap<string, TaskOut>;
  /** All tasks that came to an end have a mark. */
  readonly complete: boolean;
  /** The tasks that stopped the run by their failure, where that was its end. */
  readonly stoppedBy?: ReadonlyMap<string, TaskOut>;
  /** Marks that were read from records before, for where these have gone by now. */
  readonly hints: ReadonlyMap<string, TaskOut>;
}

function readNotes(end: RunEnd): Notes {
  const ofHooks = [...(end.errors ?? []), ...(end.finally ?? [])].flatMap((out) => [...marksOf(out)]);
  const out = 'out' in end ? marksOf(end.out) : undefined;
  // Beside an error stands only what the records told: they are asked again, and know more.
  if (out && end.Error === undefined) return { marks: new Map([...out, ...ofHooks]), complete: true, hints: new Map() };
  const stoppedBy = stopMarksOf(end);
  return {
    marks: new Map([...(stoppedBy ?? []), ...ofHooks]),
    complete: false,
    ...(stoppedBy && { stoppedBy }),
    hints: out ?? new Map(),
  };
}

const SKIPPED: TaskResult = { status: 'SKIPPED', retriesUsed: 0 };
const OMITTED: TaskResult = { status: 'OMITTED', retriesUsed: 0 };

/** Of a task that was under way when its run was ended. */
export const STOPPED: FailureInfo = { name: 'Stopped', message: 'the run ended while this task was running' };

/** @param mark what the state machine noted; undefined where it lost its notes, and the records are all there is */
async function taskResult(
  id: TaskId,
  retries: number,
  mark: TaskOut | undefined,
  records: Records,
): Promise<TaskResult> {
  if (mark && 'Error' in mark) return failedTask(id, retries, failureOf(mark), records);
  if (mark?.status === 'OMITTED') return OMITTED;
  const record = await readable(records.committed(id));
  if (!record) return mark ? { status: 'SUCCEEDED', retriesUsed: 0 } : stoppedTask(id, records);
  // Publishing comes after the commit: only a task whose end was noted has done it for certain.
  const outputs = Object.entries(record.outputs).map(([name, { bytes, rows, resultKey }]): [string, OutputResult] => [
    name,
    { bytes, ...(rows !== undefined && { rows }), ...(mark && resultKey && { resultKey }) },
  ]);
  return {
    status: 'SUCCEEDED',
    retriesUsed: record.retriesUsed,
    startedAt: record.startedAt,
    durationMs: record.durationMs,
    bytesIn: record.bytesIn,
    bytesOut: bytesOut(record),
    outputs: Object.fromEntries(outputs),
    ...(record.chunks && { chunks: record.chunks }),
  };
}

async function failedTask(id: TaskId, retries: number, error: FailureInfo, records: Records): Promise<TaskResult> {
  const { retriesBegun, chunked, last: _, begun: __, ...known } = await attemptsOf(id, records);
  // An error that can be retried fails a task only when all its retries are used up, whether or not they came so far
  // as to leave a marker. A chunk-parallel task has them for each chunk.
  const usedUp =
    !chunked &&
    !MAP_ERRORS.includes(error.name) &&
    error.name !== NON_RETRYABLE_ERROR &&
    error.name !== STOPPED.name &&
    !TRANSIENT_ERRORS.includes(error.name);
  return { status: 'FAILED', retriesUsed: usedUp ? retries : retriesBegun, ...known, error };
}

/** Those of a Map itself, which comes before any attempt. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
const MAP_ERRORS = ['States.ItemReaderFailed', 'States.ResultWriterFailed', 'States.ExceedToleratedFailureThreshold'];

/** A task without a commit in a run that was stopped: it had begun, or it never did. */
async function stoppedTask(id: TaskId, records: Records): Promise<TaskResult> {
  const { begun, retriesBegun, chunked: _, last, ...known } = await attemptsOf(id, records);
  if (!begun) return SKIPPED;
  return { status: 'FAILED', retriesUsed: retriesBegun, ...known, error: last ?? STOPPED };
}

/** What the markers of a task without a commit tell. */
async function attemptsOf(id: TaskId, records: Records): Promise<Attempts> {
  const history = await records.history(id);
  const { attempts, chunked } = history;
  const retriesBegun = chunked
    ? [...(await records.chunkHistories(id)).values()].reduce((sum, chunk) => sum + retriesIn(chunk), 0)
    : retriesIn(history);
  const first = attempts[0] === undefined ? undefined : await readable(records.attempt(id, attempts[0]));
  const last = attempts.length > 1 ? await readable(records.attempt(id, attempts.at(-1) ?? '')) : first;
  const begun = { begun: attempts.length > 0 || chunked, chunked, retriesBegun };
  if (!first) return begun;
  const { startedAt } = first;
  if (!last?.failed) return { ...begun, startedAt };
  const { durationMs, chunks, ...failure } = last.failed;
  return {
    ...begun,
    startedAt,
    durationMs: Date.parse(last.startedAt) + durationMs - Date.parse(startedAt),
    ...(chunks && { chunks }),
    last: failure,
  };
}

function retriesIn(history: TaskHistory): number {
  return Math.max(0, attemptsBegun(history) - 1);
}

/** A record that nobody can read is as good as none: it must not keep the run from being cleaned up. */
async function readable<T>(record: Promise<T>): Promise<T | undefined> {
  try {
    return await record;
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}

interface Attempts extends Pick<TaskResult, 'startedAt' | 'durationMs' | 'chunks'> {
  readonly begun: boolean;
  readonly chunked: boolean;
  /** Attempts after the first that began; of a chunk-parallel task, of all its chunks together. */
  readonly retriesBegun: number;
  /** How the last one failed, where its function could say. */
  readonly last?: FailureInfo;
}

type Results = Readonly<Record<string, TaskResult>>;

function runError(end: RunEnd, { stoppedBy }: Notes, tasks: Results, hooks: Results): FailureInfo | undefined {
  const failed = failuresIn(tasks).filter(([name]) => !stoppedBy || stoppedBy.has(name));
  if (end.Error !== undefined && (!stoppedBy || failed.length === 0))
    return failureOf({ Error: end.Error, Cause: end.Cause ?? '' });
  if (failed.length > 0) return { name: RUN_ERRORS.task, message: inWords(failed) };
  // Where no task failed, no errors task has run.
  const failedHooks = failuresIn(hooks);
  if (failedHooks.length > 0) return { name: RUN_ERRORS.finally, message: inWords(failedHooks) };
  if (!end.finallyLost) return undefined;
  const { name, message } = failureOf(end.finallyLost);
  return { name: RUN_ERRORS.finally, message: `what the finally tasks did was lost (${name}: ${message})` };
}

function failuresIn(results: Results): [name: string, error: FailureInfo | undefined][] {
  return Object.entries(results).flatMap(([name, { status, error }]) => (status === 'FAILED' ? [[name, error]] : []));
}

function inWords(failed: ReturnType<typeof failuresIn>): string {
  const named = failed.slice(0, 3).map(([name, error]) => `${name} (${error?.name}: ${error?.message})`);
  const more = failed.length > named.length ? ` and ${failed.length - named.length} more` : '';
  return `${named.join(', ')}${more} failed`;
}
