/** How an execution ended, and what its finalizer does about it here. */

import type { Definition, State } from '../state-machines/compiler/asl.ts';
import type { CaughtError, ExecutionDetail } from '../state-machines/contract/events.ts';
import type { FinalizerInput, FinalizerTodo } from '../state-machines/contract/finalizer.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import type { RunResult } from '../state-machines/contract/result.ts';
import { type ExecutionEnd, type InterpretOptions, interpret } from './interpreter.ts';

/** The result that the state machine itself reported; undefined where it ended without its cleanup. */
export function reportedResult(end: ExecutionEnd): RunResult | undefined {
  if (end.status === 'SUCCEEDED') return end.output as RunResult;
  if (end.status !== 'FAILED') return undefined;
  return resultIn(end.cause);
}

function resultIn(cause: string): RunResult | undefined {
  try {
    const result = JSON.parse(cause);
    return typeof result.tasks === 'object' && typeof result.released === 'object' ? result : undefined;
  } catch {
    return undefined;
  }
}

export interface EndedRun {
  readonly run: string;
  readonly input: unknown;
  readonly startedAt: string;
  readonly end: ExecutionEnd;
}

/** @returns the result of the run where the finalizer has cleaned it up */
export async function finalize(
  finalizer: Definition,
  ended: EndedRun,
  options: Pick<InterpretOptions, 'invoke' | 'admit' | 'waits'>,
): Promise<RunResult | undefined> {
  const input = finalizerInput(ended);
  const finalized = await interpret(withoutWaiting(finalizer), { ...options, name: ended.run, input });
  const result = finalized.status === 'SUCCEEDED' ? cleanedUp(finalized.output) : undefined;
  if (finalized.status === 'SUCCEEDED' && (result || input.todo !== 'hooks')) {
    return result && { ...result, status: input.status };
  }
  throw new Error(`the run ${ended.run} could not be cleaned up: ${JSON.stringify(finalized)}`);
}

/** Where some of it went only in the last sweep, the cleanup before has told of that as an error. */
function cleanedUp(output: unknown): RunResult | undefined {
  if (!isObject(output)) return undefined;
  return 'cause' in output ? resultIn(String(output['cause'])) : 'tasks' in output ? (output as never) : undefined;
}

/** What still runs has been killed before. */
function withoutWaiting(definition: Definition): Definition {
  const States = Object.entries(definition.States).map(([name, state]): [string, State] => [
    name,
    state.Type === 'Wait' ? { ...state, Seconds: 0 } : state,
  ]);
  return { ...definition, States: Object.fromEntries(States) };
}

export function finalizerInput(ended: EndedRun): FinalizerInput {
  const { run, input, startedAt, end } = ended;
  const { input: _, ...detail } = executionDetail(ended);
  return { execution: run, status: end.status, startedAt, input, todo: todoAfter(end), end: endError(end), detail };
}

function todoAfter(end: ExecutionEnd): FinalizerTodo {
  if (end.status === 'SUCCEEDED') return 'after-execution';
  return reportedResult(end) ? 'sweep' : 'hooks';
}

function endError(end: ExecutionEnd): CaughtError {
  switch (end.status) {
    case 'TIMED_OUT':
      return { Error: 'States.Timeout', Cause: 'the run took longer than the pipeline allows' };
    case 'ABORTED':
      return { Error: 'Aborted', Cause: 'the run was stopped' };
    case 'FAILED':
      return { Error: end.error, Cause: end.cause };
    case 'SUCCEEDED':
      return { Error: 'None' };
    default:
      return end satisfies never;
  }
}

/** As Step Functions tells EventBridge of an execution's end. Input and output that are too large for an event are null. */
export function executionDetail({ run, input, end }: EndedRun): ExecutionDetail {
  const inputText = JSON.stringify(input);
  const outputText = end.status === 'SUCCEEDED' ? JSON.stringify(end.output) : null;
  const { error, cause } = end.status === 'FAILED' ? end : { error: null, cause: null };
  const outputFits = Buffer.byteLength(outputText ?? '') <= EVENT_DATA_LIMIT;
  const bothFit = Buffer.byteLength(inputText) + Buffer.byteLength(outputText ?? '') <= EVENT_DATA_LIMIT;
  return {
    name: run,
    status: end.status,
    input: bothFit ? inputText : null,
    output: outputFits ? outputText : null,
    error,
    cause,
  };
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
const EVENT_DATA_LIMIT = 248 * 1024;
