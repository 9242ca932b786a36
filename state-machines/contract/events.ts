/** What the state machine sends to its functions, and what they answer. Both sides are checked against these types. */

import { ContractError } from './errors.ts';
import { CHUNK_ID, explainName, isName, RUN_ID, TASK_NAME } from './names.ts';
import { isObject } from './objects.ts';
import { type FailureInfo, RUN_STATUSES, type RunResult, type RunStatus } from './result.ts';
import { runOf } from './resume.ts';
import type { Scalar } from './values.ts';

/** Sent to a task's function for every attempt. */
export interface TaskEvent {
  /** The run that the execution works on: as it is sent, the execution's name; as it is parsed, `runOf` name and input. */
  readonly run: string;
  /** The execution's name; as it is parsed. */
  readonly execution: string;
  /** The execution's input, whatever it was. */
  readonly input: unknown;
  /** Step Functions' count of retries of this state, 0 at the first attempt. */
  readonly retryCount: number;
  /** Of a chunk-parallel task: the ids of the chunks to carry out. */
  readonly chunks?: readonly string[];
  /** Of a chunk-parallel task, once its chunks are over: make what they wrote the task's outputs. */
  readonly gather?: true;
  /** Sent to a hook: the state data at its place. */
  readonly state?: HookState;
}

/** What a task's function answers; the state machine keeps the status only, the rest is for the reader of the history. */
export interface TaskAnswer {
  readonly status: 'SUCCEEDED';
  readonly attempt: number;
  readonly retriesUsed: number;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** By `valueName`: what conditions look at. Always there where they look at one of its outputs. */
  readonly values?: Readonly<Record<string, Scalar>>;
  /**
   * By chunk-parallel task that has its chunks from here: their ids in batches, or for a Distributed Map the key of
   * their list, in the runs bucket.
   */
  readonly chunks?: Readonly<Record<string, readonly (readonly string[])[] | string>>;
}

