import { readAirports } from '../../../lambdas/flights/airports.ts';
import { compareText } from '../../../lambdas/flights/figures.ts';
import { readFlights } from './flights-data.ts';
import type { Work } from './handler.ts';
import { ndjson } from './ndjson.ts';

export const work: Work = async (data) => {
  const routes = new Map<string, { origin: string; destination: string; flights: number; totalDelay: number }>();
  for await (const flights of readFlights(data)) {
    for (const { origin, destination, delay } of flights) {
      const key = `${origin} ${destination}`;
      const route = routes.get(key) ?? { origin, destination, flights: 0, totalDelay: 0 };
      routes.set(key, route);
      route.flights += 1;
      route.totalDelay += delay;
    }
  }
  const airports = readAirports();
  const named = [...routes]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, route]) => ({
      ...route,
      originName: airports.get(route.origin)?.name ?? '',
      destinationName: airports.get(route.destination)?.name ?? '',
    }));
  await data.write('enriched', ndjson(named));
};
