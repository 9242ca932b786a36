import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CommittedOutput } from '../../../state-machines/contract/records.ts';
import { BUCKETS, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { PIPELINE, RunFolder, resultOf } from './runs.ts';

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

const TASKS = [{ name: 'load', retries: 0 }];
const ABORTED = { Error: 'Aborted', Cause: 'the run was stopped' };

/** A run that was ended from outside after its task had committed a durable output. */
async function outputsOf(id: string, output: Partial<CommittedOutput>, published: readonly string[]) {
  const run = new RunFolder(fixture, id);
  const folder = `results/${PIPELINE}/${id}/`;
  const parts = output.parts?.map((part) => ({ ...part, resultKey: `${folder}load/table/${part.chunk}.csv` }));
  const resultKey = `${folder}load/table${parts ? '/' : '.csv'}`;
  const table = { key: 'anywhere', bytes: 7, resultKey, ...output, ...(parts && { parts }) };
  await run.commit('load', { outputs: { table } });
  for (const name of published)
    await fixture.s3.send(new PutObjectCommand({ Bucket: BUCKETS.results, Key: `${folder}load/${name}`, Body: 'a' }));
  const answer = await run.cleanUp({ tasks: TASKS, state: ABORTED, status: 'ABORTED' });
  return { resultKey, told: resultOf(answer).tasks['load']?.outputs?.['table']?.resultKey };
}

it('a result that was published before the run was ended from outside is told', async () => {
  const { resultKey, told } = await outputsOf('told', {}, ['table.csv']);
  expect(told).toBe(resultKey);
});

it('one that was committed and not published yet is not', async () => {
  expect((await outputsOf('untold', {}, ['table.txt'])).told).toBeUndefined();
});

it('of a chunk-parallel task the results are told where those of all its chunks are there', async () => {
  const parts = ['a', 'b'].map((chunk) => ({ chunk, key: 'anywhere', bytes: 1 }));
  const whole = await outputsOf('all-chunks', { parts }, ['table/a.csv', 'table/b.csv']);
  expect(whole.told).toBe(whole.resultKey);
  expect((await outputsOf('one-chunk', { parts }, ['table/a.csv'])).told).toBeUndefined();
});
