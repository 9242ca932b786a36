/**
 * The pipeline's figures computed in another way, straight from the source: codes become numbers, counts go into flat
 * arrays indexed by them, and rounding is done in whole numbers. Shares no code with the handlers.
 */

import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { AirportRow, Summary } from '../../../state-machines/pipelines/flights.ts';

const DATA = new URL('../../../node_modules/vega-datasets/data/', import.meta.url);

export interface Figures {
  readonly table: AirportRow[];
  readonly summary: Omit<Summary, 'intake'>;
  readonly rows: number;
  /** Of the rows that cannot be: more than half a day early. */
  readonly rejectedRows: readonly number[];
}

export async function figuresAgain(): Promise<Figures> {
  const { codes, origins, destinations, hours, delays } = await readColumns();
  const rows = delays.length;
  const n = codes.length;
  const names = readNames();

  const hourFlights = new Int32Array(n * 24);
  const hourDelay = new Int32Array(n * 24);
  const pairs = new Int32Array(n * n);
  const late = new Int32Array(n);
  const most = new Int32Array(n).fill(-1_000_000);
  const rejectedRows: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [delay, origin] = [delays[row] ?? 0, origins[row] ?? 0];
    if (delay < -12 * 60) {
      rejectedRows.push(row);
      continue;
    }
    add(hourFlights, origin * 24 + (hours[row] ?? 0), 1);
    add(hourDelay, origin * 24 + (hours[row] ?? 0), delay);
    add(pairs, origin * n + (destinations[row] ?? 0), 1);
    add(late, origin, delay > 14 ? 1 : 0);
    most[origin] = Math.max(most[origin] ?? 0, delay);
  }

  const table = codes.flatMap((airport, code): AirportRow[] => {
    const byHour = [...hourFlights.subarray(code * 24, code * 24 + 24)];
    const delayByHour = [...hourDelay.subarray(code * 24, code * 24 + 24)];
    const flights = sum(byHour);
    if (flights === 0) return [];
    const toDestination = [...pairs.subarray(code * n, code * n + n)];
    const means = byHour.map((count, hour) => (count >= flights / 100 ? (delayByHour[hour] ?? 0) / count : -Infinity));
    const busiest = codes.filter((_, other) => toDestination[other] === Math.max(...toDestination)).sort()[0] ?? '';
    return [
      {
        airport,
        name: names.get(airport)?.name ?? '',
        state: names.get(airport)?.state ?? '',
        flights,
        meanDelay: hundredths(sum(delayByHour), flights),
        maxDelay: most[code] ?? 0,
        latePercent: hundredths(100 * (late[code] ?? 0), flights),
        worstHour: means.indexOf(Math.max(...means)),
        destinations: toDestination.filter((count) => count > 0).length,
        busiestDestination: busiest,
      },
    ];
  });
  table.sort((a, b) => (a.flights === b.flights ? (a.airport < b.airport ? -1 : 1) : b.flights - a.flights));

  const flights = rows - rejectedRows.length;
  const isUnmatched = (code: number) => !names.has(codes[code] ?? '');
  const unmatched = codes.filter((_, code) => isUnmatched(code)).sort();
  return {
    table,
    rows,
    rejectedRows,
    summary: {
      flights,
      airports: n,
      routes: pairs.filter((count) => count > 0).length,
      meanDelay: hundredths(sum(hourDelay), flights),
      latePercent: hundredths(100 * sum(late), flights),
      unmatched: {
        codes: unmatched,
        flights: sum(pairs.filter((_, pair) => isUnmatched(Math.floor(pair / n)) || isUnmatched(pair % n))),
      },
    },
  };
}

async function readColumns() {
  const bytes = readFileSync(new URL('flights-3m.parquet', DATA));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const metadata = parquetMetadata(file);
  const rows = Number(metadata.num_rows);
  const numbers = new Map<string, number>();
  const numberOf = (code: string) => {
    const number = numbers.get(code) ?? numbers.size;
    numbers.set(code, number);
    return number;
  };
  const origins = new Uint16Array(rows);
  const destinations = new Uint16Array(rows);
  const hours = new Uint8Array(rows);
  const delays = new Int32Array(rows);
  // Slices that are not the file's row groups.
  const step = 300_000;
  for (let rowStart = 0; rowStart < rows; rowStart += step) {
    const compressors = { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) };
    const rowEnd = Math.min(rowStart + step, rows);
    const slice = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors });
    slice.forEach(({ date, delay, origin, destination }, index) => {
      hours[rowStart + index] = date.getUTCHours();
      delays[rowStart + index] = Number(delay);
      origins[rowStart + index] = numberOf(origin);
      destinations[rowStart + index] = numberOf(destination);
    });
  }
  return { codes: [...numbers.keys()], origins, destinations, hours, delays };
}

function readNames(): Map<string, { name: string; state: string }> {
  const lines = readFileSync(new URL('airports.csv', DATA), 'utf8').trim().split('\n').slice(1);
  return new Map(
    lines.map((line) => {
      const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
      );
      const [iata = '', name = '', , state = ''] = cells;
      return [iata, { name, state: state === 'NA' ? '' : state }];
    }),
  );
}

function add(counts: Int32Array, index: number, amount: number): void {
  counts[index] = (counts[index] ?? 0) + amount;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** To the nearest hundredth, half up, without a fraction on the way. */
function hundredths(total: number, count: number): number {
  const twice = BigInt(total) * 200n + BigInt(count);
  const divisor = BigInt(count) * 2n;
  const floor = twice / divisor - (twice % divisor < 0n ? 1n : 0n);
  return Number(floor) / 100;
}
