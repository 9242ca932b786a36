import { describe, expect, it } from 'vitest';
import {
  checkRow,
  mergeIntakes,
  openIntake,
  type Reason,
  type SourceRow,
  validFlights,
} from '../../../lambdas/flights/checks.ts';
import { fc } from '../../fast-check.ts';

const good: SourceRow = {
  date: Date.UTC(2001, 2, 4, 5, 6),
  delay: -13n,
  distance: 938n,
  origin: 'EWR',
  destination: 'MCO',
};

it('a good row becomes a flight in plain numbers', () => {
  const departure = Date.UTC(2001, 2, 4, 5, 6) / 60_000;
  expect(checkRow(good)).toEqual({ departure, delay: -13, distance: 938, origin: 'EWR', destination: 'MCO' });
});

const badRows: [Reason, Partial<SourceRow>, string][] = [
  ['missing departure', { date: null }, 'null'],
  ['missing departure', { date: Number.NaN }, 'NaN'],
  ['implausible departure', { date: Date.UTC(2000, 11, 31, 23, 59) }, '2000-12-31T23:59:00.000Z'],
  ['implausible departure', { date: Date.UTC(2001, 6, 1, 0, 1) }, '2001-07-01T00:01:00.000Z'],
  ['implausible departure', { date: Number.POSITIVE_INFINITY }, 'Infinity'],
  ['missing delay', { delay: null }, 'null'],
  ['implausible delay', { delay: -721n }, '-721'],
  ['implausible delay', { delay: 2881n }, '2881'],
  ['implausible delay', { delay: 3.5 }, '3.5'],
  ['missing distance', { distance: null }, 'null'],
  ['implausible distance', { distance: 0n }, '0'],
  ['implausible distance', { distance: -75n }, '-75'],
  ['implausible distance', { distance: 12_452n }, '12452'],
  ['missing origin', { origin: null }, 'null'],
  ['malformed origin', { origin: 'ewr' }, 'ewr'],
  ['malformed origin', { origin: 'KEWR' }, 'KEWR'],
  ['malformed origin', { origin: 'EWR\n' }, 'EWR\n'],
  ['missing destination', { destination: null }, 'null'],
  ['malformed destination', { destination: '' }, ''],
  ['malformed destination', { destination: 'M1O' }, 'M1O'],
  ['origin is destination', { destination: 'EWR' }, 'EWR'],
];

describe('a row that breaks a rule is rejected, and says what was there', () => {
  it.each(badRows)('%s: %o', (reason, change, value) => {
    expect(checkRow({ ...good, ...change })).toEqual({ reason, value });
  });
});

describe('what is odd and true passes', () => {
  it.each<[string, Partial<SourceRow>]>([
    ['a flight at midnight after the last day', { date: Date.UTC(2001, 6, 1) }],
    ['hours early', { delay: -212n }],
    ['more than a day late', { delay: 1688n }],
    ['a hop of 21 miles', { distance: 21n }],
  ])('%s', (_, change) => {
    expect(checkRow({ ...good, ...change })).not.toHaveProperty('reason');
  });
});

it('rejected rows are counted by reason, and the first five kept as examples with their place in the source', () => {
  const bad = badRows.map(([, change]) => ({ ...good, ...change }));
  const [first, second] = [openIntake(), openIntake()];
  expect(validFlights([good, ...bad.slice(0, 3)], 0, first)).toHaveLength(1);
  expect(validFlights([...bad.slice(3), good, good], 4, second)).toHaveLength(2);

  const counts: Record<string, number> = {};
  for (const [reason] of badRows) counts[reason] = (counts[reason] ?? 0) + 1;
  const examples = badRows.slice(0, 5).map(([reason, , value], index) => ({ row: index + 1, reason, value }));
  expect(mergeIntakes([first, second])).toEqual({ rows: 3 + badRows.length, valid: 3, rejected: counts, examples });
});

it('of no row groups at all there is an intake too', () => {
  expect(mergeIntakes([])).toEqual({ rows: 0, valid: 0, rejected: {}, examples: [] });
});

it('no row is lost, whatever the rows are: each is valid or rejected', () => {
  const changes = fc.constantFrom<Partial<SourceRow>>({}, ...badRows.map(([, change]) => change));
  fc.assert(
    fc.property(fc.array(fc.array(changes)), (batches) => {
      const intake = openIntake();
      let passed = 0;
      for (const batch of batches)
        passed += validFlights(
          batch.map((change) => ({ ...good, ...change })),
          0,
          intake,
        ).length;
      const rejected = Object.values(intake.rejected).reduce((sum, count) => sum + count, 0);
      expect(intake.rows).toBe(batches.flat().length);
      expect(intake.valid).toBe(passed);
      expect(intake.valid + rejected).toBe(intake.rows);
    }),
  );
});
