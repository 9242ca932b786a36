/** What the functions of a run answered, as far as its history tells of it. */

import { type CaughtError, failureOf, isRunOut, marksOf } from '../state-machines/contract/marks.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { resultIn } from '../state-machines/contract/reported-result.ts';
import type { FailureInfo, RunResult } from '../state-machines/contract/result.ts';
import type { AttemptFigures, CleanupEnded } from './events.ts';

/** Of a task's function. */
export function figuresIn(answer: unknown): Omit<AttemptFigures, 'durationMs'> {
  const { bytesIn, bytesOut, committedBefore, released } = isObject(answer) ? answer : {};
  return {
    ...(typeof bytesIn === 'number' && { bytesIn }),
    ...(typeof bytesOut === 'number' && { bytesOut }),
    ...(committedBefore === true && { committedBefore }),
    ...(isObject(released) && { released: released as Record<string, number> }),
  };
}

/**
 * Where an error came from, as the cause of a failed function tells it: the first place in the sources of its package.
 * The harness leaves those as relative paths; what is bundled with them has none.
 */
export function placeIn(cause: string | undefined): string | undefined {
  try {
    const { trace } = JSON.parse(cause ?? '');
    for (const line of Array.isArray(trace) ? trace : []) {
      const [, place] = /^at (?:.* \()?((?!node:|file:|\/|chunk-)[^()]+:\d+:\d+)\)?$/.exec(String(line).trim()) ?? [];
      if (place !== undefined) return place;
    }
  } catch {
    // No function's: those of the service itself are texts.
  }
  return undefined;
}

/** Of the cleanup function, however the run ended. */
export function cleanupEnd(answer: unknown): CleanupEnded {
  if (!isObject(answer) || answer['done'] !== true) return { done: false };
  const left = cleanupResult(answer)?.released.left;
  return { done: true, ...(left !== undefined && { left }) };
}

/** @returns undefined where the cleanup was asked for something else, or could not tell */
export function cleanupResult(answer: unknown): RunResult | undefined {
  const { result, cause } = isObject(answer) ? answer : {};
  return resultIn(typeof cause === 'string' ? cause : JSON.stringify(result));
}

/** Why an execution failed: where its own cleanup has put its result into the cause, what that says. */
export function executionError({ Error: name, Cause }: CaughtError): FailureInfo {
  return resultIn(Cause)?.error ?? failureOf({ Error: name, ...(Cause !== undefined && { Cause }) });
}

/**
 * The chunks of a task, where its Map finds them: in the mark of the task that listed them, there or further out.
 *
 * @param state what the Map was entered with
 * @returns their ids in batches, or the key of their list; undefined where there are none to be found
 */
export function chunksIn(state: unknown, task: string): readonly (readonly string[])[] | string | undefined {
  if (!isObject(state)) return undefined;
  const { out, up } = state;
  for (const mark of isRunOut(out) ? marksOf(out).values() : []) {
    const chunks = 'chunks' in mark ? mark.chunks?.[task] : undefined;
    if (chunks !== undefined) return chunks;
  }
  return chunksIn(up, task);
}
