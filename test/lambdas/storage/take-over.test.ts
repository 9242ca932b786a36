import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Leases } from '../../../lambdas/storage/leases.ts';
import { takeOver } from '../../../lambdas/storage/take-over.ts';
import type { RunId } from '../../../state-machines/contract/keys.ts';
import { BUCKETS, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';

let fixture: S3Fixture;
let leases: Leases;
beforeAll(async () => {
  fixture = await startS3Fixture();
  leases = new Leases(fixture.s3, BUCKETS.runs);
});
afterAll(() => fixture.stop());

const SHAPE = 'shape';

async function keptRun(run: string): Promise<RunId> {
  const id = { pipeline: 'flights', run };
  const keptAt = new Date().toISOString();
  await leases.keep(id, { until: keptAt, keptAt, execution: run, holder: 0, shape: SHAPE });
  return id;
}

it('a kept run is taken over by one execution, which has it however often it asks', async () => {
  const run = await keptRun('once');
  for (const _ of [1, 2]) expect(await takeOver(run, 'again', SHAPE, leases)).toEqual({ kind: 'held', holder: 1 });
  expect(await takeOver(run, 'another', SHAPE, leases)).toMatchObject({ kind: 'refused' });
});

it('a run that is deleted while it is being taken over is gone', async () => {
  const run = await keptRun('deleted');
  const take = leases.take.bind(leases);
  vi.spyOn(leases, 'take').mockImplementationOnce(async (...taking) => {
    await leases.end(run);
    return take(...taking);
  });
  expect(await takeOver(run, 'again', SHAPE, leases)).toMatchObject({ kind: 'gone' });
});

it('a run that was taken over goes on after a deployment that changes the graph', async () => {
  const run = await keptRun('deployed');
  expect(await takeOver(run, 'again', 'another shape', leases)).toMatchObject({ kind: 'refused' });
  expect(await takeOver(run, 'again', SHAPE, leases)).toMatchObject({ kind: 'held' });
  expect(await takeOver(run, 'again', 'another shape', leases)).toMatchObject({ kind: 'held' });
});

it('an execution that has kept the run does not take it back', async () => {
  const run = await keptRun('given-back');
  const keptAt = new Date().toISOString();
  await leases.keep(run, { until: keptAt, keptAt, execution: 'again', holder: 1, shape: SHAPE });
  expect(await takeOver(run, 'again', SHAPE, leases)).toMatchObject({ kind: 'kept', lease: { holder: 1 } });
});
