import { describe, expect, it } from 'vitest';
import { airportTable, summarize } from '../../../lambdas/flights/airport-table.ts';
import { meanOf, percentOf } from '../../../lambdas/flights/figures.ts';
import type { DelayStats, Route } from '../../../state-machines/pipelines/flights.ts';

describe('figures have two decimals', () => {
  it.each([
    [1, 3, 0.33],
    [201, 200, 1.01],
    [-1, 3, -0.33],
    [-1, 200, 0],
    [-1, 1000, 0],
    [0, 0, 0],
  ])('the mean of %d over %d is %d', (total, count, mean) => expect(meanOf(total, count)).toBe(mean));

  it('a percentage', () => expect(percentOf(1, 3)).toBe(33.33));
});

const hour = (origin: string, hour: number, flights: number, totalDelay: number, late = 0): DelayStats => ({
  origin,
  hour,
  flights,
  late,
  totalDelay,
  maxDelay: totalDelay,
});
const route = (origin: string, destination: string, flights: number, names: Partial<Route> = {}): Route => ({
  origin,
  destination,
  flights,
  totalDelay: 0,
  distance: 100,
  originName: `${origin} Airport`,
  originState: 'XX',
  destinationName: `${destination} Airport`,
  destinationState: 'XX',
  ...names,
});

it('an airport is one row: its hours and its routes together', () => {
  const stats = [hour('AAA', 6, 2, -3), hour('AAA', 7, 1, 20, 1)];
  expect(airportTable(stats, [route('AAA', 'BBB', 1), route('AAA', 'CCC', 2), route('BBB', 'AAA', 9)])).toEqual([
    {
      airport: 'AAA',
      name: 'AAA Airport',
      state: 'XX',
      flights: 3,
      meanDelay: 5.67,
      maxDelay: 20,
      latePercent: 33.33,
      worstHour: 7,
      destinations: 2,
      busiestDestination: 'CCC',
    },
  ]);
});

it('the busiest airport comes first, and equally busy ones come by code', () => {
  const table = airportTable([hour('CCC', 1, 5, 0), hour('BBB', 1, 5, 0), hour('AAA', 1, 4, 0)], []);
  expect(table.map(({ airport }) => airport)).toEqual(['BBB', 'CCC', 'AAA']);
});

it('of equally busy destinations the first by code is named, whatever order the routes come in', () => {
  const stats = [hour('AAA', 1, 2, 0)];
  const routes = [route('AAA', 'DDD', 1), route('AAA', 'CCC', 1)];
  for (const order of [routes, routes.toReversed()]) {
    expect(airportTable(stats, order)[0]?.busiestDestination).toBe('CCC');
  }
});

describe('the worst hour', () => {
  const worstOf = (...stats: DelayStats[]) => airportTable(stats, [])[0]?.worstHour;

  it('has the highest mean, not the highest sum', () => {
    expect(worstOf(hour('AAA', 5, 50, 600), hour('AAA', 9, 20, 500))).toBe(9);
  });
  it('is the earliest of equally bad ones', () => {
    expect(worstOf(hour('AAA', 9, 3, 30), hour('AAA', 5, 7, 70))).toBe(5);
  });
  it('is none that has less than a hundredth of the flights', () => {
    expect(worstOf(hour('AAA', 3, 1, 600), hour('AAA', 9, 100, 500))).toBe(9);
    expect(worstOf(hour('AAA', 3, 1, 600), hour('AAA', 9, 99, 500))).toBe(3);
  });
});

it('a code without a name is unmatched; a flight between two of them counts once', () => {
  const routes = [
    route('AAA', 'QQQ', 3, { destinationName: '' }),
    route('QQQ', 'AAA', 2, { originName: '' }),
    route('QQQ', 'PPP', 1, { originName: '', destinationName: '' }),
    route('AAA', 'BBB', 7),
  ];
  const stats = [hour('AAA', 1, 10, 33, 1), hour('QQQ', 1, 3, 6)];
  const intake = { rows: 13, valid: 13, rejected: {}, examples: [] };
  expect(summarize(intake, stats, routes)).toEqual({
    intake,
    flights: 13,
    airports: 4,
    routes: 4,
    meanDelay: 3,
    latePercent: 7.69,
    unmatched: { codes: ['PPP', 'QQQ'], flights: 6 },
  });
});