/** What a hook finds of how the run has gone: notes here, and around the Parallel that it is in under `up`. */
export interface HookState {
  readonly out?: RunOut;
  readonly errors?: readonly RunOut[];
  readonly Error?: string;
  readonly Cause?: string;
  readonly up?: HookState;
  /** Of an after-execution task: how the execution ended. */
  readonly execution?: ExecutionDetail;
  /** Of an after-execution task: what the finalizer knows of the run, where it has cleaned up. */
  readonly ended?: { readonly result?: RunResult };
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html, as far as it is used. */
export interface ExecutionDetail {
  readonly name: string;
  readonly status: RunStatus;
  /** JSON; null where it was too large for an event. */
  readonly input?: string | null;
  readonly output?: string | null;
  readonly error?: string | null;
  readonly cause?: string | null;
}

/** Sent to the cleanup function when the run has ended, and again with its own answer until it is done. */
export interface CleanupEvent {
  /** The run that the execution works on: as it is sent, the execution's name; as it is parsed, `runOf` name and input. */
  readonly run: string;
  /** The execution's name; as it is parsed. */
  readonly execution: string;
  /** The run that cannot be resumed, in words; as it is parsed, where `run` is the execution's name for that. */
  readonly unresumable?: string;
  /** The execution's input; `keep: true` in it keeps the run's intermediates. */
  readonly input: unknown;
  /** When the execution started, ISO 8601. */
  readonly startedAt: string;
  /** All tasks of the pipeline, in the order of their declaration, and the retries that each has. */
  readonly tasks: readonly TaskRetries[];
  /** The hooks that run before the cleanup, where there are any. */
  readonly hooks?: readonly TaskRetries[];
  readonly state: RunEnd | UnfinishedCleanup;
  /** Answer with the notes that the records hold, as `NotesAnswer`, and clean nothing up. */
  readonly notesOnly?: true;
  /** `shapeOf` the graph. */
  readonly shape: string;
  /** How long the intermediates of a run that did not succeed are kept. @default not at all */
  readonly keepOnFailureSeconds?: number;
  /** Sent by the finalizer: how the execution ended. The answer has no error for it. */
  readonly status?: RunStatus;
}

/** Sent to the cleanup function by the finalizer, last: delete what functions wrote that outlived their run. */
export interface SweepEvent {
  readonly run: string;
  readonly execution: string;
  readonly input: unknown;
  readonly sweep: true;
}

/** With `done: false` there is more to delete. */
export type SweepAnswer =
  | { readonly done: false }
  | { readonly done: true; readonly objects: number; readonly bytes: number }
  | { readonly done: true; readonly error: string; readonly cause: string };

/** The marks of all tasks and hooks that left one, read from their records, beside the error that ended the run. */
export interface NotesAnswer {
  readonly out: Readonly<Record<string, TaskOut>>;
  readonly Error?: string;
  readonly Cause?: string;
}

/** As the state machine sends it, `{ extract: 2, load: 0 }`: a large definition holds it more than once. */
export function retriesByName(tasks: readonly TaskRetries[]): Readonly<Record<string, number>> {
  return Object.fromEntries(tasks.map(({ name, retries }) => [name, retries]));
}

export interface TaskRetries {
  readonly name: string;
  readonly retries: number;
}

/**
 * How the `Run` state ended: what its tasks recorded, or the error that it could not handle.
 * `out` nests as the state machine does: a Parallel's number leads to one such object a branch.
 */
export type RunEnd = HookNotes &
  (
    | { readonly out: RunOut; readonly Error?: string; readonly Cause?: string }
    | { readonly Error: string; readonly Cause?: string }
  );

/** What the hooks behind `Run` left, an `out` for each branch of theirs; or the error that kept it from being noted. */
interface HookNotes {
  readonly errors?: readonly RunOut[];
  readonly finally?: readonly RunOut[];
  readonly errorsLost?: CaughtError;
  readonly finallyLost?: CaughtError;
}

/** As a Catch puts it into the state data. */
export interface CaughtError {
  readonly Error: string;
  readonly Cause?: string;
}

export interface RunOut {
  readonly [part: string]: TaskOut | readonly RunOut[];
}

/** One task's mark in the state: its status, or the error of its last attempt as Step Functions caught it. */
export type TaskOut =
  | ({ readonly status: 'SUCCEEDED' } & Pick<TaskAnswer, 'values' | 'chunks'>)
  | { readonly status: 'OMITTED' }
  | CaughtError;

/** A Lambda's error arrives as `{ Error, Cause }` with JSON in its cause: `{ errorType, errorMessage, trace }`. */
export function failureOf({ Error: name, Cause = '' }: CaughtError): FailureInfo {
  try {
    const { errorMessage } = JSON.parse(Cause);
    return { name, message: typeof errorMessage === 'string' ? errorMessage : Cause };
  } catch {
    return { name, message: Cause };
  }
}

/**
 * With `done: false` there is more to delete, and `Error` says that the run failed before. With `error` the run failed,
 * and `cause` is its RunResult as JSON.
 */
export type CleanupAnswer =
  | UnfinishedCleanup
  | { readonly done: true; readonly result: RunResult }
  | { readonly done: true; readonly error: string; readonly cause: string };

export interface UnfinishedCleanup {
  readonly done: false;
  readonly result: RunResult;
  readonly Error?: string;
}

/** The marks in a nested `out`, by task. */
export function marksOf(out: RunOut): Map<string, TaskOut> {
  const marks = new Map<string, TaskOut>();
  for (const [part, mark] of Object.entries(out)) {
    if (!Array.isArray(mark)) marks.set(part, mark as TaskOut);
    else for (const branch of mark) for (const [task, inner] of marksOf(branch)) marks.set(task, inner);
  }
  return marks;
}

/** The marks of the failed tasks in the error that stopped their run at once; undefined where that was another error. */
export function stopMarksOf({ Error: name, Cause = '' }: Partial<CaughtError>): Map<string, TaskOut> | undefined {
  if (name !== RUN_ERRORS.task) return undefined;
  try {
    const out: unknown = JSON.parse(Cause);
    return isRunOut(out) ? marksOf(out) : undefined;
  } catch {
    return undefined;
  }
}

/** Error names that the state machine itself reports for a run. They are matched by users' alarms: API. */
export const RUN_ERRORS = {
  /** At least one task failed. */
  task: 'TaskFailed',
  /** The tasks succeeded, but a finally task failed. */
  finally: 'FinallyFailed',
  /** The tasks succeeded, but the run's intermediates could not all be deleted. */
  cleanup: 'CleanupFailed',
  /** The run that the input asks to resume is not there any more, is held by another execution, or was another graph's. */
  resume: 'ResumeRefused',
} as const;

/** The error of which no further attempt is made. */
export const NON_RETRYABLE_ERROR = 'NonRetryableError';

/** Of a task that was under way when its run was ended. */
export const STOPPED_ERROR = 'Stopped';

/** More chunks of a task failed than it tolerates. */
export const GATHER_ERROR = 'ChunksFailed';

/**
 * Errors of the Lambda service, not of the function: mostly nothing ran. They have a retrier of their own, so they use
 * up none of the task's retries. https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html
 */
export const TRANSIENT_ERRORS: readonly string[] = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];

