import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type S3Fixture, startS3Fixture, stubFunctionEnvironment } from '../s3-fixture.ts';
import { lambdaError, PIPELINE, RunFolder, STARTED_AT, SUCCEEDED } from './runs.ts';

let fixture: S3Fixture;
let handler: typeof import('../../../lambdas/cleanup/handler.ts').handler;
beforeAll(async () => {
  fixture = await startS3Fixture();
  stubFunctionEnvironment(fixture, { EBBTIDE_PIPELINE: PIPELINE });
  vi.resetModules();
  ({ handler } = await import('../../../lambdas/cleanup/handler.ts'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await fixture.stop();
});

const contextWith = (remainingMs: number) =>
  ({ awsRequestId: 'request', getRemainingTimeInMillis: () => remainingMs }) as Context;
const event = {
  run: 'run-1',
  input: {},
  startedAt: STARTED_AT,
  tasks: { extract: 0 },
  shape: 'shape',
  state: { out: { extract: SUCCEEDED } },
};

it('cleans up with the settings from its environment', async () => {
  const run = new RunFolder(fixture, 'run-1');
  await run.commit('extract');
  expect(await handler(event, contextWith(60_000))).toMatchObject({
    done: true,
    result: { pipeline: PIPELINE, run: 'run-1', status: 'SUCCEEDED', released: { objects: 3, left: 0 } },
  });
  expect(await run.keys()).toEqual([]);
});

it('answers a failed run with its error, not by throwing', async () => {
  const state = { out: { extract: lambdaError('Boom', 'no room') } };
  expect(await handler({ ...event, run: 'run-2', state }, contextWith(60_000))).toMatchObject({ error: 'TaskFailed' });
});

it('answers with the notes of the records where it is asked for them, and cleans nothing up', async () => {
  const run = new RunFolder(fixture, 'run-4');
  await run.commit('extract');
  const state = { Error: 'States.DataLimitExceeded', Cause: 'too much' };
  const answer = await handler({ ...event, run: 'run-4', state, notesOnly: true }, contextWith(60_000));
  expect(answer).toEqual({ ...state, out: { extract: SUCCEEDED } });
  expect(await run.keys()).toHaveLength(3);
});

it('hands over to the next invocation shortly before its own time is over', async () => {
  const run = new RunFolder(fixture, 'run-3');
  await run.commit('extract');
  const first = await handler({ ...event, run: 'run-3' }, contextWith(10_000));
  expect(first).toMatchObject({ done: false });
  const second = await handler({ ...event, run: 'run-3', state: first }, contextWith(60_000));
  expect(second).toMatchObject({ done: true, result: { released: { objects: 3, left: 0 } } });
});

const InvalidEvent = 'InvalidEvent';
it.each([
  ['undefined', undefined, InvalidEvent],
  ['a list', [event], InvalidEvent],
  ['text', JSON.stringify(event), InvalidEvent],
  ['an event without a run', { ...event, run: undefined }, 'InvalidName'],
  ['a run above the prefix', { ...event, run: '..' }, 'InvalidName'],
  ['the run of an empty name', { ...event, run: '' }, 'InvalidName'],
  ['a run with a slash', { ...event, run: 'run-1/extract' }, 'InvalidName'],
  ['an event without tasks', { ...event, tasks: undefined }, InvalidEvent],
  ['tasks that are not names', { ...event, tasks: { '../x': 0 } }, InvalidEvent],
  ['tasks without their retries', { ...event, tasks: { extract: 'often' } }, InvalidEvent],
  ['an event without a start', { ...event, startedAt: undefined }, InvalidEvent],
  ['a start that is no time', { ...event, startedAt: 'yesterday' }, InvalidEvent],
  ['an event without a state', { ...event, state: undefined }, InvalidEvent],
  ['a state that is a list', { ...event, state: [] }, InvalidEvent],
  ['a state that says nothing', { ...event, state: {} }, InvalidEvent],
  ['an out that is null', { ...event, state: { out: null } }, InvalidEvent],
  ['a mark that is no mark', { ...event, state: { out: { extract: 'SUCCEEDED' } } }, InvalidEvent],
  ['an Error that is not text', { ...event, state: { Error: 5 } }, InvalidEvent],
  ['a result that is none', { ...event, state: { done: false, result: 'x' } }, InvalidEvent],
])('%s is refused as a malformed event, and nothing is deleted', async (_, malformed, code) => {
  const run = new RunFolder(fixture, 'run-1');
  await run.commit('extract');
  const outcome = await handler(malformed, contextWith(60_000)).catch((error: unknown) => error);
  expect.soft(await run.keys()).toHaveLength(3);
  expect(outcome).toMatchObject({ name: 'ContractError', code });
});
