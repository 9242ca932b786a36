import { describe, expect, it } from 'vitest';
import { monthOf, monthOfRuns } from '../../../cli/options/month.ts';

const FROM = new Date('2026-11-21T12:34:56Z');

describe('a schedule makes so many runs of a month, in so many of its hours', () => {
  it.each([
    ['rate(1 hour)', 730, 730],
    ['rate(15 minutes)', 2_920, 730],
    ['rate(2 days)', 15.21, 15.21],
    ['cron(0 * * * ? *)', 730, 730],
    ['cron(30 6 * * ? *)', 30.42, 30.42],
    ['cron(30 6 1 * ? *)', 1, 1],
    ['cron(0 6 ? * MON-FRI *)', 21.75, 21.75],
    ['cron(0/30 6 * * ? *)', 60.83, 30.42],
    ['cron(* * * * ? *)', 43_800, 730],
    ['cron(0 6 L * ? *)', 1, 1],
    ['cron(0 6 1 1 ? 2027)', 0.08, 0.08],
  ])('%s', (schedule, runs, hours) => {
    const month = monthOf(schedule, FROM);
    expect(month.scheduled).toBe(true);
    expect(Math.abs(month.runs - runs)).toBeLessThan(Math.max(0.1, runs / 10_000));
    expect(Math.abs(month.hours - hours)).toBeLessThan(0.1);
  });

  it('so does a number of runs, which nothing schedules', () => {
    expect(monthOfRuns(1_000)).toEqual({ runs: 1_000, hours: 730, scheduled: false });
    expect(monthOfRuns(0.5)).toEqual({ runs: 0.5, hours: 0.5, scheduled: false });
  });
});

describe('what is no schedule is refused, with what one looks like', () => {
  it.each([
    ['hourly', "'rate(1 hour)'"],
    ['rate(0 hours)', "'rate(1 hour)'"],
    ['rate(1 week)', "'rate(1 hour)'"],
    ['at(2026-12-01T00:00:00)', 'starts one run'],
    ['cron(0 6 * * ?)', '5 fields'],
    ['cron(0 6 * * * *)', 'must be "?"'],
    ['cron(0 6 ? * ? *)', 'must be "?"'],
    ['cron(61 6 * * ? *)', '61 is not between 0 and 59'],
    ['cron(a b c d ? *)', "'rate(1 hour)'"],
    ['cron(0 6 1 1 ? 2020)', 'no run in the year to come'],
  ])('%s', (schedule, said) => {
    expect(() => monthOf(schedule, FROM)).toThrow(
      expect.objectContaining({ code: 'InvalidOption', message: expect.stringContaining(said) }),
    );
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('%d runs a month', (runs) => {
    expect(() => monthOfRuns(runs)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  });
});
