/** The per-airport table and the summary, from the delays by hour and the routes. */

import type { AirportRow, DelayStats, Intake, Route, Summary } from '../../state-machines/pipelines/flights.ts';
import { compareText, meanOf, percentOf, sumOf } from './figures.ts';

/** The busiest airport comes first; equally busy ones by code. */
export function airportTable(stats: readonly DelayStats[], routes: readonly Route[]): AirportRow[] {
  const hoursOf = Map.groupBy(stats, ({ origin }) => origin);
  const routesOf = Map.groupBy(routes, ({ origin }) => origin);
  return [...hoursOf]
    .map(([airport, hours]) => airportRow(airport, hours, routesOf.get(airport) ?? []))
    .sort((a, b) => b.flights - a.flights || compareText(a.airport, b.airport));
}

function airportRow(airport: string, hours: readonly DelayStats[], routes: readonly Route[]): AirportRow {
  const flights = sumOf(hours, 'flights');
  const busiest = routes.toSorted((a, b) => b.flights - a.flights || compareText(a.destination, b.destination))[0];
  return {
    airport,
    name: busiest?.originName ?? '',
    state: busiest?.originState ?? '',
    flights,
    meanDelay: meanOf(sumOf(hours, 'totalDelay'), flights),
    maxDelay: Math.max(...hours.map(({ maxDelay }) => maxDelay)),
    latePercent: percentOf(sumOf(hours, 'late'), flights),
    worstHour: worstHour(hours, flights),
    destinations: routes.length,
    busiestDestination: busiest?.destination ?? '',
  };
}

/** One late flight at three in the morning makes no worst hour: an hour needs a hundredth of the flights. */
function worstHour(hours: readonly DelayStats[], flights: number): number {
  const busyEnough = hours.filter((stats) => stats.flights * 100 >= flights);
  // Compared as products of whole numbers, so that equal means are equal; the earliest hour wins.
  const worst = busyEnough.reduce((worst, stats) => {
    const difference = stats.totalDelay * worst.flights - worst.totalDelay * stats.flights;
    return difference > 0 || (difference === 0 && stats.hour < worst.hour) ? stats : worst;
  });
  return worst.hour;
}

export function summarize(intake: Intake, stats: readonly DelayStats[], routes: readonly Route[]): Summary {
  const flights = sumOf(stats, 'flights');
  return {
    intake,
    flights,
    airports: new Set(routes.flatMap(({ origin, destination }) => [origin, destination])).size,
    routes: routes.length,
    meanDelay: meanOf(sumOf(stats, 'totalDelay'), flights),
    latePercent: percentOf(sumOf(stats, 'late'), flights),
    unmatched: unmatchedIn(routes),
  };
}

function unmatchedIn(routes: readonly Route[]): Summary['unmatched'] {
  const codes = new Set<string>();
  let flights = 0;
  for (const route of routes) {
    if (route.originName === '') codes.add(route.origin);
    if (route.destinationName === '') codes.add(route.destination);
    if (route.originName === '' || route.destinationName === '') flights += route.flights;
  }
  return { codes: [...codes].sort(compareText), flights };
}
