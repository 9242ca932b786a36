/**
 * `npm run bench:cleanup [-- --objects n] [--quick] [--json]`: deleting the objects of one run, beside three other tools and
 * beside how fast the endpoint can go. Exit code 0 when the bounds are kept, 1 when one is missed, 2 for wrong use.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureBare } from './cleanup/bare.ts';
import { Endpoint } from './cleanup/endpoint.ts';
import { leastRequests } from './cleanup/objects.ts';
import { type Call, OurProcess, peakMemory } from './cleanup/ours.ts';
import { install, measureTool, TOOLS } from './cleanup/tools.ts';
import { runBench, WrongUse } from './command.ts';
import type { Bound } from './summary.ts';
import { renderBounds } from './table.ts';

const OBJECTS = 100_000;
const QUICK_OBJECTS = 20_000;
const CALLS = 5;
const AS_FAST_AS_ENDPOINT = 3;
const TIMES_AS_FAST = 5;
const MORE_MIB = 32;

const LEGEND = `All delete the same objects of one byte, put there anew for each, at the embedded endpoint, which holds them in memory
and runs in a process of its own. Of the tools, the time is that of the whole process; of emptyPrefix and of the bare
requests that of a call, the median of ${CALLS}, taken in turn. bare requests: the least that deleting takes, prepared
beforehand, sent without an SDK, answers not read: the endpoint cannot go faster.`;

interface Row {
  readonly name: string;
  /** Absent where the tool is not installed. */
  readonly milliseconds?: number;
}

async function bench(objects: number, json: boolean): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'ebbtide-bench-'));
  const endpoint = await Endpoint.start();
  try {
    const peakMiB = await peakMemory(endpoint, objects);
    const peakOfTenthMiB = await peakMemory(endpoint, objects / 10);
    const ours = new OurProcess(endpoint);
    const calls: Call[] = [];
    const bareTimes: number[] = [];
    for (let round = 0; round < CALLS; round++) {
      calls.push(await ours.empty(objects));
      await endpoint.fill(objects);
      bareTimes.push(await measureBare(endpoint.url, objects));
      await expectEmpty(endpoint, 'the bare requests');
    }
    await ours.stop();
    const tools: Row[] = [];
    install(TOOLS);
    for (const tool of TOOLS) {
      await endpoint.fill(objects);
      const milliseconds = await measureTool(tool, endpoint.url, folder);
      if (milliseconds !== undefined) await expectEmpty(endpoint, tool.name);
      tools.push({ name: tool.name, ...(milliseconds !== undefined && { milliseconds }) });
    }

    const our = median(calls.map(({ milliseconds }) => milliseconds));
    const requests = Math.max(...calls.map((call) => call.requests));
    const bare = median(bareTimes);
    const timed = tools.flatMap(({ milliseconds }) => milliseconds ?? []);
    const timesAsFast = timed.length > 0 ? Math.min(...timed) / our : undefined;
    const bounds = [
      bound('requests over the least possible', requests / leastRequests(objects), 1.05),
      bound('MiB more at the peak than for a tenth of the objects', peakMiB - peakOfTenthMiB, MORE_MIB),
      ...(timesAsFast !== undefined && timesAsFast >= TIMES_AS_FAST
        ? [bound('time over that of the fastest tool', 1 / timesAsFast, 1 / TIMES_AS_FAST)]
        : [bound('time over that of the bare requests', our / bare, AS_FAST_AS_ENDPOINT)]),
    ];
    const figures = {
      objects,
      calls,
      peakMiB,
      peakOfTenthMiB,
      bareMilliseconds: bareTimes,
      tools,
      timesAsFast,
      bounds,
    };
    process.stdout.write(
      json
        ? `${JSON.stringify(figures, undefined, 2)}\n`
        : [
            `${objects} objects\n`,
            render(
              [{ name: 'bare requests', milliseconds: bare }, { name: 'emptyPrefix', milliseconds: our }, ...tools],
              our,
            ),
            `\nfirst call of emptyPrefix in its process: ${seconds(calls[0]?.milliseconds ?? 0)}`,
            `requests: ${requests}, the least possible: ${leastRequests(objects)}`,
            `peak memory of a process with a heap of 64 MiB: ${peakMiB.toFixed(0)} MiB; for ${objects / 10} objects ${peakOfTenthMiB.toFixed(0)} MiB`,
            `\n${LEGEND}\n\n${renderBounds(bounds)}\n`,
          ].join('\n'),
    );
    return bounds.every(({ passed }) => passed) ? 0 : 1;
  } finally {
    await endpoint.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function expectEmpty(endpoint: Endpoint, name: string): Promise<void> {
  const left = await endpoint.fill(0);
  if (left > 0) throw new Error(`${name} left ${left} objects`);
}

function bound(of: string, measured: number, atMost: number): Bound {
  return { of, measured, atMost, passed: measured <= atMost };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}

function render(rows: readonly Row[], our: number): string {
  return rows
    .map(({ name, milliseconds }) =>
      milliseconds === undefined
        ? `${name.padEnd(30)} skipped: it is not installed, and this is no root on a Debian that could install it`
        : `${name.padEnd(30)} ${seconds(milliseconds).padStart(9)}  ${(milliseconds / our).toFixed(2).padStart(7)} times emptyPrefix`,
    )
    .join('\n');
}

await runBench(() => {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, objects: { type: 'string' } },
  });
  const objects = Number(values.objects ?? (values.quick ? QUICK_OBJECTS : OBJECTS));
  if (!Number.isSafeInteger(objects) || objects < 10_000 || objects % 10_000 !== 0)
    throw new WrongUse(`--objects ${values.objects}: not a multiple of 10000, as small as which a tenth fills a page`);
  return bench(objects, values.json === true);
});
