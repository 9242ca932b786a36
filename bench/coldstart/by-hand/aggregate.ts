import { compareText } from '../../../lambdas/flights/figures.ts';
import { readFlights } from './flights-data.ts';
import type { Work } from './handler.ts';
import { ndjson } from './ndjson.ts';

export const work: Work = async (data) => {
  const hours = new Map<string, { flights: number; late: number; totalDelay: number; maxDelay: number }>();
  for await (const flights of readFlights(data)) {
    for (const { origin, departure, delay } of flights) {
      const hour = `${origin} ${Math.floor(departure / 60) % 24}`;
      const stats = hours.get(hour) ?? { flights: 0, late: 0, totalDelay: 0, maxDelay: delay };
      hours.set(hour, stats);
      stats.flights += 1;
      stats.totalDelay += delay;
      if (delay >= 15) stats.late += 1;
      if (delay > stats.maxDelay) stats.maxDelay = delay;
    }
  }
  const sorted = [...hours].sort(([a], [b]) => compareText(a, b));
  await data.write('agg', ndjson(sorted.map(([hour, stats]) => ({ hour, ...stats }))));
};
