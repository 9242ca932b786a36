/**
 * Three million US flights (January to June 2001; from the npm package vega-datasets): how late they were, by airport
 * and hour, and which airports their routes join.
 */

import { chunks, csv, durable, json, ndjson, parquet, TaskGraph } from '../index.ts';

/** Rows of the source that lie together in its file: what extract reads at once. */
export interface RowGroup {
  /** Counts from zero. */
  readonly firstRow: number;
  readonly rows: number;
}

/** A flight as extract leaves it: checked, and in plain numbers. */
export interface Flight {
  /** Departure, minutes since 1970-01-01T00:00 in the airport's own time. */
  readonly departure: number;
  /** Minutes late on arrival; negative is early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  /** IATA code. */
  readonly origin: string;
  readonly destination: string;
}

/** What extract found, in a row group or in all of them: every row is counted in `rows`, and in `valid` or under one reason. */
export interface Intake {
  readonly rows: number;
  readonly valid: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** The first few of them, with what was wrong; `row` is its place in the whole source, from zero. */
  readonly examples: readonly { readonly row: number; readonly reason: string; readonly value: string }[];
}

/** Flights from one airport that left in one hour of the day. */
export interface DelayStats {
  readonly origin: string;
  /** 0 to 23. */
  readonly hour: number;
  readonly flights: number;
  /** At least 15 minutes late, as the Bureau of Transportation Statistics counts it. */
  readonly late: number;
  readonly totalDelay: number;
  readonly maxDelay: number;
}

export interface Route {
  readonly origin: string;
  readonly destination: string;
  readonly flights: number;
  readonly totalDelay: number;
  readonly distance: number;
  /** Empty where the code is not in the list of airports. */
  readonly originName: string;
  readonly originState: string;
  readonly destinationName: string;
  readonly destinationState: string;
}

export interface AirportRow {
  readonly airport: string;
  readonly name: string;
  readonly state: string;
  readonly flights: number;
  readonly meanDelay: number;
  readonly maxDelay: number;
  readonly latePercent: number;
  /** Of the hours that have at least 1 % of the airport's flights, the one with the highest mean delay. */
  readonly worstHour: number;
  readonly destinations: number;
  readonly busiestDestination: string;
}

export interface Summary {
  readonly intake: Intake;
  readonly flights: number;
  readonly airports: number;
  readonly routes: number;
  readonly meanDelay: number;
  readonly latePercent: number;
  /** Codes that are in no list of airports, and how many flights they leave from or go to. */
  readonly unmatched: { readonly codes: readonly string[]; readonly flights: number };
}

export const graph = new TaskGraph('flights');

export const split = graph.addTask('split', {
  outputs: { rowGroups: chunks<RowGroup>({ max: 100 }) },
  retries: 2,
});

export const extract = graph.addTask('extract', {
  each: split.outputs.rowGroups,
  maxConcurrency: 4,
  outputs: {
    raw: parquet<Flight>({
      departure: 'INT32',
      delay: 'INT32',
      distance: 'INT32',
      origin: 'STRING',
      destination: 'STRING',
    }),
    intake: json<Intake>(),
  },
  retries: 2,
  resources: { memoryMiB: 1024 },
});

export const aggregate = graph.addTask('aggregate', {
  inputs: { raw: extract.outputs.raw },
  outputs: { agg: ndjson<DelayStats>() },
  retries: 1,
  resources: { memoryMiB: 1024 },
});

export const enrich = graph.addTask('enrich', {
  inputs: { raw: extract.outputs.raw },
  outputs: { enriched: ndjson<Route>() },
  retries: 1,
  resources: { memoryMiB: 1024 },
});

export const load = graph.addTask('merge-load', {
  inputs: { intake: extract.outputs.intake, agg: aggregate.outputs.agg, enriched: enrich.outputs.enriched },
  outputs: { table: durable(csv<AirportRow>()), summary: durable(json<Summary>()) },
  retries: 2,
});

export const plan = graph.build();
