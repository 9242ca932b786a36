/**
 * The end of an execution whose functions cannot be called any more, or have nothing to do any more: no hook runs, the
 * data goes as it would have, and the result says what the records tell.
 */

import type { S3Client } from '@aws-sdk/client-s3';
import { cleanUp } from '../../lambdas/cleanup/cleanup.ts';
import type { EndedExecution, ExecutionState } from '../../lambdas/reaper/executions.ts';
import type { CleanupEvent, TaskRetries } from '../../state-machines/contract/cleanup-events.ts';
import { runOf } from '../../state-machines/contract/execution-input.ts';
import { resultIn } from '../../state-machines/contract/reported-result.ts';
import { type RunResult, SKIPPED } from '../../state-machines/contract/result.ts';
import { LOCAL_BUCKETS } from '../assembly-model.ts';
import { exportResults } from '../results.ts';
import type { ExecutionRecord } from '../runs/execution-record.ts';
import { type RunFolder, writeResult } from '../runs/run-folder.ts';
import type { HeldTurn } from '../runs/turns.ts';
import { atStorage } from '../site.ts';
import { stateOf } from './executions-here.ts';
import type { Settled } from './settle.ts';

export async function settleWithoutPlan(folder: RunFolder, held: HeldTurn): Promise<Settled> {
  const { execution } = held.turn;
  const state = stateOf(folder, execution) as EndedExecution;
  return atStorage(folder, async (s3, endpoint) => {
    const reported = resultIn(state.output ?? state.cause);
    const cleaned = reported ?? (await cleanedUp(folder, execution, state, s3));
    const after = (execution.afterExecution ?? []).map((name) => [name, SKIPPED] as const);
    const result: RunResult = {
      ...cleaned,
      status: state.status,
      ...(after.length > 0 && { hooks: { ...cleaned.hooks, ...Object.fromEntries(after) } }),
    };
    const results = await exportResults(result, endpoint, LOCAL_BUCKETS.results, folder.results);
    writeResult(folder, result);
    held.note('over', { status: result.status });
    return { result, results };
  });
}

async function cleanedUp(
  { pipeline, run }: RunFolder,
  { name, input, startedAt, tasks, hooks, shape, keepOnFailureSeconds }: ExecutionRecord,
  { status, error, cause }: ExecutionState,
  s3: S3Client,
): Promise<RunResult> {
  let event: CleanupEvent = {
    run: runOf(name, input),
    execution: name,
    input,
    startedAt,
    tasks: retriesIn(tasks),
    ...(hooks && { hooks: retriesIn(hooks) }),
    state: { Error: error ?? 'Aborted', Cause: cause ?? '' },
    shape,
    ...(keepOnFailureSeconds !== undefined && { keepOnFailureSeconds }),
    ...(status !== 'RUNNING' && { status }),
  };
  for (;;) {
    const answer = await cleanUp(event, {
      pipeline,
      s3,
      runsBucket: LOCAL_BUCKETS.runs,
      resultsBucket: LOCAL_BUCKETS.results,
      hasTime: () => true,
    });
    if ('done' in answer && !answer.done && 'result' in answer) event = { ...event, state: answer };
    else return told(answer, run);
  }
}

function told(answer: object, run: string): RunResult {
  const { result, cause } = answer as { readonly result?: unknown; readonly cause?: string };
  const found = resultIn(cause ?? JSON.stringify(result));
  if (found) return found;
  throw new Error(`the run ${run} could not be cleaned up: its cleanup answered ${JSON.stringify(answer)}`);
}

function retriesIn(named: Readonly<Record<string, number>>): TaskRetries[] {
  return Object.entries(named).map(([name, retries]) => ({ name, retries }));
}
