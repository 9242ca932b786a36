/** How the tasks after an execution ended: nothing else knows, for they leave no records. */

import { SKIPPED, type TaskResult } from '../../state-machines/contract/result.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import type { Functions } from '../functions/functions.ts';
import { failureInfoOf } from '../functions/lambda-error.ts';
import type { Invoke } from '../interpreter.ts';

export interface AfterExecution {
  /** Calls the functions, and notes how those of after-execution tasks end. */
  readonly invoke: Invoke;
  /** The result of each after-execution task. */
  results(): Record<string, TaskResult>;
}

export function observeAfterExecution(
  plan: Plan,
  functions: Pick<Functions, 'nameOf'>,
  invoke: Invoke,
): AfterExecution {
  const after = plan.hooksAfterExecution.map(({ name }) => name);
  const results = new Map<string, TaskResult>();
  const observed: Invoke = async (invocation) => {
    const name = functions.nameOf(invocation.resource) ?? '';
    if (!after.includes(name)) return invoke(invocation);
    const began = { retriesUsed: invocation.retryCount, startedAt: new Date().toISOString() };
    const startedMs = performance.now();
    const duration = () => ({ durationMs: Math.round(performance.now() - startedMs) });
    try {
      const answer = await invoke(invocation);
      results.set(name, { status: 'SUCCEEDED', ...began, ...duration() });
      return answer;
    } catch (error) {
      results.set(name, { status: 'FAILED', ...began, ...duration(), error: failureInfoOf(error) });
      throw error;
    }
  };
  const resultOf = (name: string): TaskResult => results.get(name) ?? SKIPPED;
  return { invoke: observed, results: () => Object.fromEntries(after.map((name) => [name, resultOf(name)])) };
}
