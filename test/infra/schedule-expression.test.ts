import { describe, expect, it } from 'vitest';
import { isOver, misfitOf } from '../../infra/schedule-expression.ts';

describe('an expression that EventBridge Scheduler takes has nothing wrong with it:', () => {
  it.each([
    'rate(1 minute)',
    'rate(12 hours)',
    'at(2027-01-31T06:00:00)',
    'cron(0 6 * * ? *)',
    'cron(15 10 ? * 6L 2022-2033)',
    'cron(0 0 L * ? *)',
    'cron(0 0 LW * ? *)',
    'cron(0 0 L-3 * ? *)',
    'cron(0 8 1W * ? *)',
    'cron(0/5 8-17 ? * MON-FRI *)',
    'cron(*/15 0,12 ? jan-mar,DEC MON#1 *)',
    'cron(0 18 ? * MON,WED,FRI 2026,2028)',
    'cron(0 0 1/10 * ? *)',
    'cron(0 22-2 ? * FRI-MON *)',
  ])('%s', (expression) => {
    expect(misfitOf(expression)).toBeUndefined();
  });
});

describe('an expression that it does not take is told why:', () => {
  it.each([
    ['every hour', 'cron(…), rate(…) and at(…)'],
    ['cron(0 6 * * *)', '5 fields'],
    ['cron(0 6 * * ? * *)', '7 fields'],
    ['cron(0 6 * * * *)', 'one of them must be ?'],
    ['cron(60 6 * * ? *)', 'minutes, "60", must be from 0 to 59'],
    ['cron(0 24 * * ? *)', 'hours, "24"'],
    ['cron(0 6 32 * ? *)', 'day of month, "32"'],
    ['cron(0 6 * 13 ? *)', 'month, "13"'],
    ['cron(0 6 * JANUARY ? *)', 'JAN to DEC'],
    ['cron(0 6 ? * MO *)', 'SUN to SAT'],
    ['cron(0 6 ? * MON#6 *)', 'day of week'],
    ['cron(0 6 * * ? 1969)', 'year, "1969"'],
    ['cron(0 6,x * * ? *)', 'hours, "6,x"'],
    ['cron(*/0 6 * * ? *)', 'minutes, "*/0"'],
    ['cron(? 6 * * ? *)', 'minutes, "?"'],
    ['rate(0 minutes)', 'whole number'],
    ['rate(1.5 hours)', 'whole number'],
    ['rate(30 seconds)', 'minutes, hours or days'],
    ['at(2027-13-01T00:00:00)', 'at(2027-01-31T06:00:00)'],
    ['at(2027-01-01)', 'at(2027-01-31T06:00:00)'],
  ])('%s', (expression, told) => {
    expect(misfitOf(expression)).toContain(told);
  });
});

describe('whether an expression starts anything any more', () => {
  const now = new Date('2027-06-15T12:00:00Z');

  it.each([
    'rate(1 hour)',
    'cron(0 6 * * ? *)',
    'cron(0 6 ? * MON,MON 2028)',
    'cron(0 6 29 2 ? *)',
    'at(2027-06-15T06:00:00)',
  ])('%s does, in some time zone at least', (expression) => {
    expect(isOver(expression, now)).toBeUndefined();
  });

  it.each(['cron(0 6 * * ? 2026)', 'cron(0 6 * JAN ? 2027)', 'at(2027-06-14T06:00:00)'])(
    '%s does not',
    (expression) => {
      expect(isOver(expression, now)).toEqual(expect.any(String));
    },
  );
});
