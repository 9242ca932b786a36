/**
 * `npm run bench:coldstart [-- --rounds n] [--quick] [--json]`: how long the bundle of a task takes to import, beside an
 * empty handler and beside handlers written by hand. Exit code 0 when the bounds are kept, 1 when one is missed, 2 for
 * wrong use.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LOCAL_BUCKETS } from '../local/assembly-model.ts';
import { startS3 } from '../local/s3/endpoint.ts';
import { type Sample, type Samples, sampleFirstAnswers, sampleImports } from './coldstart/measure.ts';
import { type Compared, compared, type Kind, type Subject } from './coldstart/subjects.ts';
import { runBench, WrongUse } from './command.ts';
import type { Bound } from './summary.ts';
import { renderBounds } from './table.ts';

const ROUNDS = 60;
const QUICK_ROUNDS = 15;
const FIRST_ANSWER_ROUNDS = 7;
const BESIDE_BY_HAND = 1.15;

const LEGEND = `Milliseconds, each sample from a process of its own (Node ${process.versions.node}, no compile cache, the function's own NODE_OPTIONS),
taken in turns once files are in the page cache. import: await import() of the bundle, on the clock, lower quartile,
median and upper quartile. CPU: the same by the process's user and system time on all its threads, lower quartile and
median; neighbours on the machine disturb it less. process: from start to end, on the clock, median. first answer: from
the first invocation, which makes the client, to the first answer of an S3 endpoint on this machine, median. ratios: of
the lower quartiles, of the import by the clock over by hand, and of its CPU over by hand and over by hand from our
bundler. by hand: handlers with the same S3 calls for the task and a line of JSON as their log, bundled by esbuild into
one minified ES module without a source map; with Powertools: its logger and metrics, as ours have; our bundler: the one
that bundles ours, which leaves out what Lambda has no use for, so that what is left is the harness itself.`;

interface Row {
  readonly task: string;
  readonly kind: Kind;
  readonly importMs: Quartiles;
  readonly importCpuMs: Quartiles;
  readonly processMs: Quartiles;
  readonly processCpuMs: Quartiles;
  readonly firstAnswerMs?: Quartiles;
  readonly ratios: Ratios;
}

/** Of the lower quartiles of the import. */
interface Ratios {
  readonly clock: number;
  readonly cpu: number;
  /** Over the handler by hand from our bundler. */
  readonly cpuOverOurBundler: number;
}

interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

async function bench(rounds: number, json: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'ebbtide-bench-'));
  const s3 = await startS3({});
  try {
    for (const bucket of Object.values(LOCAL_BUCKETS)) s3.createBucket(bucket);
    const all = compared(folder);
    const imports = await sampleImports(all, rounds);
    const firstAnswers = await sampleFirstAnswers(all, FIRST_ANSWER_ROUNDS, s3.endpoint);
    const rows = all.flatMap((one) => rowsOf(one, imports, firstAnswers));
    const bounds = boundsOf(rows);
    process.stdout.write(
      json
        ? `${JSON.stringify({ rounds, rows, bounds }, undefined, 2)}\n`
        : `${render(rows)}\n\n${LEGEND}\n\n${renderBounds(bounds)}\n`,
    );
    return bounds.every(({ passed }) => passed) ? 0 : 1;
  } finally {
    await s3.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowsOf({ task, subjects }: Compared, imports: Samples<Sample>, firstAnswers: Samples<number>): Row[] {
  const samplesOf = (subject: Subject | undefined) => (subject && imports.get(subject)) ?? [];
  const lowerOf = (samples: readonly Sample[], figure: keyof Sample) =>
    quartiles(samples.map((sample) => sample[figure])).lower;
  const over = (samples: readonly Sample[], figure: keyof Sample, base: Kind) =>
    lowerOf(samples, figure) / lowerOf(samplesOf(subjects.find(({ kind }) => kind === base)), figure);
  return subjects.map((subject) => {
    const samples = samplesOf(subject);
    const of = (figure: keyof Sample) => quartiles(samples.map((sample) => sample[figure]));
    const answers = firstAnswers.get(subject);
    return {
      task,
      kind: subject.kind,
      importMs: of('importMs'),
      importCpuMs: of('importCpuMs'),
      processMs: of('processMs'),
      processCpuMs: of('processCpuMs'),
      ...(answers && { firstAnswerMs: quartiles(answers) }),
      ratios: {
        clock: over(samples, 'importMs', 'by hand'),
        cpu: over(samples, 'importCpuMs', 'by hand'),
        cpuOverOurBundler: over(samples, 'importCpuMs', 'by hand, our bundler'),
      },
    };
  });
}

function boundsOf(rows: readonly Row[]): Bound[] {
  const ours = rows.filter(({ kind }) => kind === 'ours');
  return (['clock', 'cpu'] as const).map((figure) => {
    const worst = ours.reduce((worst, row) => (row.ratios[figure] > worst.ratios[figure] ? row : worst));
    const measured = worst.ratios[figure];
    const time = figure === 'cpu' ? 'CPU time' : 'time';
    const of = `${time} of the import over that of the handler by hand, worst of the tasks, ${worst.task}`;
    return { of, measured, atMost: BESIDE_BY_HAND, passed: measured <= BESIDE_BY_HAND };
  });
}

function quartiles(numbers: readonly number[]): Quartiles {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

const HEADINGS = ['', 'import', '', 'CPU', '', 'process', 'answer', 'ratios', '', ''];

function render(rows: readonly Row[]): string {
  const line = (task: string, kind: string, cells: readonly string[]) =>
    `${task.padEnd(20)}${kind.padEnd(21)}${cells.map((cell) => cell.padStart(8)).join('')}`.trimEnd();
  const lines = rows.map((row, index) => {
    const { task, kind, importMs, importCpuMs, processMs, firstAnswerMs, ratios } = row;
    const { lower, median, upper } = importMs;
    const times = [
      lower,
      median,
      upper,
      importCpuMs.lower,
      importCpuMs.median,
      processMs.median,
      firstAnswerMs?.median,
    ];
    const cells = [
      ...times.map((time) => time?.toFixed(1) ?? ''),
      ...[ratios.clock, ratios.cpu, ratios.cpuOverOurBundler].map((ratio) => ratio.toFixed(2)),
    ];
    return line(rows[index - 1]?.task === task ? '' : task, kind, cells);
  });
  return [line('', '', HEADINGS), ...lines].join('\n');
}

await runBench(() => {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, rounds: { type: 'string' } },
  });
  const rounds = Number(values.rounds ?? (values.quick ? QUICK_ROUNDS : ROUNDS));
  if (!Number.isSafeInteger(rounds) || rounds <= 0)
    throw new WrongUse(`--rounds ${values.rounds}: not a positive whole number`);
  return bench(rounds, values.json === true);
});
