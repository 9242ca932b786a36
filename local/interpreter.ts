/**
 * Runs a state machine definition on `aws-local-stepfunctions`, and supplies around it what version 3.0.0 lacks (each
 * pinned by a test):
 *
 * - `$$.State.RetryCount` is never filled in: a token stands for it, and is replaced in each payload.
 * - Inside a branch `$$.Execution.Input` and `.StartTime` are the branch's own: they are read under other names.
 * - No more than 40 branches of a Parallel run at once: a wider one becomes a Task that runs its branches itself.
 * - Timers are JavaScript's, which fire at once beyond 24.8 days: longer ones are cut to that.
 */

import { randomUUID } from 'node:crypto';
import { ExecutionAbortedError, ExecutionError, ExecutionTimeoutError, StateMachine } from 'aws-local-stepfunctions';
import type { Definition } from '../state-machines/compiler/asl.ts';

export interface Invocation {
  /** The name of the Task state. */
  readonly state: string;
  /** Its `Resource`. */
  readonly resource: string;
  readonly payload: unknown;
  /** How often this state has been retried so far. */
  readonly retryCount: number;
}

/** Calls a function. Rejects with an Error whose name Retry and Catch match and whose message is the Cause. */
export type Invoke = (invocation: Invocation) => Promise<unknown>;

export type ExecutionEnd =
  | { readonly status: 'SUCCEEDED'; readonly output: unknown }
  | { readonly status: 'FAILED'; readonly error: string; readonly cause: string }
  | { readonly status: 'TIMED_OUT' }
  | { readonly status: 'ABORTED' };

export interface InterpretOptions {
  /** The execution's name. */
  readonly name: string;
  readonly input: unknown;
  readonly invoke: Invoke;
  /** `none` skips the delays of Retry and of Wait states. @default 'real' */
  readonly waits?: 'real' | 'none';
  /** Aborts the execution, as StopExecution does. */
  readonly signal?: AbortSignal;
}

type AnyState = Record<string, unknown> & { Type: string };
type AnyBranch = { StartAt: string; States: Record<string, AnyState> };
// biome-ignore lint/suspicious/noExplicitAny: the interpreter's JSONValue is not exported
type Overrides = Record<string, (input: any) => Promise<any>>;

const INTERPRETERS_BRANCH_LIMIT = 40;
const LONGEST_TIMER_SECONDS = 2_147_483;

export async function interpret(definition: Definition, options: InterpretOptions): Promise<ExecutionEnd> {
  const { name, input, invoke, waits = 'real', signal } = options;
  const retryCountToken = randomUUID();
  const context = {
    Execution: { Name: name, RootInput: input, RootStartTime: new Date().toISOString() },
    State: { RetryCount: retryCountToken },
  };
  const handlers: Overrides = {};
  const noWaits: Record<string, number> = {};
  const adapted = adaptBranch(definition as never, (state, given) => {
    noWaits[state] = 0;
    if (given.Type === 'Parallel' && (given['Branches'] as AnyBranch[]).length > INTERPRETERS_BRANCH_LIMIT) {
      handlers[state] = (data) => runBranches(given['Branches'] as AnyBranch[], data, start);
      return asTask(given);
    }
    if (given.Type === 'Task') handlers[state] = taskHandler(state, String(given['Resource']), invoke, retryCountToken);
    return given;
  });
  const start = (branch: AnyBranch, data: unknown) =>
    new StateMachine(branch as never, { validationOptions: { noValidate: true } }).run(data as never, {
      context,
      overrides: {
        taskResourceLocalHandlers: handlers,
        ...(waits === 'none' && { retryIntervalOverrides: noWaits, waitTimeOverrides: noWaits }),
      },
    });

  const execution = start(adapted, input);
  const abort = () => execution.abort();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  try {
    return { status: 'SUCCEEDED', output: await execution.result };
  } catch (error) {
    if (error instanceof ExecutionTimeoutError) return { status: 'TIMED_OUT' };
    if (error instanceof ExecutionAbortedError) return { status: 'ABORTED' };
    const cause = error instanceof ExecutionError ? error.cause : error;
    if (!(cause instanceof Error)) throw error;
    return { status: 'FAILED', error: cause.name, cause: cause.message };
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function adaptBranch(branch: AnyBranch, adapt: (name: string, state: AnyState) => AnyState): AnyBranch {
  const { TimeoutSeconds, ...rest } = adaptPaths(branch) as AnyBranch & { TimeoutSeconds?: number };
  const States = Object.entries(rest.States).map(([name, state]): [string, AnyState] => {
    const Branches = (state['Branches'] as AnyBranch[] | undefined)?.map((inner) => adaptBranch(inner, adapt));
    const Retry = (state['Retry'] as Record<string, unknown>[] | undefined)?.map((retrier) => ({
      ...retrier,
      MaxDelaySeconds: Math.min(Number(retrier['MaxDelaySeconds'] ?? Infinity), LONGEST_TIMER_SECONDS),
    }));
    return [name, adapt(name, { ...state, ...(Branches && { Branches }), ...(Retry && { Retry }) })];
  });
  return {
    ...rest,
    States: Object.fromEntries(States),
    ...(TimeoutSeconds !== undefined && { TimeoutSeconds: Math.min(TimeoutSeconds, LONGEST_TIMER_SECONDS) }),
  };
}

function adaptPaths(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(/^\$\$\.Execution\.(Input|StartTime)\b/, '$$$$.Execution.Root$1');
  }
  if (Array.isArray(value)) return value.map(adaptPaths);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, adaptPaths(inner)]));
}

function taskHandler(state: string, resource: string, invoke: Invoke, retryCountToken: string) {
  let retryCount = 0;
  return async (payload: unknown) => {
    try {
      const answer = await invoke({
        state,
        resource,
        payload: fillIn(payload, retryCountToken, retryCount),
        retryCount,
      });
      retryCount = 0;
      return answer;
    } catch (error) {
      retryCount += 1;
      throw error;
    }
  };
}

function fillIn(payload: unknown, token: string, value: number): unknown {
  if (typeof payload !== 'object' || payload === null) return payload;
  return Object.fromEntries(Object.entries(payload).map(([key, given]) => [key, given === token ? value : given]));
}

function asTask({ Type: _, Branches: __, ...state }: AnyState): AnyState {
  return { ...state, Type: 'Task', Resource: 'ebbtide:parallel', TimeoutSeconds: LONGEST_TIMER_SECONDS };
}

type Start = (branch: AnyBranch, data: unknown) => ReturnType<StateMachine['run']>;

async function runBranches(branches: readonly AnyBranch[], data: unknown, start: Start): Promise<unknown[]> {
  const running = branches.map((branch) => start(branch, data));
  try {
    return await Promise.all(running.map((execution) => execution.result));
  } catch (error) {
    for (const execution of running) execution.abort();
    throw error instanceof ExecutionError ? error.cause : error;
  }
}
