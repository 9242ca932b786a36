import { enrich, type Flight, type Route } from '../../state-machines/pipelines/flights.ts';
import { task } from '../runtime/index.ts';
import { readAirports } from './airports.ts';
import { compareText } from './figures.ts';

type OpenRoute = { -readonly [Key in 'origin' | 'destination' | 'flights' | 'totalDelay' | 'distance']: Route[Key] };

export const handler = task(enrich, async ({ inputs, outputs, log }) => {
  const routes = new Map<string, Map<string, OpenRoute>>();
  for await (const flights of inputs.raw.batches()) {
    for (const flight of flights) addFlight(routes, flight);
  }
  const sorted = [...routes.values()]
    .flatMap((destinations) => [...destinations.values()])
    .sort((a, b) => compareText(a.origin, b.origin) || compareText(a.destination, b.destination));

  const airports = readAirports();
  const codes = new Set(sorted.flatMap(({ origin, destination }) => [origin, destination]));
  const unmatched = [...codes].filter((code) => !airports.has(code));
  if (unmatched.length > 0) log.warn('codes in no list of airports', { codes: unmatched });
  const named = sorted.map((route): Route => {
    const origin = airports.get(route.origin);
    const destination = airports.get(route.destination);
    return {
      ...route,
      originName: origin?.name ?? '',
      originState: origin?.state ?? '',
      destinationName: destination?.name ?? '',
      destinationState: destination?.state ?? '',
    };
  });
  return { enriched: await outputs.enriched.writeRows(named) };
});

function addFlight(routes: Map<string, Map<string, OpenRoute>>, flight: Flight): void {
  const { origin, destination, delay, distance } = flight;
  let destinations = routes.get(origin);
  if (!destinations) {
    destinations = new Map();
    routes.set(origin, destinations);
  }
  const route = destinations.get(destination);
  if (route) {
    route.flights += 1;
    route.totalDelay += delay;
  } else {
    destinations.set(destination, { origin, destination, flights: 1, totalDelay: delay, distance });
  }
}
