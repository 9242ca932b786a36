import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { task } from '../../../lambdas/runtime/index.ts';
import { chunks, TaskGraph, text } from '../../../state-machines/index.ts';
import { BUCKETS, type S3Fixture, startS3Fixture, stubFunctionEnvironment } from '../s3-fixture.ts';

const graph = new TaskGraph('pipe');
const split = graph.addTask('split', { outputs: { list: chunks<{ day: number }>() } });
const work = graph.addTask('work', { each: split.outputs.list, outputs: { note: text() } });
const close = graph.addFinallyTask('close', { outputs: { note: text() } });
const tell = graph.addAfterExecutionTask('tell');

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
  stubFunctionEnvironment(fixture, { EBBTIDE_RESULTS_BUCKET: BUCKETS.results });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await fixture.stop();
});
beforeEach(() => void vi.stubEnv('EBBTIDE_TASK', ''));

const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000 } as Context;
const event = { run: 'run-1', input: {}, retryCount: 0 };
const SUCCEEDED = { status: 'SUCCEEDED', attempt: 1 };

it('the function of a chunk-parallel task carries out chunks, and gathers them', async () => {
  const splits = task(split, async ({ outputs }) => ({ list: await outputs.list.write([{ id: 'a', day: 1 }]) }));
  vi.stubEnv('EBBTIDE_TASK', 'split');
  expect(await splits(event, context)).toMatchObject({ ...SUCCEEDED, chunks: { work: [['a']] } });

  const works = task(work, async ({ chunk, outputs }) => ({ note: await outputs.note.write(`day ${chunk.day}`) }));
  vi.stubEnv('EBBTIDE_TASK', 'work');
  expect(await works({ ...event, chunks: ['a'] }, context)).toMatchObject({ ...SUCCEEDED, bytesOut: 5 });
  expect(await works({ ...event, gather: true }, context)).toMatchObject({ ...SUCCEEDED, bytesOut: 5 });
});

it('the function of a hook is told the outcome', async () => {
  const closes = task(close, async ({ outcome, outputs }) => ({ note: await outputs.note.write(outcome.status) }));
  vi.stubEnv('EBBTIDE_TASK', 'close');
  const state = { up: { out: { split: { Error: 'Boom' } } } };
  expect(await closes({ ...event, state }, context)).toMatchObject({ ...SUCCEEDED, bytesOut: 'FAILED'.length });
});

it('the function of an after-execution task is told how the execution ended, and what its input was', async () => {
  let seen: unknown;
  const tells = task(tell, ({ outcome, input }) => {
    seen = { status: outcome.status, input };
  });
  vi.stubEnv('EBBTIDE_TASK', 'tell');
  const state = { up: { execution: { name: 'run-1', status: 'ABORTED' } } };
  expect(await tells({ run: 'run-1', input: [1], retryCount: 0, state }, context)).toMatchObject(SUCCEEDED);
  expect(seen).toEqual({ status: 'ABORTED', input: [1] });
});

it('a handler of another hook than the function is for is refused', async () => {
  vi.stubEnv('EBBTIDE_TASK', 'close');
  const tells = task(tell, () => undefined);
  await expect(tells(event, context)).rejects.toMatchObject({ name: 'NonRetryableError' });
});
