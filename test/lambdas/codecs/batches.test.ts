import { describe, expect, it } from 'vitest';
import { inBatches, rowsOf } from '../../../lambdas/runtime/codecs/batches.ts';
import { fc } from '../../fast-check.ts';

async function* asynchronous<T>(items: Iterable<T>) {
  yield* items;
}
async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('inBatches', () => {
  it.each([0, 1, 999, 1_000, 1_001, 2_000, 3_456])(
    '%i rows stay in order, in full batches and a last one',
    async (count) => {
      const rows = [...Array(count).keys()];
      for (const source of [rows, new Set(rows), asynchronous(rows)]) {
        const batches = await collect(inBatches(source));
        expect(batches.flat()).toEqual(rows);
        expect(batches.slice(0, -1).every((batch) => batch.length === 1_000)).toBe(true);
        expect(batches).toHaveLength(Math.ceil(count / 1_000));
      }
    },
  );

  it.each(['sync', 'async'])('a %s source is closed when its reader stops early', async (kind) => {
    let closed = 0;
    function* rows() {
      try {
        for (let row = 0; ; row++) yield row;
      } finally {
        closed += 1;
      }
    }
    async function* asyncRows() {
      yield* rows();
    }
    for await (const batch of inBatches(kind === 'sync' ? rows() : asyncRows())) {
      expect(batch).toHaveLength(1_000);
      break;
    }
    expect(closed).toBe(1);
  });

  it.each(['sync', 'async'])('the error of a %s source comes through', async (kind) => {
    function* rows() {
      yield 1;
      throw new Error('no more');
    }
    await expect(collect(inBatches(kind === 'sync' ? rows() : asynchronous(rows())))).rejects.toThrow('no more');
  });
});

describe('rowsOf', () => {
  it('the rows of any batches, empty ones too, come one by one and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat(), { maxLength: 4 })), async (batches) => {
        expect(await collect(rowsOf(asynchronous(batches)))).toEqual(batches.flat());
      }),
    );
  });

  it('is the other way round of inBatches', async () => {
    const rows = [...Array(2_345).keys()];
    expect(await collect(rowsOf(inBatches(rows)))).toEqual(rows);
  });

  it('its source is closed when its reader stops early, and when its reader throws', async () => {
    let closed = 0;
    async function* batches() {
      try {
        for (;;) yield [1, 2, 3];
      } finally {
        closed += 1;
      }
    }
    for await (const row of rowsOf(batches())) if (row === 2) break;
    expect(closed).toBe(1);
    const throwing = async () => {
      for await (const row of rowsOf(batches())) throw new Error(`at ${row}`);
    };
    await expect(throwing()).rejects.toThrow('at 1');
    expect(closed).toBe(2);
  });

  it('after its end, or after its reader stopped, it stays at its end', async () => {
    const rows = rowsOf(asynchronous([[1, 2]]));
    await collect(rows);
    expect(await rows.next()).toEqual({ value: undefined, done: true });
    const stopped = rowsOf(asynchronous([[1, 2]]));
    await stopped.next();
    await stopped.return?.();
    expect(await stopped.next()).toEqual({ value: undefined, done: true });
  });

  it('the error of its source comes through', async () => {
    async function* batches() {
      yield [1];
      throw new Error('no more');
    }
    await expect(collect(rowsOf(batches()))).rejects.toThrow('no more');
  });
});
