/** Checked by `tsc`, which `npm test` runs first: what must not compile does not. */

import type { Readable } from 'node:stream';
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { type HandlerOf, task, type Written } from '../../../lambdas/runtime/index.ts';
import {
  bytes,
  chunks,
  csv,
  durable,
  json,
  ndjson,
  type Outcome,
  optional,
  parquet,
  ref,
  TaskGraph,
  text,
} from '../../../state-machines/index.ts';

interface Row {
  readonly id: number;
  readonly name: string;
}
interface Region {
  readonly id: string;
  readonly country: string;
}

const graph = new TaskGraph('types');
const first = graph.addTask('first', {
  outputs: { rows: ndjson<Row>(), table: csv<Row>(), note: text(), checked: json(z.coerce.date()) },
});
const second = graph.addTask('second', {
  inputs: { ...first.outputs, maybe: optional(first.outputs.note), named: ref('note') },
  outputs: { total: durable(json<{ sum: number }>()), rows: ndjson<Row>() },
});
const silent = graph.addTask('silent', { inputs: { note: first.outputs.note } });
const split = graph.addTask('split', { outputs: { regions: chunks<Region>() } });
const region = graph.addTask('region', {
  each: split.outputs.regions,
  inputs: { note: first.outputs.note },
  outputs: {
    rows: ndjson<Row>(),
    table: csv<Row>(),
    columns: parquet<Row>(),
    stats: json<{ sum: number }>(),
    note: text(),
    raw: bytes(),
  },
});
const merge = graph.addTask('merge', { inputs: { ...region.outputs, regions: split.outputs.regions } });
const onError = graph.addErrorsTask('on-error', { inputs: { rows: first.outputs.rows }, outputs: { report: text() } });
const ownError = second.addErrorsTask('own-error');
const after = graph.addAfterExecutionTask('after');

const some = async () => ({}) as never;

describe('the types of a handler', () => {
  it('follow from what its task takes and produces', () => {
    task(second, async ({ inputs, outputs, input, run, attempt, signal }) => {
      expectTypeOf(inputs.rows.rows()).toEqualTypeOf<AsyncIterable<Row>>();
      expectTypeOf(inputs.rows.batches()).toEqualTypeOf<AsyncIterable<readonly Row[]>>();
      expectTypeOf(inputs.note.read()).toEqualTypeOf<Promise<string>>();
      expectTypeOf(inputs.note.stream()).toEqualTypeOf<Promise<Readable>>();
      // A csv file holds text; a validator would turn it into something else.
      expectTypeOf(inputs.table.rows()).toEqualTypeOf<AsyncIterable<{ readonly id: string; readonly name: string }>>();
      expectTypeOf(inputs.checked.read()).toEqualTypeOf<Promise<Date>>();
      expectTypeOf(inputs.maybe).extract<undefined>().toEqualTypeOf<undefined>();
      expectTypeOf(inputs.named.read()).toEqualTypeOf<Promise<unknown>>();
      expectTypeOf(outputs.total.write).parameter(0).toEqualTypeOf<{ sum: number }>();
      expectTypeOf({ input, run, attempt, signal }).toEqualTypeOf<{
        input: unknown;
        run: string;
        attempt: number;
        signal: AbortSignal;
      }>();
      return some();
    });
  });

  it('refuse what is not declared, and what has another shape', () => {
    task(second, async (context) => {
      const { inputs, outputs } = context;
      // @ts-expect-error: no such input
      inputs.missing;
      // @ts-expect-error: no such output
      outputs.missing;
      // @ts-expect-error: rows are not read as a value
      inputs.rows.read;
      // @ts-expect-error: a value is not written as rows
      outputs.total.writeRows;
      // @ts-expect-error: another shape
      void (() => outputs.total.write({ sum: 'much' }));
      // @ts-expect-error: a row of another shape
      void (() => outputs.rows.writeRows([{ id: 1 }]));
      // @ts-expect-error: an optional input may be undefined
      void (() => inputs.maybe.read());
      // @ts-expect-error: only a chunk-parallel task has a chunk
      context.chunk;
      // @ts-expect-error: only a hook has an outcome
      context.outcome;
      return some();
    });
  });

  it('let a graph take only what a task really produces', () => {
    // @ts-expect-error: no such output
    graph.addTask('third', { inputs: { rows: first.outputs.missing } });
    // @ts-expect-error: no such option
    graph.addTask('fourth', { retrys: 1 });
  });
});

