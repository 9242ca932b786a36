/** Calls functions, and tells what becomes of it. */

import { cleanupEnd, figuresIn, placeIn } from '../history/answers.ts';
import type { AttemptOf, CleanupEnded } from '../history/events.ts';
import { untilAborted } from '../lambdas/runtime/deadline.ts';
import { NON_RETRYABLE_ERROR } from '../state-machines/contract/error-names.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import type { Functions } from './functions/functions.ts';
import { failureInfoOf, LambdaError } from './functions/lambda-error.ts';
import type { Invoke } from './interpreter.ts';
import type { Tell } from './progress.ts';

/**
 * What the functions of a plan are called with.
 *
 * @param admit asked before each call; may throw
 */
export function reporting(
  functions: Pick<Functions, 'nameOf' | 'invoke'>,
  plan: Plan,
  tell: Tell,
  admit: (resource: string) => Promise<void> = async () => undefined,
): Invoke {
  return async ({ state, resource, payload, retryCount, abandoned }) => {
    const name = functions.nameOf(resource);
    const invoke = async () => {
      await admit(resource);
      abandoned.throwIfAborted();
      return functions.invoke(resource, payload, name ?? state);
    };
    // What a function does once nobody waits for it is not told: its attempt is over, as it is on AWS.
    const answered = () => untilAborted(abandoned, invoke);
    if (name === undefined) {
      const { notesOnly, sweep } = isObject(payload) ? payload : {};
      const cleansUp = notesOnly !== true && sweep !== true;
      if (cleansUp) tell({ type: 'cleanup-started' });
      let ended: CleanupEnded = { done: false };
      try {
        const answer = await answered();
        ended = cleanupEnd(answer);
        return answer;
      } finally {
        if (cleansUp) tell({ type: 'cleanup-ended', ...ended });
      }
    }
    const what = attemptOf(name, payload, retryCount, plan);
    const startedAt = performance.now();
    const durationMs = () => Math.round(performance.now() - startedAt);
    tell({ type: 'attempt-started', ...what });
    try {
      const answer = await answered();
      refuseForeign(name, answer);
      tell({ type: 'attempt-succeeded', ...what, durationMs: durationMs(), ...figuresIn(answer) });
      return answer;
    } catch (error) {
      const place = error instanceof LambdaError ? placeIn(error.message) : undefined;
      const failure = { error: failureInfoOf(error), ...(place !== undefined && { place }) };
      tell({ type: 'attempt-failed', ...what, durationMs: durationMs(), ...failure });
      throw error;
    }
  };
}

function attemptOf(task: string, payload: unknown, retryCount: number, plan: Plan): AttemptOf {
  const hook = plan.hook(task)?.hook;
  const { chunks, gather } = isObject(payload) ? payload : {};
  return {
    task,
    attempt: retryCount + 1,
    ...(hook && { hook }),
    ...(Array.isArray(chunks) && { chunks }),
    ...(gather === true && { gather }),
  };
}

/** A handler that was not made with task() commits nothing. On AWS the tasks that need its outputs would say so. */
function refuseForeign(task: string, answer: unknown): void {
  if (isObject(answer) && answer['status'] === 'SUCCEEDED') return;
  throw new LambdaError(
    NON_RETRYABLE_ERROR,
    `the handler of "${task}" was not made with task(…): export const handler = task(${task}, …)`,
  );
}
