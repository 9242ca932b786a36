/**
 * The requests to S3 of a run in which everything goes well at the first attempt: what the commit protocol, the inputs
 * and the cleanup ask for. They are counted for outputs of one part (8 MiB) and inputs that are read whole, once.
 */

import type { Plan, PlannedTask } from '../graph/plan.ts';

export interface S3Requests {
  /** PUT, COPY, POST and LIST. */
  readonly writes: number;
  /** GET and HEAD, at the most: which of an output's readers looks at which others depends on who is first. */
  readonly reads: number;
}

/** What was committed before, the marker of the attempt, whether the run is over, the commit record. */
const WRITES_A_COMMIT = 4;
const LISTED_AT_ONCE = 1_000;

/** @param chunksOf how many chunks a chunk-parallel task has */
export function s3RequestsOf(plan: Plan, chunksOf: (task: string) => number): S3Requests {
  const committing = [...plan.tasks, ...plan.hooksBeforeCleanup];
  const parts = committing.map((task) => requestsOf(task, plan, chunksOf));
  const objects = committing.reduce((sum, task) => sum + objectsOf(task, chunksOf), 0);
  return total([...parts, cleanupOf(committing.length, objects)]);
}

function requestsOf(task: PlannedTask, plan: Plan, chunksOf: (task: string) => number): S3Requests {
  const inputs = Object.values(task.inputs);
  const files = ({ task: from }: { readonly task: string }) => (plan.task(from)?.each ? chunksOf(from) : 1);
  const reading = {
    writes: 0,
    reads: new Set(inputs.map((input) => input.task)).size + inputs.reduce((sum, input) => sum + files(input), 0),
  };
  const released = { writes: 0, reads: releaseReads(task, plan) };
  const durable = Object.values(task.outputs).filter((output) => output.durable).length;
  const commit = { writes: WRITES_A_COMMIT + Object.keys(task.outputs).length + durable, reads: 0 };
  if (!task.each) return total([reading, commit, released]);

  const chunks = chunksOf(task.name);
  const batches = Math.ceil(chunks / task.each.batchSize);
  // Each invocation reads the list of chunks, and opens its inputs anew for each of its own.
  const records = new Set(inputs.map((input) => input.task)).size;
  const batch = { writes: 0, reads: 2 + records };
  const chunk = { writes: commit.writes, reads: reading.reads - records };
  const listed = Math.ceil(objectsOf(task, chunksOf) / LISTED_AT_ONCE);
  const gather = { writes: WRITES_A_COMMIT + listed, reads: 1 + chunks };
  return total([times(batches, batch), times(chunks, chunk), gather, released]);
}

/** It looks whether the other readers of each output have committed, and then what is to be deleted. */
function releaseReads(task: PlannedTask, plan: Plan): number {
  const taken = [...Object.values(task.inputs), ...(task.each ? [task.each] : [])];
  const outputs = new Map(taken.map((input) => [`${input.task}.${input.output}`, input]));
  const released = [...outputs.values()].flatMap((input) => {
    const readers = plan.task(input.task)?.outputs[input.output]?.releasedBy;
    return readers ? [{ producer: input.task, others: readers.filter((name) => name !== task.name) }] : [];
  });
  const asked = new Set(released.flatMap(({ others }) => others)).size;
  return asked + new Set(released.map(({ producer }) => producer)).size;
}

/** Objects that lie under the run's prefix: an attempt's marker and its commit record, and its outputs. */
function objectsOf(task: PlannedTask, chunksOf: (task: string) => number): number {
  const own = 2 + Object.keys(task.outputs).length;
  return task.each ? 2 + chunksOf(task.name) * own : own;
}

/** The result is put together from the records and stored; then the prefix is listed, emptied, and listed again. */
function cleanupOf(committing: number, objects: number): S3Requests {
  const pages = Math.max(1, Math.ceil(objects / LISTED_AT_ONCE));
  return { writes: 7 + pages, reads: 3 + committing };
}

function times(count: number, { writes, reads }: S3Requests): S3Requests {
  return { writes: count * writes, reads: count * reads };
}

function total(requests: readonly S3Requests[]): S3Requests {
  return {
    writes: requests.reduce((sum, { writes }) => sum + writes, 0),
    reads: requests.reduce((sum, { reads }) => sum + reads, 0),
  };
}
