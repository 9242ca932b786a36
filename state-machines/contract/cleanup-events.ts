/** What the state machines send to the cleanup function, and what it answers. */

import { ContractError } from './errors.ts';
import { asObject, parseRunId } from './event-parts.ts';
import { runOf } from './execution-input.ts';
import { isMark, isRunOut, type RunEnd, type TaskOut } from './marks.ts';
import { isName, TASK_NAME } from './names.ts';
import { isObject } from './objects.ts';
import { RUN_STATUSES, type RunResult, type RunStatus } from './result.ts';

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
