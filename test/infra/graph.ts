/** The pipeline that the tests of infra/ synthesize. Its handlers, written by fixtures.ts, import it too. */

import { csv, durable, json, ndjson, parquet, TaskGraph } from '../../state-machines/index.ts';

export const graph = new TaskGraph('trips');

export const extract = graph.addTask('extract', {
  outputs: { raw: ndjson<{ n: number }>(), table: parquet<{ n: number }>({ n: 'INT32' }) },
  retries: 2,
  timeoutSeconds: 120,
  resources: { memoryMiB: 1024, ephemeralStorageMiB: 2048 },
});

export const aggregate = graph.addTask('aggregate', {
  inputs: { raw: extract.outputs.raw },
  outputs: { total: json<{ total: number }>() },
});

export const load = graph.addTask('merge-load', {
  inputs: { total: aggregate.outputs.total, table: extract.outputs.table },
  outputs: { report: durable(csv<{ n: number }>()), size: json<number>() },
  timeoutSeconds: 30,
});

export const plan = graph.build();
