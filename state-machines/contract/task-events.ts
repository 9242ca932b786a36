/** What the state machines send to the functions of tasks and hooks, and what those answer. */

import { ContractError } from './errors.ts';
import { asObject, parseRunId } from './event-parts.ts';
import { runOf } from './execution-input.ts';
import type { RunOut } from './marks.ts';
import { CHUNK_ID, isName } from './names.ts';
import type { RunResult, RunStatus } from './result.ts';
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
  /** It had committed before this attempt, which found its record and did no work. */
  readonly committedBefore?: true;
  /** The outputs that went because this was the last task to read them, `task.output`, and their bytes. */
  readonly released?: Readonly<Record<string, number>>;
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
