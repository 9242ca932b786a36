/** Rows travel in arrays: an `await` for every row would cost more than most of what is done with it. */

import { InvalidDataError } from '../errors.ts';
import { describe } from './describe.ts';

const ROWS_A_BATCH = 1_000;

/** Puts single rows into arrays. */
export async function* inBatches<Row>(rows: Iterable<Row> | AsyncIterable<Row>): AsyncGenerator<Row[]> {
  if (typeof rows !== 'object' || rows === null) {
    throw new InvalidDataError(`rows must be an iterable of them, not ${describe(rows)}`);
  }
  let batch: Row[] = [];
  if (Symbol.iterator in rows) {
    for (const row of rows) {
      batch.push(row);
      if (batch.length < ROWS_A_BATCH) continue;
      yield batch;
      batch = [];
    }
  } else {
    for await (const row of rows) {
      batch.push(row);
      if (batch.length < ROWS_A_BATCH) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** The rows of arrays, one by one. Not a generator: those cost three times as much a row. */
export function rowsOf<Row>(batches: AsyncIterable<readonly Row[]>): AsyncIterableIterator<Row> {
  const iterator = batches[Symbol.asyncIterator]();
  let batch: readonly Row[] = [];
  let next = 0;
  const refill = async (): Promise<IteratorResult<Row>> => {
    do {
      const result = await iterator.next();
      if (result.done) return { value: undefined, done: true };
      batch = result.value;
      next = 0;
    } while (batch.length === 0);
    return { value: batch[next++] as Row, done: false };
  };
  return {
    next: () => (next < batch.length ? Promise.resolve({ value: batch[next++] as Row, done: false }) : refill()),
    async return() {
      batch = [];
      next = 0;
      await iterator.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
