/** How an execution ended, as its finalizer is told, in no more bytes than it may be told in. */

import { READ_BY_EBBTIDE } from '../../state-machines/contract/execution-input.ts';
import type { FinalizerInput, FinalizerTodo } from '../../state-machines/contract/finalizer.ts';
import type { CaughtError } from '../../state-machines/contract/marks.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import { resultIn } from '../../state-machines/contract/reported-result.ts';
import { CAUSE_LIMIT, cutText, PAYLOAD_LIMIT, shortenResult } from '../../state-machines/contract/result.ts';
import type { EndedExecution } from './executions.ts';

/**
 * The finalizer's functions get the execution's input together with their lists of tasks and the state so far, in one
 * payload: a quarter of it is left for those.
 */
export const FINALIZER_INPUT_LIMIT = (PAYLOAD_LIMIT / 4) * 3;

/**
 * Where it is too large, first the output and the cause are shortened, which the finalizer's machine only hands on; then
 * the largest members of the execution's input are left out, one after the other, but never `resume` and `keep`.
 */
export function finalizerInput(name: string, execution: EndedExecution, todo: FinalizerTodo): FinalizerInput {
  const { input } = execution;
  for (const limit of [PAYLOAD_LIMIT, CAUSE_LIMIT, CAUSE_LIMIT / 4, CAUSE_LIMIT / 32]) {
    const whole = compose(name, execution, todo, limit);
    if (sizeOf(whole) <= FINALIZER_INPUT_LIMIT) return whole;
  }
  const rest = compose(name, { ...execution, input: null }, todo, CAUSE_LIMIT / 32);
  return { ...rest, input: withoutLargest(input, FINALIZER_INPUT_LIMIT - sizeOf(rest)) };
}

/** @param limit of the output's and the cause's length, in UTF-8 bytes and in characters */
function compose(name: string, execution: EndedExecution, todo: FinalizerTodo, limit: number): FinalizerInput {
  const { status, startedAt, input, output, error, cause } = execution;
  const shortCause = cause === undefined ? undefined : shorten(cause, limit);
  const detail = {
    name,
    status,
    ...(output !== undefined && { output: shortenOutput(output, limit) }),
    ...(error !== undefined && { error }),
    ...(shortCause !== undefined && { cause: shortCause }),
  };
  return { execution: name, status, startedAt, input: input ?? null, todo, end: endOf(execution, shortCause), detail };
}

/** The state data of a run that was ended so, as if its machine had caught it. */
function endOf({ status, error }: EndedExecution, cause: string | undefined): CaughtError {
  switch (status) {
    case 'ABORTED':
      return { Error: 'Aborted', Cause: cause || error || 'the run was stopped' };
    case 'TIMED_OUT':
      return { Error: 'States.Timeout', Cause: cause || "the run took longer than its pipeline's timeout" };
    case 'FAILED':
      return { Error: error ?? 'States.Runtime', Cause: cause ?? '' };
    case 'SUCCEEDED':
      return { Error: '', Cause: '' };
    default:
      return status satisfies never;
  }
}

/** A part of the JSON of a result would be none, so a result is shortened as one. */
function shorten(text: string, limit: number): string {
  const result = resultIn(text);
  return result ? JSON.stringify(shortenResult(result, limit)) : cutText(text, limit);
}

/** @returns null, as an event has it, where it is too large and no result */
function shortenOutput(text: string, limit: number): string | null {
  const result = resultIn(text);
  if (result) return JSON.stringify(shortenResult(result, limit));
  return Buffer.byteLength(text) <= limit ? text : null;
}

function withoutLargest(input: unknown, limit: number): unknown {
  if (!isObject(input)) return sizeOf(input) <= limit ? input : {};
  const sizes = Object.entries(input).map(([name, value]) => ({
    name,
    // With the colon and a comma.
    size: sizeOf(name) + sizeOf(value) + 2,
    // Without it the wrong run would be deleted, or one that is to be kept.
    needed: READ_BY_EBBTIDE.includes(name),
  }));
  const left = new Set<string>();
  let room = limit - 2;
  for (const { name, size } of sizes.toSorted((a, b) => Number(b.needed) - Number(a.needed) || a.size - b.size)) {
    room -= size;
    if (room < 0) break;
    left.add(name);
  }
  return Object.fromEntries(Object.entries(input).filter(([name]) => left.has(name)));
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? 'null');
}
