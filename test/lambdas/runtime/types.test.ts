/** Checked by `tsc`, which `npm test` runs first: what must not compile does not. */

import type { Readable } from 'node:stream';
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { task } from '../../../lambdas/runtime/index.ts';
import { csv, durable, json, ndjson, optional, TaskGraph, text } from '../../../state-machines/index.ts';

interface Row {
  readonly id: number;
  readonly name: string;
}

const graph = new TaskGraph('types');
const first = graph.addTask('first', {
  outputs: { rows: ndjson<Row>(), table: csv<Row>(), note: text(), checked: json(z.coerce.date()) },
});
const second = graph.addTask('second', {
  inputs: { ...first.outputs, maybe: optional(first.outputs.note) },
  outputs: { total: durable(json<{ sum: number }>()), rows: ndjson<Row>() },
});

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
      expectTypeOf(outputs.total.write).parameter(0).toEqualTypeOf<{ sum: number }>();
      expectTypeOf({ input, run, attempt, signal }).toEqualTypeOf<{
        input: unknown;
        run: string;
        attempt: number;
        signal: AbortSignal;
      }>();
    });
  });

  it('refuse what is not declared, and what has another shape', () => {
    task(second, async ({ inputs, outputs }) => {
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
    });
  });

  it('let a graph take only what a task really produces', () => {
    // @ts-expect-error: no such output
    graph.addTask('third', { inputs: { rows: first.outputs.missing } });
    // @ts-expect-error: no such option
    graph.addTask('fourth', { retrys: 1 });
  });
});
