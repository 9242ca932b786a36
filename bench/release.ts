/**
 * `npm run bench:release [-- --json]`: what runs hold with `release: 'consumed'`, beside `'run'`, and beside the least
 * that their graphs can do with. Exit code 0 when the bounds are kept, 1 when one is missed, 2 for wrong use.
 */

import { parseArgs } from 'node:util';
import { runBench } from './command.ts';
import { type Compared, compareReleases, type Held } from './release/measure.ts';
import { chain, flights } from './release/pipelines.ts';
import type { Bound } from './summary.ts';
import { renderBounds } from './table.ts';

const MEBIBYTE = 2 ** 20;
const CHAIN = { tasks: 8, bytesEach: 4 * MEBIBYTE };
/** Records, and what waits for the run's end since no task reads it, are no more than that. */
const ABOVE_LEAST = 1.05;
const SECOND_LOOK = 1.001;

const LEGEND = `Bytes in the runs bucket, MiB. peak: the most at any moment. mean: over the time of the run. end: when its cleanup begins.
least: the least peak of all orders in which the tasks can commit, one after the other, where each output is there from
its commit until the last task that reads it has committed, and goes at once where no task does; without records.`;

async function bench(json: boolean): Promise<number> {
  const compared = [await compareReleases(await flights()), await compareReleases(chain(CHAIN.tasks, CHAIN.bytesEach))];
  const bounds = compared.flatMap(boundsOf);
  process.stdout.write(
    json
      ? `${JSON.stringify({ compared, bounds }, undefined, 2)}\n`
      : `${renderCompared(compared)}\n\n${LEGEND}\n\n${renderBounds(bounds)}\n`,
  );
  return bounds.every(({ passed }) => passed) ? 0 : 1;
}

function boundsOf({ pipeline, consumed, run, leastPossibleBytes }: Compared): Bound[] {
  const bound = (of: string, measured: number, atMost: number): Bound => ({
    of: `${pipeline}, ${of}`,
    measured,
    atMost,
    passed: measured <= atMost,
  });
  return [
    // The records of two runs differ by what their times take to write.
    bound("peak of 'consumed' over peak of 'run'", consumed.peakBytes / run.peakBytes, SECOND_LOOK),
    bound("peak of 'consumed' over the least possible", consumed.peakBytes / leastPossibleBytes, ABOVE_LEAST),
    bound("end of 'consumed' over end of 'run'", consumed.lastBytes / run.lastBytes, 1),
  ];
}

function renderCompared(compared: readonly Compared[]): string {
  const mebibytes = (bytes: number) => (bytes / MEBIBYTE).toFixed(2).padStart(8);
  const held = ({ peakBytes, meanBytes, lastBytes }: Held) => [peakBytes, meanBytes, lastBytes].map(mebibytes).join('');
  const heading = `${''.padEnd(10)}${'release'.padEnd(10)}${['peak', 'mean', 'end', 'least'].map((of) => of.padStart(8)).join('')}`;
  const lines = compared.flatMap(({ pipeline, consumed, run, leastPossibleBytes }) => [
    `${pipeline.padEnd(10)}${'run'.padEnd(10)}${held(run)}${mebibytes(leastPossibleBytes)}`,
    `${pipeline.padEnd(10)}${'consumed'.padEnd(10)}${held(consumed)}${mebibytes(leastPossibleBytes)}`,
  ]);
  return [heading, ...lines].join('\n');
}

await runBench(() => {
  const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
  return bench(values.json === true);
});
