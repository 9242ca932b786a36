/** How an execution ended, and the end that a run gets here where its state machine could not give it one. */

import type { Definition } from '../state-machines/compiler/asl.ts';
import type { ExecutionDetail, RunEnd } from '../state-machines/contract/events.ts';
import type { RunResult } from '../state-machines/contract/result.ts';
import { STATES } from '../state-machines/contract/states.ts';
import { type ExecutionEnd, type InterpretOptions, interpret } from './interpreter.ts';

/** The result that the state machine itself reported; undefined where it ended without its cleanup. */
export function reportedResult(end: ExecutionEnd): RunResult | undefined {
  if (end.status === 'SUCCEEDED') return end.output as RunResult;
  if (end.status !== 'FAILED') return undefined;
  try {
    const result = JSON.parse(end.cause);
    return typeof result.tasks === 'object' && typeof result.released === 'object' ? result : undefined;
  } catch {
    return undefined;
  }
}

export interface UnfinalizedRun {
  readonly run: string;
  readonly input: unknown;
  readonly startedAt: string;
  readonly end: ExecutionEnd;
}

/**
 * An abort, a timeout and what no Catch catches end an execution before its hooks and its cleanup. This is them,
 * afterwards: the same states, entered with how the run ended.
 */
export async function finalize(
  definition: Definition,
  { run, input, startedAt, end }: UnfinalizedRun,
  options: Pick<InterpretOptions, 'invoke' | 'admit' | 'waits'>,
): Promise<RunResult> {
  const finalized = await interpret(finalizerDefinition(definition), {
    ...options,
    name: run,
    input: endError(end),
    execution: { input, startedAt },
  });
  const result = reportedResult(finalized);
  if (!result) throw new Error(`the run ${run} could not be cleaned up: ${JSON.stringify(finalized)}`);
  return { ...result, status: end.status === 'SUCCEEDED' ? 'FAILED' : end.status };
}

/** What a state machine does behind `Run`, as a machine of its own. Its input is the state data at that place. */
export function finalizerDefinition({ States, TimeoutSeconds: _, ...definition }: Definition): Definition {
  const { [STATES.run]: __, ...rest } = States;
  return { ...definition, StartAt: STATES.notes in rest ? STATES.notes : STATES.cleanup, States: rest };
}

function endError(end: ExecutionEnd): RunEnd {
  switch (end.status) {
    case 'TIMED_OUT':
      return { Error: 'States.Timeout', Cause: 'the run took longer than the pipeline allows' };
    case 'ABORTED':
      return { Error: 'Aborted', Cause: 'the run was stopped' };
    case 'FAILED':
      return { Error: end.error, Cause: end.cause };
    case 'SUCCEEDED':
      return { out: {} };
    default:
      return end satisfies never;
  }
}

/** As Step Functions tells EventBridge of an execution's end. Input and output that are too large for an event are null. */
export function executionDetail({ run, input, end }: UnfinalizedRun): ExecutionDetail {
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
