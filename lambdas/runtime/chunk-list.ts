/** Lists of chunks: checked as they are written, and read back by the tasks that run for them. */

import { text } from 'node:stream/consumers';
import type { RunId } from '../../state-machines/contract/keys.ts';
import { CHUNK_ID, explainName, isName } from '../../state-machines/contract/names.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import type { CommittedOutput } from '../../state-machines/contract/records.ts';
import { type AnyChunk, type AnyFormat, DEFAULT_MAX_CHUNKS } from '../../state-machines/graph/formats.ts';
import type { PlannedEach } from '../../state-machines/graph/plan.ts';
import type { Records } from '../storage/records.ts';
import { describe } from './codecs/describe.ts';
import { InputMissingError, NonRetryableError } from './errors.ts';
import type { Store } from './store.ts';

/**
 * @param where names the output for the reader of an error
 * @throws NonRetryableError where it is no list of chunks: the handler would write the same again
 */
export function chunkIdsOf(list: unknown, { max = DEFAULT_MAX_CHUNKS }: AnyFormat, where: string): string[] {
  if (!Array.isArray(list)) {
    throw new NonRetryableError(
      `${where} is chunks(), which takes an array of objects with an id, not ${describe(list)}`,
    );
  }
  if (list.length > max) {
    throw new NonRetryableError(
      `${where} has ${list.length} chunks, and ${max} is the most that it is declared to have; make them larger, or declare chunks({ max: ${list.length} })`,
    );
  }
  const indexes = new Map<string, number>();
  for (const [index, chunk] of list.entries()) {
    if (!isObject(chunk)) {
      throw new NonRetryableError(`${where}, index ${index}: a chunk is an object with an id, not ${describe(chunk)}`);
    }
    const { id } = chunk;
    if (!isName(CHUNK_ID, id)) {
      throw new NonRetryableError(`${where}, index ${index}: ${explainName('chunk id', CHUNK_ID, id)}`);
    }
    const first = indexes.get(id);
    if (first !== undefined) {
      throw new NonRetryableError(
        `${where} has two chunks with the id "${id}", at index ${first} and ${index}; give each an id of its own`,
      );
    }
    indexes.set(id, index);
  }
  return [...indexes.keys()];
}

/** The chunks that a task runs for, by id. */
export async function readChunks(
  run: RunId,
  each: PlannedEach,
  records: Records,
  store: Store,
): Promise<Map<string, AnyChunk>> {
  const { key } = await committedList(run, each, records);
  const chunks: AnyChunk[] = JSON.parse(await text(await store.read(key)));
  return new Map(chunks.map((chunk) => [chunk.id, chunk]));
}

/** The ids of the chunks that a task runs for, in order. */
export async function readChunkIds(run: RunId, each: PlannedEach, records: Records): Promise<readonly string[]> {
  return (await committedList(run, each, records)).chunkIds ?? [];
}

async function committedList(run: RunId, { task, output }: PlannedEach, records: Records): Promise<CommittedOutput> {
  const committed = (await records.committed({ pipeline: run.pipeline, run: run.run, task }))?.outputs[output];
  if (committed) return committed;
  throw new InputMissingError(`each: the task "${task}" has committed no list of chunks "${output}"`);
}
