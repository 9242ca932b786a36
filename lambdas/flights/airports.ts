import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import airportsFile from '../../node_modules/vega-datasets/data/airports.csv';

export interface Airport {
  readonly name: string;
  /** Empty where the list has none. */
  readonly state: string;
}

/** What the list says where it knows nothing. */
const NOT_AVAILABLE = 'NA';

/** The list of airports, by IATA code. */
export function readAirports(): Map<string, Airport> {
  return parseAirports(readFileSync(new URL(airportsFile, import.meta.url), 'utf8'));
}

function parseAirports(csv: string): Map<string, Airport> {
  const rows: { iata: string; name: string; state: string }[] = parse(csv, { columns: true });
  return new Map(rows.map(({ iata, name, state }) => [iata, { name, state: state === NOT_AVAILABLE ? '' : state }]));
}
