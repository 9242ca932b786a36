/**
 * `npm run bench:storage [-- --quick] [--json] [--seed n] [--svg file]`: 200 runs, overlapping, a fifth of them aborted or
 * killed at random, some of those unheard; what the bucket holds beside the number of active runs. Exit code 0 when
 * nothing outlived its promised time, 1 when something did, 2 for wrong use.
 */

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runBench, WrongUse } from './command.ts';
import { drawChart } from './storage/chart.ts';
import { boundsOf, type Findings, findingsOf } from './storage/findings.ts';
import { type FleetOptions, type Watched, watchFleet } from './storage/fleet.ts';
import { type FleetPlan, planRuns } from './storage/runs.ts';
import { renderBounds } from './table.ts';

const IMAGE = resolve(import.meta.dirname, '../docs/images/storage-over-time.svg');
const MEBIBYTE = 2 ** 20;
const FULL: Omit<FleetPlan, 'seed'> = { runs: 200, spanMs: 60_000 };
const QUICK: Omit<FleetPlan, 'seed'> = { runs: 30, spanMs: 6_000 };
/** With a few runs, one that waits for the reaper counts for much. */
const LEAST_CORRELATION = { full: 0.8, quick: 0.5 };
const OPTIONS: FleetOptions = { sampleEveryMs: 100, reapEveryMs: 5_000, lateWritersMs: 2_000 };

async function bench(plan: FleetPlan, leastCorrelation: number, json: boolean, svg?: string): Promise<number> {
  const watched = await watchFleet(planRuns(plan), OPTIONS);
  const findings = findingsOf(watched);
  const bounds = boundsOf(watched, findings, { ...OPTIONS, leastCorrelation });
  if (svg !== undefined) writeFileSync(svg, drawChart(chartOf(watched, findings)));
  process.stdout.write(
    json
      ? `${JSON.stringify({ plan, options: OPTIONS, findings, bounds }, undefined, 2)}\n`
      : `${render(findings)}\n\n${renderBounds(bounds)}\n${svg === undefined ? '' : `\n${svg}\n`}`,
  );
  return bounds.every(({ passed }) => passed) ? 0 : 1;
}

function render(findings: Findings): string {
  const { outlivedSeconds: outlived } = findings;
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  return [
    `${findings.runs} runs in ${seconds(findings.seconds)}: ${findings.succeeded} succeeded, ${findings.aborted} aborted, ${findings.killed} killed by the service.`,
    `Of ${findings.eventsLost} of these endings the event was lost; the reaper found ${findings.orphansFound}, at its next visit (every ${OPTIONS.reapEveryMs / 1_000} s).`,
    `At most ${findings.peakActiveRuns} runs were active, and ${(findings.peakBytes / MEBIBYTE).toFixed(1)} MiB held. Bytes held follow active runs: r = ${findings.correlation.toFixed(3)} over ${findings.samples} samples.`,
    `Of all bytes held, over time, ${(100 * findings.shareOfEndedRuns).toFixed(1)} % were those of runs that were over.`,
    `Data was seen after its run had ended: of a success for ${seconds(outlived.success)}, of an aborted or killed run for up to ${seconds(outlived.ended)}, where the event was lost for up to ${seconds(outlived.eventLost)}.`,
    `In the end ${findings.bytesLeft} bytes are held, in ${findings.objectsLeft} objects.`,
  ].join('\n');
}

function chartOf({ samples, runs, visits }: Watched, findings: Findings) {
  return {
    title: 'Bytes held follow the active runs, and end at zero',
    subtitle: `${findings.runs} runs, ${findings.aborted + findings.killed} of them aborted or killed; r = ${findings.correlation.toFixed(2)}`,
    samples: samples.map(({ ms, activeRuns, bytes }) => ({
      seconds: ms / 1_000,
      mebibytes: [...bytes.values()].reduce((total, one) => total + one, 0) / MEBIBYTE,
      activeRuns,
    })),
    endings: runs
      .filter(({ planned }) => planned.ending !== 'success')
      .map(({ planned, endedMs }) => ({ seconds: endedMs / 1_000, eventLost: planned.eventLost })),
    reaps: visits.map(({ fromMs }) => fromMs / 1_000),
  };
}

await runBench(() => {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      json: { type: 'boolean' },
      seed: { type: 'string', default: '4' },
      svg: { type: 'string' },
    },
  });
  // A quick look is no picture of it.
  const svg = values.svg ?? (values.quick ? undefined : IMAGE);
  if (!/^[0-9]{1,9}$/.test(values.seed))
    throw new WrongUse(`--seed is "${values.seed}"; give a whole number of up to 9 digits`);
  const plan = { ...(values.quick ? QUICK : FULL), seed: Number(values.seed) };
  return bench(plan, LEAST_CORRELATION[values.quick ? 'quick' : 'full'], values.json === true, svg);
});
