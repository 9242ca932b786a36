import { DeleteObjectsCommand, S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
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

it('sweeps what was written since, without a word about tasks', async () => {
  const run = new RunFolder(fixture, 'run-5');
  await run.commit('extract');
  const sweep = { run: 'run-5', input: {}, sweep: true };
  expect(await handler(sweep, contextWith(10_000))).toEqual({ done: false });
  expect(await handler(sweep, contextWith(60_000))).toMatchObject({ done: true, objects: 3 });
  expect(await handler({ ...sweep, run: '..' }, contextWith(60_000)).catch(({ code }) => code)).toBe('InvalidName');
});

describe('its log and its metrics', () => {
  async function reported(event: unknown): Promise<{ metrics: Record<string, number>; message: string }> {
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'INFO');
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.resetModules();
    const lines: Record<string, unknown>[] = [];
    const take = (line: unknown) => void lines.push(JSON.parse(String(line)));
    for (const method of ['log', 'info', 'error'] as const) vi.spyOn(console, method).mockImplementation(take);
    const { handler } = await import('../../../lambdas/cleanup/handler.ts');
    await handler(event, contextWith(60_000));
    const metrics = lines.find((line) => '_aws' in line) ?? {};
    const message = lines.find((line) => 'message' in line)?.['message'];
    return { metrics: metrics as Record<string, number>, message: String(message) };
  }
  afterEach(() => void vi.restoreAllMocks());

  it('say that a run was kept', async () => {
    await new RunFolder(fixture, 'run-6').commit('extract');
    expect(await reported({ ...event, run: 'run-6', input: { keep: true } })).toMatchObject({
      message: 'run ended',
      metrics: { BytesReleased: 0 },
    });
  });

  it('say what was swept', async () => {
    await new RunFolder(fixture, 'run-7').commit('extract');
    expect(await reported({ run: 'run-7', input: {}, sweep: true })).toMatchObject({
      message: 'run swept',
      metrics: { BytesReleased: expect.any(Number) },
    });
  });

  it('say that a sweep left something', async () => {
    await new RunFolder(fixture, 'run-8').commit('extract');
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { send } = S3Client.prototype;
    vi.spyOn(S3Client.prototype, 'send').mockImplementation(function (this: S3Client, command: unknown) {
      if (!(command instanceof DeleteObjectsCommand)) return Reflect.apply(send, this, [command]);
      const Errors = command.input.Delete?.Objects?.map(({ Key }) => ({ Key, Code: 'AccessDenied' }));
      return Promise.resolve({ $metadata: {}, Errors }) as never;
    });
    const outcome = await reported({ run: 'run-8', input: {}, sweep: true });
    expect(outcome).toMatchObject({ message: 'run not swept', metrics: { CleanupsFailed: 1 } });
  });
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
