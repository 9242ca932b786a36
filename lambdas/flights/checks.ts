/** The rules for a row of the source: what makes it a flight, and what is said and counted of one that is not. */

import type { Flight, Intake } from '../../state-machines/pipelines/flights.ts';
import { sumOf } from './figures.ts';

/** A row as the source has it. Every column may be null. */
export interface SourceRow {
  /** Actual departure in the airport's own time, in milliseconds since 1970 as if that were UTC. */
  readonly date: number | null;
  /** Minutes late on arrival. */
  readonly delay: bigint | number | null;
  /** Miles. */
  readonly distance: bigint | number | null;
  readonly origin: string | null;
  readonly destination: string | null;
}

export type Reason =
  | 'missing departure'
  | 'implausible departure'
  | 'missing delay'
  | 'implausible delay'
  | 'missing distance'
  | 'implausible distance'
  | 'missing origin'
  | 'malformed origin'
  | 'missing destination'
  | 'malformed destination'
  | 'origin is destination';

export interface Rejection {
  readonly reason: Reason;
  /** What was there instead. */
  readonly value: string;
}

/** The Intake of one row group, while it is counting. */
export interface OpenIntake extends Intake {
  rows: number;
  valid: number;
  readonly rejected: Partial<Record<Reason, number>> & Record<string, number>;
  readonly examples: { row: number; reason: Reason; value: string }[];
}

const EXAMPLES_KEPT = 5;

/** A flight that left at 24:00 on the last day is dated to the day after. */
const PERIOD_MS = { first: Date.UTC(2001, 0, 1), last: Date.UTC(2001, 6, 1) };

/**
 * Delays are differences of clock times. A flight that seems to arrive more than half a day early arrived after
 * midnight, very late: its delay is wrong by a day, not merely odd. A few real ones are more than a day late.
 */
const DELAY_MINUTES = { first: -720, last: 2880 };

/** No two places on Earth are farther apart than half its circumference. */
const DISTANCE_MILES = { first: 1, last: 12_451 };

const AIRPORT_CODE = /^[A-Z]{3}$/;
const MS_PER_MINUTE = 60_000;

export function openIntake(): OpenIntake {
  return { rows: 0, valid: 0, rejected: {}, examples: [] };
}

/**
 * Picks the flights out, and counts every row, in `valid` or under the first rule that it breaks.
 *
 * @param firstRow the place of the first of these rows in the whole source
 */
export function validFlights(rows: Iterable<SourceRow>, firstRow: number, intake: OpenIntake): Flight[] {
  const flights: Flight[] = [];
  let place = firstRow;
  for (const row of rows) {
    const checked = checkRow(row);
    if ('reason' in checked) {
      const { reason, value } = checked;
      intake.rejected[reason] = (intake.rejected[reason] ?? 0) + 1;
      if (intake.examples.length < EXAMPLES_KEPT) intake.examples.push({ row: place, reason, value });
    } else {
      intake.valid += 1;
      flights.push(checked);
    }
    intake.rows += 1;
    place += 1;
  }
  return flights;
}

/** What was found in several row groups, which come in the order of the source. */
export function mergeIntakes(intakes: readonly Intake[]): Intake {
  const rejected: Record<string, number> = {};
  for (const intake of intakes) {
    for (const [reason, count] of Object.entries(intake.rejected)) rejected[reason] = (rejected[reason] ?? 0) + count;
  }
  return {
    rows: sumOf(intakes, 'rows'),
    valid: sumOf(intakes, 'valid'),
    rejected,
    examples: intakes.flatMap(({ examples }) => examples).slice(0, EXAMPLES_KEPT),
  };
}

/** Rows that are alike pass: the source has no flight numbers, so two flights may well look the same. */
export function checkRow({ date, delay, distance, origin, destination }: SourceRow): Flight | Rejection {
  if (date === null || Number.isNaN(date)) return { reason: 'missing departure', value: String(date) };
  if (date < PERIOD_MS.first || date > PERIOD_MS.last)
    return { reason: 'implausible departure', value: timeText(date) };
  if (delay === null) return { reason: 'missing delay', value: 'null' };
  const minutes = Number(delay);
  if (!isWithin(DELAY_MINUTES, minutes)) return { reason: 'implausible delay', value: String(delay) };
  if (distance === null) return { reason: 'missing distance', value: 'null' };
  const miles = Number(distance);
  if (!isWithin(DISTANCE_MILES, miles)) return { reason: 'implausible distance', value: String(distance) };
  if (origin === null) return { reason: 'missing origin', value: 'null' };
  if (!AIRPORT_CODE.test(origin)) return { reason: 'malformed origin', value: origin };
  if (destination === null) return { reason: 'missing destination', value: 'null' };
  if (!AIRPORT_CODE.test(destination)) return { reason: 'malformed destination', value: destination };
  if (origin === destination) return { reason: 'origin is destination', value: origin };
  return { departure: Math.floor(date / MS_PER_MINUTE), delay: minutes, distance: miles, origin, destination };
}

function isWithin({ first, last }: { readonly first: number; readonly last: number }, value: number): boolean {
  return Number.isInteger(value) && value >= first && value <= last;
}

/** A Date has limits of its own, which throw. */
function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
