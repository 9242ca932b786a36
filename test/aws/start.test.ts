import { beforeEach, describe, expect, it } from 'vitest';
import { pipelineOf, RunsOnAws } from '../../aws/index.ts';
import { DEPLOYED, useEndpoint } from './endpoint.ts';
import { answering, chain, resultOf, STARTED, type Stored, type StoredExecution } from './runs.ts';

const endpoint = useEndpoint();
const runs = new RunsOnAws({ deployed: DEPLOYED });

let stored: Stored;
beforeEach(() => {
  stored = {};
  endpoint.answer = answering(() => stored);
});

const started = () => endpoint.requests.filter(({ action }) => action === 'StartExecution').map(({ body }) => body);

describe('start', () => {
  it('names a run by the time, and asks for nothing but its start', async () => {
    const { run } = await runs.start({ input: { day: 2 } });
    expect(run).toMatch(/^\d{8}-\d{6}-[0-9a-f]{4}$/);
    expect(endpoint.requests).toEqual([
      { action: 'StartExecution', body: { stateMachineArn: DEPLOYED.stateMachineArn, name: run, input: '{"day":2}' } },
    ]);
  });

  it('whoever may not look whether there is one of the name can start it', async () => {
    endpoint.answer = (action) =>
      action === 'StartExecution' ? { body: { executionArn: 'arn' } } : { error: 'AccessDeniedException' };
    expect(await runs.start({ name: 'mine' })).toMatchObject({ run: 'mine', executionArn: 'arn' });
  });

  it('a run that was started a moment ago is found, though AWS does not tell of it at once', async () => {
    const patient = new RunsOnAws({ deployed: DEPLOYED, pace: { shortestMs: 1, longestMs: 1 } });
    const { run } = await patient.start();
    let asked = 0;
    endpoint.answer = answering(() =>
      ++asked < 3 ? {} : { [`run/${run}`]: { status: 'RUNNING', history: chain(STARTED) } },
    );
    expect(await Array.fromAsync(patient.events(run))).toMatchObject([{ type: 'run-started', run }]);
  });

  it('tells where the console shows it, and asks nothing for that: whoever starts runs may not be granted to look', async () => {
    endpoint.answer = () => ({ body: { executionArn: `${DEPLOYED.stateMachineArn}:mine` } });
    const { url } = await runs.start();
    expect(url).toBe(
      `https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/${DEPLOYED.stateMachineArn}:mine`,
    );
    expect(endpoint.asked).toEqual(['StartExecution']);
  });

  it('refuses an input that says "keep" otherwise than by true or false, as here', async () => {
    await expect(runs.start({ input: { keep: 'yes' } })).rejects.toMatchObject({
      code: 'InvalidInput',
      message: 'the input has "keep": "yes"; it must be true or false',
    });
    expect(endpoint.asked).toEqual([]);
  });

  it.each([
    ['ExecutionAlreadyExists', 'RunExists'],
    ['StateMachineDoesNotExist', 'NotDeployed'],
    ['StateMachineDeleting', 'NotDeployed'],
    ['InvalidName', 'InvalidRunId'],
  ])('%s is %s', async (error, code) => {
    endpoint.answer = () => ({ error });
    await expect(runs.start()).rejects.toMatchObject({ name: 'UsageError', code });
  });
});

