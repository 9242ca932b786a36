/** What a task's function answers, from the record that holds. */

import { bytesOut, type CommitRecord } from '../../state-machines/contract/records.ts';
import { PAYLOAD_LIMIT } from '../../state-machines/contract/result.ts';
import type { TaskAnswer } from '../../state-machines/contract/task-events.ts';
import { isDistributed, type Plan, type PlannedTask } from '../../state-machines/graph/plan.ts';
import type { Committed } from './commit.ts';
import { NonRetryableError } from './errors.ts';
import type { ReleasedOutputs } from './release.ts';

export function answerOf(
  { record, before }: Committed,
  plan: Plan,
  task: PlannedTask,
  released: ReleasedOutputs = {},
): TaskAnswer {
  const chunks = chunksAnswer(plan, task, record.outputs);
  return {
    status: 'SUCCEEDED',
    attempt: record.attempt,
    retriesUsed: record.retriesUsed,
    durationMs: record.durationMs,
    bytesIn: record.bytesIn,
    bytesOut: bytesOut(record),
    ...(before && { committedBefore: before }),
    ...(Object.keys(released).length > 0 && { released }),
    ...(record.values && { values: record.values }),
    ...(Object.keys(chunks).length > 0 && { chunks }),
  };
}

type Chunks = NonNullable<TaskAnswer['chunks']>;

/** By task that has its chunks from here: their ids in batches, or where an execution of its own has them, their key. */
function chunksAnswer(plan: Plan, task: PlannedTask, outputs: CommitRecord['outputs']): Chunks {
  const chunks: Record<string, Chunks[string]> = {};
  for (const [name, { chunksOf = [] }] of Object.entries(task.outputs)) {
    for (const consumer of chunksOf) {
      const each = plan.task(consumer)?.each;
      const output = outputs[name];
      if (!each || !output) continue;
      chunks[consumer] = isDistributed(each) ? output.key : inBatches(output.chunkIds ?? [], each.batchSize);
    }
  }
  return chunks;
}

/** Lists travel through the state data beside whatever else is there. */
const LISTS_LIMIT = PAYLOAD_LIMIT / 2;

/** @throws NonRetryableError where the lists of chunks are too long for the state data, which nothing could catch */
export function checkChunksAnswer(plan: Plan, task: PlannedTask, outputs: CommitRecord['outputs']): void {
  const lists = chunksAnswer(plan, task, outputs);
  const length = JSON.stringify(lists).length;
  if (length <= LISTS_LIMIT) return;
  const consumers = Object.keys(lists).filter((consumer) => typeof lists[consumer] !== 'string');
  throw new NonRetryableError(
    `the ids of the chunks of ${consumers.map((name) => `"${name}"`).join(', ')} take ${length} characters, and ${LISTS_LIMIT} is the most; give them a maxConcurrency over 40, which has no such limit, or shorter ids`,
  );
}

function inBatches(ids: readonly string[], size: number): string[][] {
  const batches: string[][] = [];
  for (let start = 0; start < ids.length; start += size) batches.push(ids.slice(start, start + size));
  return batches;
}
