/** What the cleanup function has answered: the finalizer's output is not the place where all of it ends up. */

import { cleanupResult } from '../../history/answers.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import type { RunResult } from '../../state-machines/contract/result.ts';
import type { Invoke } from '../interpreter.ts';

export interface CleanupAnswers {
  /** Calls the functions, and notes what the cleanup answers. */
  readonly invoke: Invoke;
  /** The run's result, where a cleanup was asked for it and could tell. */
  result(): RunResult | undefined;
  /** What sweeps have deleted behind it. */
  swept(): { readonly objects: number; readonly bytes: number };
}

export function observeCleanup(invoke: Invoke): CleanupAnswers {
  let result: RunResult | undefined;
  let swept = { objects: 0, bytes: 0 };
  const observed: Invoke = async (invocation) => {
    const answer = await invoke(invocation);
    if (!isObject(answer)) return answer;
    const { objects, bytes } = answer;
    result = cleanupResult(answer) ?? result;
    if (typeof objects === 'number' && typeof bytes === 'number')
      swept = { objects: swept.objects + objects, bytes: swept.bytes + bytes };
    return answer;
  };
  return { invoke: observed, result: () => result, swept: () => swept };
}
