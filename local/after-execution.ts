/** What runs once an execution has ended, and can change nothing about it any more. */

import { randomUUID } from 'node:crypto';
import type { Definition } from '../state-machines/compiler/asl.ts';
import type { ExecutionDetail } from '../state-machines/contract/events.ts';
import type { TaskResult } from '../state-machines/contract/result.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import type { Functions } from './functions.ts';
import { type InterpretOptions, type Invoke, interpret } from './interpreter.ts';
import { failureInfoOf } from './lambda-error.ts';

/** @returns how each after-execution task ended: nothing else knows, for they leave no records */
export async function runAfterExecution(
  definition: Definition,
  detail: ExecutionDetail,
  { plan, functions }: { readonly plan: Plan; readonly functions: Functions },
  { invoke, ...options }: Pick<InterpretOptions, 'invoke' | 'admit' | 'waits'>,
): Promise<Record<string, TaskResult>> {
  const results = new Map<string, TaskResult>();
  const observed: Invoke = async (invocation) => {
    const name = functions.nameOf(invocation.resource) ?? invocation.state;
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
  await interpret(definition, { ...options, invoke: observed, name: randomUUID(), input: { detail } });
  const hooks = plan.hooks.filter(({ hook }) => hook === 'after-execution');
  return Object.fromEntries(
    hooks.map(({ name }) => [name, results.get(name) ?? { status: 'SKIPPED', retriesUsed: 0 }]),
  );
}
