/** Some chunks of a chunk-parallel task, one after the other. Each attempts and commits on its own. */

import { NON_RETRYABLE_ERROR } from '../../state-machines/contract/error-names.ts';
import { bytesOut, type CommitRecord } from '../../state-machines/contract/records.ts';
import type { TaskAnswer } from '../../state-machines/contract/task-events.ts';
import type { PlannedEach, PlannedTask } from '../../state-machines/graph/plan.ts';
import { readChunks } from './chunk-list.ts';
import { commitOnce } from './commit.ts';
import { NonRetryableError } from './errors.ts';
import { handlerWork } from './handler-work.ts';
import { openInputs } from './inputs.ts';
import type { AnyHandler, Attempt } from './invocation.ts';
import { presentable } from './presentable.ts';
import { idOf } from './task-id.ts';

/**
 * Carries out those of the chunks that have not committed. One that fails does not keep the others from their turn, as
 * long as there is time.
 *
 * @throws an error that names the chunks that failed, under the name of one that can be tried again, if there is one
 */
export async function runChunks(
  handler: AnyHandler,
  task: PlannedTask & { readonly each: PlannedEach },
  ids: readonly string[],
  attempt: Attempt,
): Promise<TaskAnswer> {
  const { event, records, store, signal, log } = attempt;
  const whole = idOf(attempt, task.name);
  // Read where a chunk needs it first: a marker is there by then that can tell how it failed.
  let shared: ReturnType<typeof readShared> | undefined;
  const readShared = () =>
    Promise.all([
      readChunks(whole, task.each, records, store),
      openInputs((name) => idOf(attempt, name), task, records, store),
    ]);
  // Chunks that failed and were tolerated have no turn in an execution that resumes: what they read may be gone.
  const gathered = event.run !== event.execution && (await records.hasCommitted(whole));

  const succeeded: CommitRecord[] = [];
  const failed: FailedChunk[] = [];
  let worked = false;
  for (const chunkId of gathered ? [] : ids) {
    const id = { ...whole, chunk: chunkId };
    try {
      signal.throwIfAborted();
      const { record, before } = await commitOnce(id, attempt, async (attemptId) => {
        shared ??= readShared();
        const [chunks, inputs] = await shared;
        const chunk = chunks.get(chunkId);
        if (!chunk) {
          const list = `${task.each.task}.${task.each.output}`;
          throw new NonRetryableError(`there is no chunk ${JSON.stringify(chunkId)} in the list ${list}`);
        }
        return handlerWork(handler, attempt, { id, attemptId, inputs: inputs(), extra: { chunk } });
      });
      succeeded.push(record);
      worked ||= !before;
    } catch (error) {
      if (ids.length > 1) log.error('chunk failed', { chunk: chunkId, error: error as Error });
      failed.push({ chunk: chunkId, error: error as Error });
    }
  }
  if (failed.length > 0) throw failureOfAll(failed, ids.length);
  const sum = (figure: (record: CommitRecord) => number) =>
    succeeded.reduce((total, record) => total + figure(record), 0);
  return {
    status: 'SUCCEEDED',
    attempt: event.retryCount + 1,
    retriesUsed: sum((record) => record.retriesUsed),
    durationMs: sum((record) => record.durationMs),
    bytesIn: sum((record) => record.bytesIn),
    bytesOut: sum(bytesOut),
    ...(!worked && { committedBefore: true }),
  };
}

interface FailedChunk {
  readonly chunk: string;
  readonly error: Error;
}

/** NonRetryableError is the name only where it is that of all: the others' chunks are worth another attempt. */
function failureOfAll(failed: readonly FailedChunk[], of: number): Error {
  const named = failed.find(({ error }) => error.name !== NON_RETRYABLE_ERROR) ?? failed[0];
  const told = failed.map(
    ({ chunk, error }) => `chunk "${chunk}": ${failed.length > 1 ? `${error.name}: ` : ''}${error.message}`,
  );
  const error = new Error(failed.length > 1 ? `${failed.length} of ${of} chunks failed: ${told.join('; ')}` : told[0], {
    cause: named?.error,
  });
  error.name = named?.error.name ?? error.name;
  error.stack = named?.error.stack ?? '';
  return presentable(error);
}
