/** One invocation of a task's function: the task itself, some of its chunks, the gathering of them, or a hook. */

import { outcomeOf } from '../../state-machines/contract/outcome.ts';
import type { TaskAnswer } from '../../state-machines/contract/task-events.ts';
import type { PlannedHook } from '../../state-machines/graph/plan.ts';
import { admit } from './admission.ts';
import { answerOf } from './answer.ts';
import { runChunks } from './chunks.ts';
import { commitOnce } from './commit.ts';
import { untilAborted } from './deadline.ts';
import { NonRetryableError } from './errors.ts';
import { gatherChunks } from './gather.ts';
import { handlerWork } from './handler-work.ts';
import { openInputs } from './inputs.ts';
import type { AnyHandler, Attempt } from './invocation.ts';
import { presentable } from './presentable.ts';
import { releaseConsumed } from './release.ts';
import { idOf } from './task-id.ts';

/** @throws an error that can be shown, whatever went wrong */
export async function runAttempt(handler: AnyHandler, attempt: Attempt): Promise<TaskAnswer> {
  const { plan, task, event } = attempt;
  const hook = plan.hook(task.name);
  if (hook?.hook === 'after-execution') return runAfterExecution(handler, hook, attempt);
  await admit(attempt).catch((error) => {
    throw presentable(error);
  });
  const { each } = task;
  if (each) {
    if (event.gather) return gatherChunks({ ...task, each }, attempt);
    if (event.chunks) return runChunks(handler, { ...task, each }, event.chunks, attempt);
  }
  if (each || event.gather || event.chunks) {
    const [is, says] = each ? ['is', 'no chunks'] : ['is not', 'chunks'];
    throw new NonRetryableError(
      `the task "${task.name}" ${is} chunk-parallel, and its event names ${says}: function and state machine are not of one build`,
    );
  }
  return runTask(handler, hook, attempt);
}

async function runTask(handler: AnyHandler, hook: PlannedHook | undefined, attempt: Attempt): Promise<TaskAnswer> {
  const { plan, task, event, records, store } = attempt;
  const id = idOf(attempt, task.name);
  const committed = await commitOnce(id, attempt, async (attemptId) => {
    const inputs = await openInputs((name) => idOf(attempt, name), task, records, store);
    const extra = hook ? { outcome: outcomeOf(event.state ?? {}, hook.about) } : {};
    return handlerWork(handler, attempt, { id, attemptId, inputs: inputs(), extra });
  });
  // What hooks read stays until the run ends.
  const released = hook ? {} : await releaseConsumed(attempt);
  return answerOf(committed, plan, task, released);
}

/**
 * The run's data has been released, and nothing would release more: so there is no marker and no record, and a repeated
 * invocation does its work again.
 */
async function runAfterExecution(handler: AnyHandler, hook: PlannedHook, attempt: Attempt): Promise<TaskAnswer> {
  const { event, signal, log } = attempt;
  const began = Date.now();
  const number = event.retryCount + 1;
  const context = {
    inputs: {},
    outputs: {},
    input: event.input,
    run: event.run,
    attempt: number,
    signal,
    log,
    outcome: outcomeOf(event.state ?? {}, hook.about),
  };
  try {
    await untilAborted(signal, async () => handler(context));
  } catch (error) {
    throw presentable(error);
  }
  const durationMs = Date.now() - began;
  return {
    status: 'SUCCEEDED',
    attempt: number,
    retriesUsed: event.retryCount,
    durationMs,
    bytesIn: 0,
    bytesOut: 0,
  };
}
