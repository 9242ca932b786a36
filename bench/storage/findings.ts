/** What the samples tell: how closely bytes followed the runs, and how long data outlived its run. */

import type { Bound } from '../summary.ts';
import type { FleetOptions, RunTimes, Visit, Watched } from './fleet.ts';
import { mostBytes } from './tide.ts';

export interface Findings {
  readonly runs: number;
  readonly succeeded: number;
  readonly aborted: number;
  readonly killed: number;
  readonly eventsLost: number;
  readonly orphansFound: number;
  readonly seconds: number;
  readonly samples: number;
  readonly peakActiveRuns: number;
  readonly peakBytes: number;
  /** Of bytes held and active runs, over the samples: Pearson's r. */
  readonly correlation: number;
  /** Of all bytes held, over time: those of runs that were over. */
  readonly shareOfEndedRuns: number;
  /** The longest that data was seen after its run had ended, in seconds. */
  readonly outlivedSeconds: { readonly success: number; readonly ended: number; readonly eventLost: number };
  readonly bytesLeft: number;
  readonly objectsLeft: number;
}

export function findingsOf({ samples, runs, orphansFound, objectsLeft }: Watched): Findings {
  const totals = samples.map(({ bytes }) => sum(bytes.values()));
  const ended = new Map(runs.map(({ planned, endedMs }) => [planned.name, endedMs]));
  const ofEnded = samples.map(({ ms, bytes }) =>
    sum([...bytes].map(([run, held]) => (ms > (ended.get(run) ?? 0) ? held : 0))),
  );
  const outlived = (which: (run: RunTimes) => boolean) => {
    const names = new Map(runs.filter(which).map(({ planned, endedMs }) => [planned.name, endedMs]));
    const beyond = samples.flatMap(({ ms, bytes }) =>
      [...bytes.keys()].flatMap((run) => ms - (names.get(run) ?? Number.POSITIVE_INFINITY)),
    );
    return Math.max(0, ...beyond) / 1_000;
  };
  const count = (ending: string) => runs.filter(({ planned }) => planned.ending === ending).length;
  return {
    runs: runs.length,
    succeeded: count('success'),
    aborted: count('aborted'),
    killed: count('killed'),
    eventsLost: runs.filter(({ planned }) => planned.eventLost).length,
    orphansFound,
    seconds: (samples.at(-1)?.ms ?? 0) / 1_000,
    samples: samples.length,
    peakActiveRuns: Math.max(...samples.map(({ activeRuns }) => activeRuns)),
    peakBytes: Math.max(...totals),
    correlation: pearson(
      totals,
      samples.map(({ activeRuns }) => activeRuns),
    ),
    shareOfEndedRuns: sum(ofEnded) / sum(totals),
    outlivedSeconds: {
      success: outlived(({ planned }) => planned.ending === 'success'),
      ended: outlived(({ planned }) => planned.ending !== 'success' && !planned.eventLost),
      eventLost: outlived(({ planned }) => planned.eventLost),
    },
    bytesLeft: totals.at(-1) ?? 0,
    objectsLeft,
  };
}

/** What was promised, counted where it was not kept. */
export function boundsOf(
  watched: Watched,
  findings: Findings,
  { reapEveryMs, leastCorrelation }: Pick<FleetOptions, 'reapEveryMs'> & { readonly leastCorrelation: number },
): Bound[] {
  const { runs, samples, visits } = watched;
  const bound = (of: string, measured: number, atMost: number): Bound => ({
    of,
    measured,
    atMost,
    passed: measured <= atMost,
  });
  const promisedMs = new Map(runs.map((run) => [run.planned.name, promiseOf(run, visits)]));
  const sampledTooLong = samples.flatMap(({ ms, bytes }) =>
    [...bytes.keys()].filter((run) => ms > (promisedMs.get(run) ?? 0)),
  );
  const unfinalized = runs.filter(
    ({ planned, finalizedMs }) => planned.ending !== 'success' && finalizedMs === undefined,
  );
  const visitsMissed = runs.filter(({ planned, endedMs, finalizedMs = Number.POSITIVE_INFINITY }) => {
    const next = visits.find(({ fromMs }) => fromMs > endedMs)?.toMs ?? 0;
    return planned.eventLost && finalizedMs > next + 2 * reapEveryMs;
  });
  const most = Math.max(...runs.map(({ planned }) => mostBytes(planned.tide))) + RECORDS_BYTES;
  const tooMuch = samples.filter(({ ms, bytes }) => {
    const entitled = runs.filter(
      ({ planned, startedMs }) => startedMs <= ms + SAMPLE_MS && ms <= (promisedMs.get(planned.name) ?? 0),
    );
    return sum(bytes.values()) > entitled.length * most;
  });
  return [
    bound('runs that ended as planned, short of all', runs.length - runs.filter(endedAsPlanned).length, 0),
    bound('runs that were ended and never finalized', unfinalized.length, 0),
    bound('lost events whose run the reaper did not find at its next visit', visitsMissed.length, 0),
    bound('runs found by the reaper, short of the lost events', findings.eventsLost - findings.orphansFound, 0),
    bound('runs seen with data after the promised time', new Set(sampledTooLong).size, 0),
    bound('samples with more bytes than the runs can hold that may hold any', tooMuch.length, 0),
    bound('1 minus the correlation of bytes held and active runs', 1 - findings.correlation, 1 - leastCorrelation),
    bound('bytes left', findings.bytesLeft, 0),
    bound('objects left', findings.objectsLeft, 0),
  ];
}

/** What a run's records take besides. */
const RECORDS_BYTES = 16 * 1_024;
/** A listing goes on a while, and shows what was written meanwhile. */
const SAMPLE_MS = 1_000;

/** When the bucket holds nothing of the run any more. */
function promiseOf({ endedMs, finalizedMs = endedMs, lastCallMs }: RunTimes, visits: readonly Visit[]): number {
  // What a function wrote behind the last sweep is there until the reaper comes.
  if (lastCallMs <= finalizedMs) return finalizedMs;
  return visits.find(({ fromMs }) => fromMs > lastCallMs)?.toMs ?? finalizedMs;
}

const STATUS = { success: 'SUCCEEDED', aborted: 'ABORTED', killed: 'FAILED' };

function endedAsPlanned({ planned, status }: RunTimes): boolean {
  return STATUS[planned.ending] === status;
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const meanA = sum(a) / a.length;
  const meanB = sum(b) / b.length;
  const covariance = sum(a.map((value, index) => (value - meanA) * ((b[index] ?? 0) - meanB)));
  const spread = (values: readonly number[], mean: number) =>
    Math.sqrt(sum(values.map((value) => (value - mean) ** 2)));
  return covariance / (spread(a, meanA) * spread(b, meanB));
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
