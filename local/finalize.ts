/** How an execution ended, and the end that a run gets here where its state machine could not give it one. */

import type { CleanupAnswer, CleanupEvent, RunEnd } from '../state-machines/contract/events.ts';
import type { RunResult } from '../state-machines/contract/result.ts';
import { STATES } from '../state-machines/contract/states.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import type { Assembly } from './assembly-model.ts';
import type { ExecutionEnd, Invoke } from './interpreter.ts';

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

/** An abort, a timeout and what no Catch catches end an execution before its cleanup. This is it, afterwards. */
export async function finalize(
  plan: Plan,
  { States }: Assembly['definition'],
  { end, ...execution }: UnfinalizedRun,
  invoke: Invoke,
): Promise<RunResult> {
  const cleanup = States[STATES.cleanup];
  if (cleanup?.Type !== 'Task') throw new Error('the definition has no cleanup');
  const event = { ...execution, tasks: plan.tasks.map(({ name, retries }) => ({ name, retries })) };
  let state: CleanupEvent['state'] = endError(end);
  for (;;) {
    const payload: CleanupEvent = { ...event, state };
    const answer = await invoke({ state: STATES.cleanup, resource: cleanup.Resource, payload, retryCount: 0 });
    const { done, ...rest } = answer as CleanupAnswer;
    if (!done) {
      state = answer as CleanupEvent['state'];
      continue;
    }
    const result: RunResult = 'result' in rest ? rest.result : JSON.parse(rest.cause);
    return { ...result, status: end.status === 'SUCCEEDED' ? 'FAILED' : end.status };
  }
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