describe('resume', () => {
  const failed = (cause: unknown, more: Partial<StoredExecution> = {}): StoredExecution => ({
    status: 'FAILED',
    history: chain(STARTED),
    input: { day: 1, keep: true, resume: undefined },
    cause,
    error: 'TaskFailed',
    ...more,
  });
  const kept = resultOf({ keptUntil: '2999-01-01T00:00:00.000Z' });

  it('goes on with the input that the run had, or with another', async () => {
    stored = { 'run/one': failed(kept) };
    await runs.resume('one', { name: 'two' });
    await runs.resume('one', { input: { day: 3 } });
    expect(started().map(({ input }) => JSON.parse(String(input)))).toEqual([
      { day: 1, keep: true, resume: 'one' },
      { day: 3, resume: 'one' },
    ]);
    expect(started()[0]).toMatchObject({ name: 'two' });
  });

  it('is tried where nothing is known of the data', async () => {
    stored = { 'run/one': failed('cut', { status: 'ABORTED' }) };
    await runs.resume('one');
    expect(started()).toHaveLength(1);
  });

  it('of an execution that resumed the run goes on with the run', async () => {
    stored = { 'run/two': failed({ ...kept, execution: 'two' }, { input: { resume: 'one' } }) };
    expect(await runs.resume('two')).toMatchObject({ run: 'one' });
    expect(JSON.parse(String(started()[0]?.['input']))).toEqual({ resume: 'one' });
  });

  it('that was refused leaves the run as it was', async () => {
    stored = {
      'run/one': failed(kept),
      'run/two': failed('x', { input: { resume: 'one' }, error: 'ResumeRefused', startedAt: 60 }),
    };
    await runs.resume('one');
    expect(started()).toHaveLength(1);
    stored['run/three'] = failed('', { input: { resume: 'one' }, status: 'RUNNING', startedAt: 60 });
    await expect(runs.resume('one')).rejects.toMatchObject({ message: expect.stringContaining('it is running') });
  });

  it.each<[string, Stored, string]>([
    ['it is running', { 'run/one': failed('', { status: 'RUNNING' }) }, 'running'],
    [
      'it succeeded',
      { 'run/one': failed('', { status: 'SUCCEEDED', output: resultOf({ status: 'SUCCEEDED' }) }) },
      'succeeded',
    ],
    ['nothing is kept', { 'run/one': failed(resultOf()) }, 'keepOnFailure'],
    ['its time is over', { 'run/one': failed(resultOf({ keptUntil: '2020-01-01T00:00:00.000Z' })) }, 'kept until 2020'],
    [
      'its finalizer is at work',
      { 'run/one': failed('x', { status: 'ABORTED' }), 'finalizer/one': failed('', { status: 'RUNNING' }) },
      'finalizer',
    ],
    [
      'its finalizer kept nothing',
      {
        'run/one': failed('x', { status: 'ABORTED' }),
        'finalizer/one': failed('', { status: 'SUCCEEDED', output: resultOf() }),
      },
      'keepOnFailure',
    ],
  ])('is refused where %s', async (_, executions, told) => {
    stored = executions;
    await expect(runs.resume('one')).rejects.toMatchObject({
      code: 'NotResumable',
      message: expect.stringContaining(told),
    });
    expect(started()).toEqual([]);
  });

  it('takes an object for the input', async () => {
    stored = { 'run/one': failed(kept) };
    await expect(runs.resume('one', { input: [1] })).rejects.toMatchObject({ code: 'InvalidInput' });
  });
});

it('an execution that resumed a run a moment ago is found by either name, though AWS does not tell of it at once', async () => {
  const patient = new RunsOnAws({ deployed: DEPLOYED, pace: { shortestMs: 1, longestMs: 1 } });
  const kept = resultOf({ keptUntil: '2999-01-01T00:00:00.000Z' });
  const one: StoredExecution = { status: 'FAILED', history: chain(STARTED), cause: kept, error: 'TaskFailed' };
  stored = { 'run/one': one };
  await patient.resume('one', { name: 'two' });
  let asked = 0;
  const two: StoredExecution = { status: 'RUNNING', history: chain(STARTED), input: { resume: 'one' }, startedAt: 60 };
  endpoint.answer = answering(() => (++asked < 3 ? { 'run/one': one } : { 'run/one': one, 'run/two': two }));
  expect(await Array.fromAsync(patient.events('two'))).toMatchObject([{ run: 'one', execution: 'two' }]);
  expect(await Array.fromAsync(patient.events('one'))).toMatchObject([{ run: 'one', execution: 'two' }]);
});

it('an execution of a name that no run can have is found', async () => {
  stored = {
    'run/by hand.é': { status: 'RUNNING', history: chain(STARTED) },
    'run/v1.2+é': { status: 'RUNNING', history: chain(STARTED) },
  };
  expect(await Array.fromAsync(runs.events('v1.2+é'))).toMatchObject([{ run: 'v1.2+é' }]);
  await expect(runs.links('by hand.é')).rejects.toMatchObject({ code: 'UnknownRun' });
  expect((await runs.links('v1.2+é')).execution).toMatch(/:v1\.2\+%C3%A9$/);
});

it('a state machine without the tags is none of a pipeline', async () => {
  endpoint.answer = () => ({ body: { tags: [{ key: 'Name', value: 'x' }] } });
  await expect(pipelineOf(DEPLOYED.stateMachineArn)).rejects.toMatchObject({ code: 'NotDeployed' });
  expect(endpoint.asked).toEqual(['ListTagsForResource']);
});
