/**
 * Runs a state machine definition on `aws-local-stepfunctions`, and supplies around it what version 3.0.0 lacks (each
 * pinned by a test):
 *
 * - `$$.State.RetryCount` is never filled in: a token stands for it, and is replaced in each payload.
 * - Inside a branch `$$.Execution.Input` and `.StartTime` are the branch's own: they are read under other names.
 * - A Parallel runs 40 branches at once, a Map goes on with further items after one has failed, and in both, what has
 *   been aborted retries at once: they become Tasks that run their branches and items here.
 * - A Map is never distributed: its items are read, batched and run as executions of their own here.
 * - A Task without TimeoutSeconds has 60 s instead of as long as it takes, and waits for its turn on that time: timeouts
 *   are kept here.
 * - Once an execution is over, it still retries at once and goes on in nested branches: its functions then refuse.
 * - Timers are JavaScript's, which fire at once beyond 24.8 days: longer ones are cut to that.
 * - `States.ALL` matches `States.DataLimitExceeded`, which no payload of its own ever raises: here they do.
 * - `States.JsonToString` loses backslashes, and a Fail state takes no intrinsic function: they become Tasks too.
 * - `ResultPath: '$'` makes a field `$`, a falsy Result of a Pass is none, and a Choice compares texts with numbers.
 */

import { ExecutionAbortedError, ExecutionTimeoutError } from 'aws-local-stepfunctions';
import type { Definition } from '../state-machines/compiler/asl.ts';
import { Activity } from './interpreter/activity.ts';
import { type AnyBranch, adapt } from './interpreter/adapt.ts';
import type { ExecutionEnd, InterpretOptions } from './interpreter/options.ts';
import { adaptPaths } from './interpreter/templates.ts';

export type { ExecutionEnd, InterpretOptions, Invocation, Invoke } from './interpreter/options.ts';

export async function interpret(definition: Definition, options: InterpretOptions): Promise<ExecutionEnd> {
  const { name, input, signal } = options;
  const { input: RootInput, startedAt: RootStartTime } = options.execution ?? {
    input,
    startedAt: new Date().toISOString(),
  };
  const Execution = { Name: name, RootInput, RootStartTime };
  const execution = new Activity(
    adapt(adaptPaths(definition) as AnyBranch),
    input,
    { Execution },
    {
      options,
      runChild: (child, given) => interpret(child as unknown as Definition, given),
    },
  );
  const abort = () => execution.abort();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  try {
    return { status: 'SUCCEEDED', output: await execution.result };
  } catch (error) {
    if (error instanceof ExecutionTimeoutError) return { status: 'TIMED_OUT' };
    if (error instanceof ExecutionAbortedError) return { status: 'ABORTED' };
    if (!(error instanceof Error)) throw error;
    return { status: 'FAILED', error: error.name, cause: error.message };
  } finally {
    signal?.removeEventListener('abort', abort);
    execution.abort();
  }
}
