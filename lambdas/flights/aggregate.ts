import { aggregate, type DelayStats, type Flight } from '../../state-machines/pipelines/flights.ts';
import { task } from '../runtime/index.ts';
import { compareText } from './figures.ts';

/** From how many minutes on the Bureau of Transportation Statistics counts a flight as late. */
const LATE_MINUTES = 15;
const MINUTES_PER_HOUR = 60;
const HOURS_PER_DAY = 24;

type OpenStats = { -readonly [Key in keyof DelayStats]: DelayStats[Key] };

export const handler = task(aggregate, async ({ inputs, outputs }) => {
  const airports = new Map<string, OpenStats[]>();
  for await (const flights of inputs.raw.batches()) {
    for (const flight of flights) addFlight(airports, flight);
  }
  const sorted = [...airports].sort(([a], [b]) => compareText(a, b));
  const flown = sorted.flatMap(([, hours]) => hours.filter(({ flights }) => flights > 0));
  return { agg: await outputs.agg.writeRows(flown) };
});

function addFlight(airports: Map<string, OpenStats[]>, { origin, departure, delay }: Flight): void {
  let hours = airports.get(origin);
  if (!hours) {
    hours = emptyDay(origin);
    airports.set(origin, hours);
  }
  const stats = hours[Math.floor(departure / MINUTES_PER_HOUR) % HOURS_PER_DAY] as OpenStats;
  stats.flights += 1;
  stats.totalDelay += delay;
  if (delay >= LATE_MINUTES) stats.late += 1;
  if (stats.flights === 1 || delay > stats.maxDelay) stats.maxDelay = delay;
}

function emptyDay(origin: string): OpenStats[] {
  const hours = Array.from({ length: HOURS_PER_DAY }, (_, hour) => hour);
  return hours.map((hour) => ({ origin, hour, flights: 0, late: 0, totalDelay: 0, maxDelay: 0 }));
}
