/**
 * Runs a state machine definition on `aws-local-stepfunctions`, and supplies around it what version 3.0.0 lacks (each
 * pinned by a test):
 *
 * - `$$.State.RetryCount` is never filled in: a token stands for it, and is replaced in each payload.
 * - Inside a branch `$$.Execution.Input` and `.StartTime` are the branch's own: they are read under other names.
 * - No more than 40 branches of a Parallel run at once: a wider one becomes a Task that runs its branches itself.
 * - A Task without TimeoutSeconds has 60 s instead of as long as it takes: it is given the longest.
 * - Once an execution is over, it still retries at once and goes on in nested branches: its functions then refuse.
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
  const running = new Set<ReturnType<StateMachine['run']>>();
  let ended = false;
  const adapted = adaptBranch(adaptPaths(definition) as AnyBranch, (state, given) => {
    noWaits[state] = 0;
    if (given.Type === 'Parallel' && (given['Branches'] as AnyBranch[]).length > INTERPRETERS_BRANCH_LIMIT) {
      handlers[state] = (data) => runBranches(given['Branches'] as AnyBranch[], data, start);
      return asTask(given);
    }
    if (given.Type !== 'Task') return given;
    const task = taskHandler(state, String(given['Resource']), invoke, retryCountToken);
    handlers[state] = async (payload) => {
      if (ended) throw new ExecutionOver();
      try {
        return await task(payload);
      } catch (error) {
        throw ended ? new ExecutionOver() : error;
      }
    };
    return { TimeoutSeconds: LONGEST_TIMER_SECONDS, ...given };
  });
  const start: Start = (branch, data) => {
    const execution = new StateMachine(branch as never, { validationOptions: { noValidate: true } }).run(
      data as never,
      {
        context,
        overrides: {
          taskResourceLocalHandlers: handlers,
          ...(waits === 'none' && { retryIntervalOverrides: noWaits, waitTimeOverrides: noWaits }),
        },
      },
    );
    running.add(execution);
    return execution;
  };

  const execution = start(adapted, input);
  const abort = () => {
    ended = true;
    execution.abort();
  };
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
    ended = true;
    signal?.removeEventListener('abort', abort);
    for (const inner of running) {
      inner.result.catch(() => undefined);
      inner.abort();
    }
  }
}

/** Ends what goes on inside the interpreter once an execution is over: it would retry, and enter further states. */
class ExecutionOver extends Error {
  readonly isRetryable = false;
  readonly isCatchable = false;
}

function adaptBranch(branch: AnyBranch, adapt: (name: string, state: AnyState) => AnyState): AnyBranch {
  const States = Object.entries(branch.States).map(([name, state]): [string, AnyState] => {
    const Branches = (state['Branches'] as AnyBranch[] | undefined)?.map((inner) => adaptBranch(inner, adapt));
    const Retry = (state['Retry'] as Record<string, unknown>[] | undefined)?.map((retrier) => ({
      ...retrier,
      MaxDelaySeconds: Math.min(Number(retrier['MaxDelaySeconds'] ?? Infinity), LONGEST_TIMER_SECONDS),
    }));
    return [name, adapt(name, { ...cutTimers(state), ...(Branches && { Branches }), ...(Retry && { Retry }) })];
  });
  return {
    ...cutTimers(branch),
    States: Object.fromEntries(States),
  };
}

function cutTimers<T extends object>(state: T): T {
  const timers = Object.entries(state)
    .filter(([field, value]) => (field === 'TimeoutSeconds' || field === 'Seconds') && typeof value === 'number')
    .map(([field, seconds]) => [field, Math.min(seconds, LONGEST_TIMER_SECONDS)]);
  return { ...state, ...Object.fromEntries(timers) };
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
  let calls = 0;
  return async (payload: unknown) => {
    const retryCount = calls;
    calls += 1;
    const answer = await invoke({ state, resource, payload: fillIn(payload, retryCountToken, retryCount), retryCount });
    // An earlier call that ends late, behind a timeout of the state, does not end the later one.
    if (calls === retryCount + 1) calls = 0;
    return answer;
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