/** @throws ContractError where the event is not one that the state machine sends */
export function parseTaskEvent(event: unknown): TaskEvent {
  const { run, input, retryCount, chunks, gather, state } = asObject(event, 'task event');
  if (!Number.isInteger(retryCount) || (retryCount as number) < 0) {
    throw new ContractError(
      'InvalidEvent',
      `the task event's retryCount is ${JSON.stringify(retryCount)}, not a count`,
    );
  }
  if (chunks !== undefined && !(Array.isArray(chunks) && chunks.every((id) => isName(CHUNK_ID, id)))) {
    throw new ContractError('InvalidEvent', `the task event's chunks are ${JSON.stringify(chunks)}, no chunk ids`);
  }
  const execution = parseRunId(run);
  return {
    run: runOf(execution, input),
    execution,
    input,
    retryCount: retryCount as number,
    ...(chunks !== undefined && { chunks }),
    ...(gather === true && { gather }),
    ...(state !== undefined && { state: asObject(state, "task event's state") as HookState }),
  };
}

/** @throws ContractError where the event is not one that a state machine sends */
export function parseCleanupEvent(event: unknown): CleanupEvent | SweepEvent {
  const { run, input, startedAt, tasks, hooks, state, notesOnly, shape, keepOnFailureSeconds, status, sweep } =
    asObject(event, 'cleanup event');
  const works = runToClean(parseRunId(run), input);
  if (sweep === true) return { ...works, input, sweep };
  if (typeof shape !== 'string')
    throw new ContractError('InvalidEvent', `the cleanup event's shape is ${JSON.stringify(shape)}, no text`);
  if (
    keepOnFailureSeconds !== undefined &&
    !(Number.isSafeInteger(keepOnFailureSeconds) && Number(keepOnFailureSeconds) >= 0)
  )
    throw new ContractError(
      'InvalidEvent',
      `the cleanup event's keepOnFailureSeconds is ${JSON.stringify(keepOnFailureSeconds)}, not a number of seconds`,
    );
  if (status !== undefined && !RUN_STATUSES.some((known) => known === status))
    throw new ContractError(
      'InvalidEvent',
      `the cleanup event's status is ${JSON.stringify(status)}, none of an execution`,
    );
  if (typeof startedAt !== 'string' || Number.isNaN(Date.parse(startedAt))) {
    throw new ContractError('InvalidEvent', `the cleanup event's startedAt is ${JSON.stringify(startedAt)}, no time`);
  }
  return {
    ...works,
    input,
    startedAt,
    tasks: parseTasks(tasks),
    ...(hooks !== undefined && { hooks: parseTasks(hooks) }),
    state: parseState(state),
    ...(notesOnly === true && { notesOnly }),
    shape,
    ...(keepOnFailureSeconds !== undefined && { keepOnFailureSeconds: Number(keepOnFailureSeconds) }),
    ...(status !== undefined && { status: status as RunStatus }),
  };
}

/** An input that asks for what cannot be must not keep the execution from its end: its own run is as empty as can be. */
function runToClean(execution: string, input: unknown): Pick<CleanupEvent, 'run' | 'execution' | 'unresumable'> {
  try {
    return { run: runOf(execution, input), execution };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { run: execution, execution, unresumable: error.message };
  }
}

function parseTasks(value: unknown): TaskRetries[] {
  return Object.entries(asObject(value, "cleanup event's list of tasks")).map(([name, retries]) => {
    if (isName(TASK_NAME, name) && Number.isInteger(retries)) return { name, retries: retries as number };
    throw new ContractError('InvalidEvent', `the cleanup event has a task ${JSON.stringify({ [name]: retries })}`);
  });
}

function parseState(value: unknown): CleanupEvent['state'] {
  const state = asObject(value, "cleanup event's state");
  const { out, Error: error, result, errors = [], finally: always = [], errorsLost, finallyLost } = state;
  const known = out === undefined ? typeof error === 'string' || isObject(result) : isRunOut(out);
  const hooksKnown = [errors, always].every((outs) => Array.isArray(outs) && outs.every(isRunOut));
  const lostKnown = [errorsLost, finallyLost].every((lost) => lost === undefined || isMark(lost));
  if (known && hooksKnown && lostKnown) return state as unknown as CleanupEvent['state'];
  throw new ContractError(
    'InvalidEvent',
    `the cleanup event's state is ${JSON.stringify(value)}, no way in which a run ends`,
  );
}

function isRunOut(out: unknown): out is RunOut {
  return (
    isObject(out) && Object.values(out).every((mark) => (Array.isArray(mark) ? mark.every(isRunOut) : isMark(mark)))
  );
}

function isMark(mark: unknown): mark is TaskOut {
  return isObject(mark) && (typeof mark['status'] === 'string' || typeof mark['Error'] === 'string');
}

function parseRunId(run: unknown): string {
  if (!isName(RUN_ID, run)) throw new ContractError('InvalidName', explainName('run id', RUN_ID, run));
  return run;
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw new ContractError('InvalidEvent', `a ${what} must be an object; given: ${JSON.stringify(value)}`);
}
