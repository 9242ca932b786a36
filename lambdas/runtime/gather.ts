/**
 * Gathering: what the chunks of a task committed becomes the task's outputs, once all of them are over.
 *
 * Commits as any attempt does, so that there is one set of parts whatever happens meanwhile: a chunk that commits after
 * its task has been gathered is in no record that anybody reads.
 */

import { chunksPrefix, resultFolder, resultKey, type TaskId } from '../../state-machines/contract/keys.ts';
import type { CommitRecord, CommittedOutput, CommittedPart } from '../../state-machines/contract/records.ts';
import type { ChunkCounts } from '../../state-machines/contract/result.ts';
import type { TaskAnswer } from '../../state-machines/contract/task-events.ts';
import { extensionOf } from '../../state-machines/graph/formats.ts';
import type { PlannedEach, PlannedOutput, PlannedTask } from '../../state-machines/graph/plan.ts';
import { eachLimited } from '../storage/each-limited.ts';
import { type Records, retriesBegun } from '../storage/records.ts';
import { answerOf } from './answer.ts';
import { tellFailures } from './chunk-failures.ts';
import { readChunkIds } from './chunk-list.ts';
import { commitOnce, type Work } from './commit.ts';
import { ChunksFailedError } from './errors.ts';
import type { Attempt } from './invocation.ts';
import { releaseConsumed } from './release.ts';
import { idOf } from './task-id.ts';

const RECORDS_READ_AT_ONCE = 64;

type ChunkTask = PlannedTask & { readonly each: PlannedEach };

/** @throws ChunksFailedError where more chunks failed than are tolerated */
export async function gatherChunks(task: ChunkTask, attempt: Attempt): Promise<TaskAnswer> {
  const { plan } = attempt;
  const id = idOf(attempt, task.name);
  const committed = await commitOnce(id, attempt, async () => ({
    carryOut: () => gather(id, task, attempt),
    // It stores nothing: what it commits are the chunks' own objects.
    discard: async () => undefined,
  }));
  return answerOf(committed, plan, task, await releaseConsumed(attempt));
}

async function gather(id: TaskId, task: ChunkTask, { event, records }: Attempt): ReturnType<Work['carryOut']> {
  const [ids, histories] = await Promise.all([readChunkIds(id, task.each, records), records.chunkHistories(id)]);
  const committed = await readCommitted(
    id,
    ids.filter((chunk) => histories.get(chunk)?.committed),
    records,
  );
  const failed = ids.filter((chunk) => !committed.has(chunk));
  const told = await tellFailures(id, failed, histories, records);
  const chunks: ChunkCounts = {
    total: ids.length,
    succeeded: committed.size,
    failed: failed.length,
    ...(failed.length > 0 && { failures: told.failures }),
  };
  // Those of an execution before are none of this one's time.
  const own = [...committed.values()].filter(({ execution = event.run }) => execution === event.execution);
  const startedAt = earliest(own.map((record) => record.startedAt));
  if (isOver(task.each.toleratedFailures, chunks)) {
    throw new ChunksFailedError(
      `${chunks.failed} of ${chunks.total} chunks failed, ${inWords(task.each.toleratedFailures)}: ${failuresInWords(chunks)}`,
      chunks,
      earliest([...told.startedAt, ...(startedAt ? [startedAt] : [])]) ?? new Date().toISOString(),
    );
  }
  const retriesOfFailed = failed.map((chunk) => {
    const history = histories.get(chunk);
    return history ? retriesBegun(history) : 0;
  });
  const inOrder = ids.flatMap((chunk): [string, CommitRecord][] => {
    const record = committed.get(chunk);
    return record ? [[chunk, record]] : [];
  });
  const outputs = Object.entries(task.outputs).map(([name, output]): [string, CommittedOutput] => [
    name,
    gatheredOutput(id, name, output, inOrder),
  ]);
  return {
    bytesIn: sum(inOrder.map(([, { bytesIn }]) => bytesIn)),
    outputs: Object.fromEntries(outputs),
    retriesUsed: sum([...inOrder.map(([, { retriesUsed }]) => retriesUsed), ...retriesOfFailed]),
    chunks,
    // So that the task's duration is the time from its first chunk's start until it was gathered.
    ...(startedAt && { startedAt }),
  };
}

async function readCommitted(id: TaskId, ids: readonly string[], records: Records): Promise<Map<string, CommitRecord>> {
  const committed = new Map<string, CommitRecord>();
  await eachLimited(ids, RECORDS_READ_AT_ONCE, async (chunk) => {
    const record = await records.committed({ ...id, chunk });
    if (!record) throw new Error(`the record of chunk "${chunk}" was listed and could not be read`);
    committed.set(chunk, record);
  });
  return committed;
}

function gatheredOutput(
  id: TaskId,
  name: string,
  { format, durable, releasedBy }: PlannedOutput,
  records: readonly (readonly [chunk: string, record: CommitRecord])[],
): CommittedOutput {
  const parts = records.flatMap(([chunk, { outputs }]): CommittedPart[] => {
    const output = outputs[name];
    if (!output) return [];
    const { key, bytes, rows } = output;
    return [
      {
        chunk,
        key,
        bytes,
        ...(rows !== undefined && { rows }),
        ...(durable && { resultKey: resultKey({ ...id, chunk }, name, extensionOf(format)) }),
      },
    ];
  });
  const hasRows = format.kind === 'ndjson' || format.kind === 'csv' || format.kind === 'parquet';
  return {
    key: chunksPrefix(id),
    bytes: sum(parts.map(({ bytes }) => bytes)),
    ...(hasRows && { rows: sum(parts.map(({ rows = 0 }) => rows)) }),
    ...(durable && { resultKey: resultFolder(id, name) }),
    parts,
    ...(releasedBy && { releasedBy }),
  };
}

type Tolerated = PlannedEach['toleratedFailures'];

function isOver(tolerated: Tolerated, { failed, total }: ChunkCounts): boolean {
  if ('count' in tolerated) return failed > tolerated.count;
  // In whole numbers: a percentage has four decimals at the most, and 57 % of 100 is not less than 57.
  return failed * 1_000_000 > Math.round(tolerated.percentage * 10_000) * total;
}

function inWords(tolerated: Tolerated): string {
  if ('percentage' in tolerated) return `and ${tolerated.percentage} % are tolerated`;
  return `and ${tolerated.count === 0 ? 'none is' : tolerated.count === 1 ? '1 is' : `${tolerated.count} are`} tolerated`;
}

function failuresInWords({ failed, failures = [] }: ChunkCounts): string {
  const more = failed - failures.length;
  const told = failures.map(({ chunk, message }) => `chunk "${chunk}" (${message})`).join(', ');
  return told + (more > 0 ? ` and ${more} more` : '');
}

/** ISO 8601 sorts as text. */
function earliest(times: readonly string[]): string | undefined {
  return times.reduce<string | undefined>(
    (first, time) => (first === undefined || time < first ? time : first),
    undefined,
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
