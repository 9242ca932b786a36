/**
 * Starts the finalizer of an execution that has ended, once, whoever asks and however often: the finalizer's execution
 * has the name of the one that it finalizes, and Step Functions gives a name away once in 90 days.
 *
 * An execution that is redriven after that is not finalized again. What its tasks need is gone by then, so it mostly
 * fails and cleans up after itself; where it is ended from outside once more, no hook runs, and the reaper deletes.
 */

import type { FinalizerTodo } from '../../state-machines/contract/finalizer.ts';
import { resultIn } from '../../state-machines/contract/reported-result.ts';
import { type EndedExecution, type Executions, hasEnded } from './executions.ts';
import { finalizerInput } from './finalizer-input.ts';

export type Finalized =
  | 'started'
  /** There is one, at work or done. */
  | 'already'
  | 'running'
  /** It succeeded, and there are no tasks after the execution. */
  | 'nothing to do'
  /** There is no execution of that name. */
  | 'unknown';

export interface FinalizeOptions {
  /** Whether the pipeline has tasks that run after an execution: without, a success has no finalizer. */
  readonly afterExecution: boolean;
}

/**
 * Believes nothing about the execution but its name: how it ended is asked.
 *
 * @param name a run id, as `RUN_ID` has it
 */
export async function finalizeOnce(
  name: string,
  executions: Executions,
  { afterExecution }: FinalizeOptions,
): Promise<Finalized> {
  const execution = await executions.describe(name);
  if (!execution) return 'unknown';
  if (!hasEnded(execution)) return 'running';
  if (execution.status === 'SUCCEEDED' && !afterExecution) return 'nothing to do';
  // Asked for what it saves: an event often comes twice. That it is started once, its name sees to.
  if ((await executions.finalizer(name)) !== 'none') return 'already';
  const todo = await todoAfter(name, execution, executions);
  const started = await executions.startFinalizer(finalizerInput(name, execution, todo));
  return started ? 'started' : 'already';
}

async function todoAfter(name: string, execution: EndedExecution, executions: Executions): Promise<FinalizerTodo> {
  if (execution.status === 'SUCCEEDED') return 'after-execution';
  if (endedCleanly(execution)) return 'sweep';
  return (await executions.enteredCleanup(name)) ? 'cleanup' : 'hooks';
}

/** Whether the execution came to the end of its own machine, by way of the cleanup. */
export function endedCleanly({ status, cause }: EndedExecution): boolean {
  return status === 'SUCCEEDED' || (status === 'FAILED' && resultIn(cause) !== undefined);
}