describe('a handler returns a receipt for each of its outputs', () => {
  it('which is what writing it resolves to', () => {
    task(second, async ({ outputs }) => {
      const total = await outputs.total.write({ sum: 1 });
      expectTypeOf(total).toEqualTypeOf<Written<'total'>>();
      return { total, rows: await outputs.rows.writeBatches([]) };
    });
  });

  it('and does not compile where it leaves an output out', () => {
    // @ts-expect-error: neither output is written
    task(second, async () => undefined);
    // @ts-expect-error: written, perhaps, and not said to be
    task(second, async ({ outputs }) => {
      await Promise.all([outputs.total.write({ sum: 1 }), outputs.rows.writeRows([])]);
    });
    // @ts-expect-error: `rows` is not written
    task(second, async ({ outputs }) => ({ total: await outputs.total.write({ sum: 1 }) }));
    // @ts-expect-error: `total` is written on some days only
    task(second, async ({ outputs, input }) => {
      const rows = await outputs.rows.writeRows([]);
      return input === 'some day' ? { rows, total: await outputs.total.write({ sum: 1 }) } : { rows };
    });
  });

  it('nor where the receipts are those of other outputs, made up, or still to come', () => {
    // @ts-expect-error: swapped
    task(second, async ({ outputs }) => ({
      total: await outputs.rows.writeRows([]),
      rows: await outputs.total.write({ sum: 1 }),
    }));
    // @ts-expect-error: nothing was written
    task(second, () => ({ total: { output: 'total' }, rows: { output: 'rows' } }));
    // @ts-expect-error: not waited for
    task(second, async ({ outputs }) => ({ total: outputs.total.write({ sum: 1 }), rows: outputs.rows.writeRows([]) }));
  });

  it('but nothing where its task has no outputs', () => {
    task(silent, async () => {});
    task(silent, () => {});
    // @ts-expect-error: there is nothing to return
    task(silent, async () => ({ total: 1 }));
  });
});

describe('a chunk-parallel task', () => {
  it('has its chunk, with the type of the list, and writes as any task does', () => {
    task(split, async ({ outputs }) => ({ regions: await outputs.regions.write([{ id: 'eu', country: 'NO' }]) }));
    task(region, async ({ chunk, inputs, outputs }) => {
      expectTypeOf(chunk.country).toEqualTypeOf<string>();
      expectTypeOf(chunk.id).toEqualTypeOf<string>();
      expectTypeOf(inputs.note.read()).toEqualTypeOf<Promise<string>>();
      expectTypeOf(outputs.stats.write).parameter(0).toEqualTypeOf<{ sum: number }>();
      expectTypeOf(outputs.rows.writeRows).returns.toEqualTypeOf<Promise<Written<'rows'>>>();
      return some();
    });
    // @ts-expect-error: a chunk has an id
    void (() => task(split, async ({ outputs }) => ({ regions: await outputs.regions.write([{ country: 'NO' }]) })));
  });

  it('is read as one: rows of all chunks, and a row for each where they wrote values', () => {
    task(merge, async ({ inputs }) => {
      expectTypeOf(inputs.rows.rows()).toEqualTypeOf<AsyncIterable<Row>>();
      expectTypeOf(inputs.columns.batches()).toEqualTypeOf<AsyncIterable<readonly Row[]>>();
      expectTypeOf(inputs.table.rows()).toEqualTypeOf<AsyncIterable<{ readonly id: string; readonly name: string }>>();
      expectTypeOf(inputs.stats.rows()).toEqualTypeOf<AsyncIterable<{ sum: number }>>();
      expectTypeOf(inputs.note.rows()).toEqualTypeOf<AsyncIterable<string>>();
      expectTypeOf(inputs.raw.stream()).toEqualTypeOf<Promise<Readable>>();
      expectTypeOf(inputs.rows.stream()).toEqualTypeOf<Promise<Readable>>();
      expectTypeOf(inputs.regions.read()).resolves.items.toHaveProperty('country').toEqualTypeOf<string>();
      // @ts-expect-error: there is one for each chunk
      inputs.stats.read;
      // @ts-expect-error: csv files one after the other are no csv file
      inputs.table.stream;
      // @ts-expect-error: nor are parquet files
      inputs.columns.bytes;
    });
  });
});

describe('a hook', () => {
  it('has the outcome, and each of its inputs may be missing', () => {
    const handler: HandlerOf<typeof onError> = async ({ outcome, inputs, outputs }) => {
      expectTypeOf(outcome).toEqualTypeOf<Outcome>();
      expectTypeOf(inputs.rows).extract<undefined>().toEqualTypeOf<undefined>();
      // @ts-expect-error: it may be undefined
      void (() => inputs.rows.rows());
      return { report: await outputs.report.write(outcome.status) };
    };
    task(onError, handler);
    // @ts-expect-error: a hook's outputs must be written too
    task(onError, async () => {});
    task(ownError, ({ outcome }) => expectTypeOf(outcome).toEqualTypeOf<Outcome>() as unknown as undefined);
    task(after, async ({ outcome }) => void outcome.failures);
  });
});
