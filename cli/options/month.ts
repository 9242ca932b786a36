/** How many runs a schedule makes of a month. */

import parser from 'aws-cron-parser';
import { UsageError } from '../../state-machines/contract/errors.ts';
import type { Month } from '../../state-machines/cost/cost.ts';
import { HOURS_A_MONTH } from '../../state-machines/cost/prices.ts';

const HOURS = { minute: 1 / 60, hour: 1, day: 24 } as const;
const RATE = /^rate\(\s*([1-9]\d{0,6})\s+(minute|hour|day)s?\s*\)$/;
const CRON = /^cron\((.*)\)$/;
const HOUR_MS = 3_600_000;
/** Of a year; a schedule that comes more often is counted until then, and the rest is reckoned from that. */
const MOST_COUNTED = 20_000;
const EXPECTED =
  "give what EventBridge Scheduler takes: 'rate(1 hour)', or 'cron(30 6 * * ? *)' with minute, hour, day of the month, month, day of the week and year";

/**
 * @param schedule `rate(…)` or `cron(…)`
 * @param from when a cron is looked at: it may name years
 * @throws UsageError
 */
export function monthOf(schedule: string, from: Date): Month {
  const [, count, unit] = RATE.exec(schedule.trim()) ?? [];
  if (count && unit) return rateMonth(HOURS_A_MONTH / (Number(count) * HOURS[unit as keyof typeof HOURS]));
  const [, cron] = CRON.exec(schedule.trim()) ?? [];
  if (cron !== undefined) return cronMonth(schedule, cron, from);
  throw refused(schedule, /^at\(/.test(schedule) ? 'it starts one run; leave --schedule out' : EXPECTED);
}

/** Runs that something else starts, at any time. */
export function monthOfRuns(runs: number): Month {
  if (!Number.isFinite(runs) || runs < 0)
    throw new UsageError('InvalidOption', '--runs-per-month: give a number of runs, such as 720');
  return { ...rateMonth(runs), scheduled: false };
}

function rateMonth(runs: number): Month {
  return { runs, hours: Math.min(runs, HOURS_A_MONTH), scheduled: true };
}

function cronMonth(schedule: string, cron: string, from: Date): Month {
  const fields = cron.trim().split(/\s+/);
  const [, , dayOfMonth, , dayOfWeek] = fields;
  if (fields.length !== 6) throw refused(schedule, `it has ${fields.length} fields, not 6; ${EXPECTED}`);
  if ((dayOfMonth === '?') === (dayOfWeek === '?'))
    throw refused(schedule, 'one of day of the month and day of the week must be "?", and only one');
  const { runs, hours, years } = occurrences(schedule, fields.join(' '), from);
  return { runs: runs / years / 12, hours: Math.min(hours / years / 12, HOURS_A_MONTH), scheduled: true };
}

function occurrences(schedule: string, cron: string, from: Date): { runs: number; hours: number; years: number } {
  const year = 365 * 24 * HOUR_MS;
  const hours = new Set<number>();
  let runs = 0;
  let at = from;
  try {
    const parsed = parser.parse(cron);
    for (let next = parser.next(parsed, at); next && +next - +from <= year; next = parser.next(parsed, at)) {
      at = next;
      runs += 1;
      hours.add(Math.floor(+at / HOUR_MS));
      if (runs === MOST_COUNTED) return { runs, hours: hours.size, years: (+at - +from) / year };
    }
  } catch (error) {
    const { message } = error as Error;
    // What it does not say so plainly it did not expect itself.
    throw refused(schedule, message.startsWith('Invalid: ') ? `${message.slice(9)}; ${EXPECTED}` : EXPECTED);
  }
  if (runs === 0) throw refused(schedule, 'it starts no run in the year to come');
  return { runs, hours: hours.size, years: 1 };
}

function refused(schedule: string, why: string): UsageError {
  return new UsageError('InvalidOption', `--schedule "${schedule}": ${why}`);
}
