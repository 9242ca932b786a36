/**
 * `npm run bench:schedule [-- file] [--json]`: how much longer than their critical paths real workflows take, nested by
 * the compiler. Exit code 0 when the bounds are kept, 1 when one is missed, 2 for wrong use.
 */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runBench } from './command.ts';
import { measureTrace } from './measure.ts';
import { boundsOf, byFamily, summarize } from './summary.ts';
import { renderBounds, renderTable } from './table.ts';
import { readTraces, TraceFileError } from './traces.ts';

const REPOSITORY = resolve(import.meta.dirname, '..');
const DEFAULT_FILE = resolve(REPOSITORY, '../shared/data/workflows.json');

const LEGEND = `Per family: makespan over critical path by the durations of the traces, in the mean over the traces and for the worst.
waves: wave by wave. no hints: nested without a look at the durations. hints: nested with them as expectedSeconds.
states: entered by a run where all succeeds, nested with hints. compile ms: all of compile(), for the slowest trace,
the median of 5 runs after a first one.`;

function bench(file: string, json: boolean): number {
  const measured = readTraces(file).map(measureTrace);
  const families = byFamily(measured);
  const overall = summarize('all', measured);
  const bounds = boundsOf(measured, file === DEFAULT_FILE);
  process.stdout.write(
    json
      ? `${JSON.stringify({ file, traces: measured, families, overall, bounds }, undefined, 2)}\n`
      : `${file}\n\n${renderTable(families, overall)}\n\n${LEGEND}\n\n${renderBounds(bounds)}\n`,
  );
  return bounds.every(({ passed }) => passed) ? 0 : 1;
}

await runBench(() => {
  const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
  if (positionals.length > 1) throw new TraceFileError('one file of traces at a time');
  const [file = DEFAULT_FILE] = positionals;
  return bench(resolve(file), values.json === true);
});
