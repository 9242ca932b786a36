import { afterAll, beforeAll, expect, it } from 'vitest';
import { handler } from '../../../lambdas/flights/merge-load.ts';
import { RAW_HANDLER } from '../../../lambdas/runtime/task.ts';
import { type DelayStats, type Intake, plan, type Route } from '../../../state-machines/pipelines/flights.ts';
import { type AnyContext, type AttemptOptions, attempt } from '../runtime/attempts.ts';
import { BUCKETS, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

const stats: DelayStats = { origin: 'QQQ', hour: 6, flights: 4, late: 1, totalDelay: 10, maxDelay: 20 };
const route: Route = {
  origin: 'QQQ',
  destination: 'EWR',
  flights: 4,
  totalDelay: 10,
  distance: 75,
  originName: '',
  originState: '',
  destinationName: 'Newark Intl',
  destinationState: 'NJ',
};
const rejected = (row: number) => ({ row, reason: 'missing delay', value: 'null' });

/** The real merge-load behind stand-ins, of which extract leaves these intakes, one for each of its chunks. */
async function run(name: string, ...intakes: readonly Intake[]): Promise<void> {
  const chunks = intakes.map((_, index) => `rows-${index}`);
  const as = (task: string, handler: (context: AnyContext) => unknown, event: AttemptOptions['event'] = {}) =>
    attempt(plan, fixture.s3, handler, { task, run: name, event });
  await as('split', ({ outputs }) => outputs.rowGroups.write(chunks.map((id) => ({ id, firstRow: 0, rows: 0 }))));
  const extract = ({ chunk, outputs }: AnyContext) =>
    Promise.all([outputs.raw.writeRows([]), outputs.intake.write(intakes[chunks.indexOf(chunk.id)])]);
  await as('extract', extract, { chunks });
  await as('extract', () => undefined, { gather: true });
  await as('aggregate', ({ outputs }) => outputs.agg.writeRows([stats]));
  await as('enrich', ({ outputs }) => outputs.enriched.writeRows([route]));
  await as('merge-load', handler[RAW_HANDLER]);
}

it('an airport that is in no list is kept, with an empty name, and counted as unmatched', async () => {
  await run('unmatched', { rows: 4, valid: 4, rejected: {}, examples: [] });
  const file = (name: string) => fixture.text(`results/flights/unmatched/merge-load/${name}`, BUCKETS.results);
  expect((await file('table.csv')).trimEnd().split('\n')[1]).toBe('QQQ,,,4,2.5,20,25,6,1,EWR');
  expect(JSON.parse(await file('summary.json')).unmatched).toEqual({ codes: ['QQQ'], flights: 4 });
});

it('what was rejected is summed over the row groups, with the first examples in the order of the source', async () => {
  const delays = { 'missing delay': 4 };
  const examples = [1, 2, 3, 4].map(rejected);
  await run(
    'intakes',
    { rows: 5, valid: 1, rejected: delays, examples },
    { rows: 3, valid: 3, rejected: {}, examples: [] },
    { rows: 2, valid: 0, rejected: { 'missing delay': 1, 'missing origin': 1 }, examples: [8, 9].map(rejected) },
  );
  const summary = await fixture.text('results/flights/intakes/merge-load/summary.json', BUCKETS.results);
  expect(JSON.parse(summary).intake).toEqual({
    rows: 10,
    valid: 4,
    rejected: { 'missing delay': 5, 'missing origin': 1 },
    examples: [1, 2, 3, 4, 8].map(rejected),
  });
});

it('branches that counted different flights fail the run at once: another attempt would count the same', async () => {
  const lost = run('lost', { rows: 5, valid: 5, rejected: {}, examples: [] });
  await expect(lost).rejects.toMatchObject({ name: 'NonRetryableError' });
});
