/**
 * Whether EventBridge Scheduler takes an expression, and whether it starts anything any more: it says the first only
 * when it is deployed to, and the second never.
 *
 * What its documentation leaves open is let through.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */

import cron from 'aws-cron-parser';

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names that stand for `min`, `min + 1`, … */
  readonly names?: readonly string[];
  /** What else one part of it may be. */
  readonly also?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const FIELDS: readonly Field[] = [
  { name: 'minutes', min: 0, max: 59 },
  { name: 'hours', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31, also: /^(\?|L|LW|L-\d{1,2}|\d{1,2}W)$/ },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 1, max: 7, names: DAYS, also: /^(\?|L|\dL|\d#[1-5])$/ },
  { name: 'year', min: 1970, max: 2199 },
];

/** @returns what is wrong with it; undefined where nothing is known to be */
export function misfitOf(expression: string): string | undefined {
  const [, kind, inside = ''] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? [];
  switch (kind) {
    case 'cron':
      return misfitOfCron(inside);
    case 'rate':
      return /^[1-9]\d* (minutes?|hours?|days?)$/.test(inside)
        ? undefined
        : 'a rate is a whole number and minutes, hours or days, as in rate(15 minutes)';
    case 'at':
      return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(inside) && !Number.isNaN(Date.parse(`${inside}Z`))
        ? undefined
        : 'a time is written as in at(2027-01-31T06:00:00)';
    default:
      return 'there are cron(…), rate(…) and at(…)';
  }
}

/** @returns why it starts nothing after that time, as far as that is certain in any time zone; undefined where it does */
export function isOver(expression: string, now: Date): string | undefined {
  const [, kind, inside = ''] = /^(cron|at)\((.*)\)$/.exec(expression) ?? [];
  const earliest = new Date(now.getTime() - WIDEST_OFFSET_MS);
  if (kind === 'at') return Date.parse(`${inside}Z`) < earliest.getTime() ? 'its time has passed' : undefined;
  if (kind !== 'cron' || /LW|#/.test(inside)) return undefined;
  const numbers = inside
    .split(' ')
    .map((field, index) => inNumbers(field, FIELDS[index]))
    .join(' ');
  return cron.next(cron.parse(numbers), earliest) ? undefined : 'no such time comes any more';
}

/** Pacific/Kiritimati. */
const WIDEST_OFFSET_MS = 14 * 3_600_000;

function misfitOfCron(inside: string): string | undefined {
  const fields = inside.split(' ');
  if (fields.length !== FIELDS.length)
    return `it has ${fields.length} fields, and a cron has six: ${FIELDS.map(({ name }) => name).join(', ')}`;
  for (const [index, field] of FIELDS.entries()) {
    const given = fields[index] ?? '';
    const bad = inNumbers(given, field)
      .split(',')
      .find((part) => !isPart(part, field));
    if (bad === undefined) continue;
    const names = field.names ? `, or ${field.names[0]} to ${field.names.at(-1)}` : '';
    return `its ${field.name}, ${JSON.stringify(given)}, must be from ${field.min} to ${field.max}${names}, as a number, a range, a list or steps, or *`;
  }
  if (fields[2] !== '?' && fields[4] !== '?')
    return 'it says a day of the month and a day of the week: one of them must be ?';
  return undefined;
}

function inNumbers(given: string, field: Field | undefined): string {
  const { names = [], min = 0 } = field ?? {};
  return given.toUpperCase().replaceAll(/[A-Z]{3}/g, (name) => {
    const index = names.indexOf(name);
    return index < 0 ? name : String(index + min);
  });
}

function isPart(part: string, { min, max, also }: Field): boolean {
  if (also?.test(part)) return true;
  const [, range = '', step] = /^(\*|\d+(?:-\d+)?)?(?:\/(\d+))?$/.exec(part) ?? [];
  if (range === '' && step === undefined) return false;
  const numbers = range === '*' || range === '' ? [] : range.split('-').map(Number);
  return numbers.every((number) => number >= min && number <= max) && (step === undefined || Number(step) >= 1);
}
