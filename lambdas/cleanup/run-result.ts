/** Puts a run's result together from what the state machine noted and what the tasks' records say. */

import type { TaskRetries } from '../../state-machines/contract/cleanup-events.ts';
import { RUN_ERRORS } from '../../state-machines/contract/error-names.ts';
import { asksToKeep } from '../../state-machines/contract/execution-input.ts';
import type { RunId } from '../../state-machines/contract/keys.ts';
import { failureOf, marksOf, type RunEnd, stopMarksOf, type TaskOut } from '../../state-machines/contract/marks.ts';
import type { CommitRecord, CommittedOutput } from '../../state-machines/contract/records.ts';
import {
  type FailureInfo,
  OMITTED,
  type RunResult,
  type RunStatus,
  SKIPPED,
  type TaskResult,
} from '../../state-machines/contract/result.ts';
import { eachLimited } from '../storage/each-limited.ts';
import { releasedEarly } from './released.ts';
import { type TaskRecords, taskResult } from './task-result.ts';

const READS_AT_ONCE = 32;

/** Those of a run that is not to be looked at. */
export const NO_RECORDS: TaskRecords = {
  history: async () => ({ committed: false, attempts: [], chunked: false }),
  chunkHistories: async () => new Map(),
  committed: async () => undefined,
  attempt: async () => undefined,
  isPublished: async () => false,
};

export async function composeRunResult(
  id: RunId,
  run: {
    readonly tasks: readonly TaskRetries[];
    readonly hooks?: readonly TaskRetries[];
    readonly execution: string;
    readonly input: unknown;
    readonly startedAt: string;
    readonly end: RunEnd;
    readonly status?: RunStatus;
  },
  records: TaskRecords,
): Promise<RunResult> {
  const { tasks, hooks, execution, input, startedAt, end } = run;
  const resumes = execution !== id.run;
  const notes = readNotes(end);
  const commits: CommitRecord[] = [];
  const noting = notingCommits(records, commits);
  const resultsOf = async (
    named: readonly TaskRetries[],
    without: TaskResult,
    complete: boolean,
    of: { readonly execution?: string; readonly since?: string },
  ) => {
    const results: Record<string, TaskResult> = Object.fromEntries(named.map(({ name }) => [name, without]));
    await eachLimited(named, READS_AT_ONCE, async ({ name, retries }) => {
      const mark = notes.marks.get(name);
      // Where the machine noted every end, what has no mark never started.
      if (!mark && complete) return;
      const { since, ...owner } = of;
      const task = { ...id, ...owner, task: name };
      const result = await taskResult(task, retries, mark, noting, since);
      const hint = notes.hints.get(name);
      if (result.status !== 'SKIPPED') results[name] = result;
      else if (hint) results[name] = await taskResult(task, retries, hint, noting, since);
    });
    return results;
  };
  const [taskResults, hookResults] = await Promise.all([
    resultsOf(tasks, SKIPPED, notes.complete, resumes ? { since: startedAt } : {}),
    resultsOf(
      hooks ?? [],
      OMITTED,
      notes.complete && !end.errorsLost && !end.finallyLost,
      resumes ? { execution } : {},
    ),
  ]);
  const count = (status: TaskResult['status']) =>
    Object.values(taskResults).filter((task) => task.status === status).length;
  const error = runError(end, notes, taskResults, hookResults);
  return {
    pipeline: id.pipeline,
    run: id.run,
    ...(resumes && { execution }),
    status: run.status ?? (error ? 'FAILED' : 'SUCCEEDED'),
    startedAt,
    durationMs: Date.now() - Date.parse(startedAt),
    ...(error && { error }),
    succeeded: count('SUCCEEDED'),
    failed: count('FAILED'),
    skipped: count('SKIPPED'),
    omitted: count('OMITTED'),
    tasks: taskResults,
    ...(hooks && { hooks: hookResults }),
    released: releasedEarly(asksToKeep(input) ? [] : commits.flatMap(outputsOf), taskResults),
  };
}

function notingCommits(records: TaskRecords, commits: CommitRecord[]): TaskRecords {
  return {
    history: (task) => records.history(task),
    chunkHistories: (task, since) => records.chunkHistories(task, since),
    attempt: (task, attemptId) => records.attempt(task, attemptId),
    isPublished: (task, output) => records.isPublished(task, output),
    committed: async (task) => {
      const record = await records.committed(task);
      if (record) commits.push(record);
      return record;
    },
  };
}

function outputsOf({ outputs }: CommitRecord): CommittedOutput[] {
  return Object.values(outputs);
}

/**
 * Of an execution that may not touch the run that it would resume.
 *
 * @param kind `gone` where there is nothing to touch: tasks that came to something have been let in before, so it was
 *   this execution that deleted the run
 */
export function refusedResult(result: RunResult, why: string, kind: 'refused' | 'gone'): RunResult {
  const wasLetIn = ({ status, error }: TaskResult) =>
    status === 'SUCCEEDED' || (error !== undefined && !error.message.startsWith(`${RUN_ERRORS.resume}: `));
  if (kind === 'gone' && Object.values(result.tasks).some(wasLetIn)) return result;
  return { ...result, status: 'FAILED', error: { name: RUN_ERRORS.resume, message: why } };
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
