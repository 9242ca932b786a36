import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type S3Fixture, startS3Fixture, stubFunctionEnvironment } from '../s3-fixture.ts';
import { HOUR, NONE, Pipeline } from './runs.ts';
import { MACHINES, StepFunctionsEndpoint } from './step-functions-endpoint.ts';

const PIPELINE = 'flights';
const endpoint = new StepFunctionsEndpoint();
let fixture: S3Fixture;
let handler: typeof import('../../../lambdas/reaper/handler.ts').handler;
beforeAll(async () => {
  fixture = await startS3Fixture();
  stubFunctionEnvironment(fixture, {
    AWS_ENDPOINT_URL_SFN: await endpoint.start(),
    EBBTIDE_PIPELINE: PIPELINE,
    EBBTIDE_STATE_MACHINE: MACHINES.stateMachine,
    EBBTIDE_FINALIZER: MACHINES.finalizer,
    EBBTIDE_AFTER_EXECUTION: 'yes',
  });
  vi.resetModules();
  ({ handler } = await import('../../../lambdas/reaper/handler.ts'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await endpoint.stop();
  await fixture.stop();
});
beforeEach(() => {
  endpoint.executions.clear();
  endpoint.requests.length = 0;
  endpoint.refuse = () => undefined;
});

const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 900_000 } as Context;
const reaper = (payload?: unknown) => handler(payload, context);

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
function endedEvent(name: string, detail: Readonly<Record<string, unknown>> = {}) {
  const executionArn = `${MACHINES.stateMachine.replace(':stateMachine:', ':execution:')}:${name}`;
  return {
    version: '0',
    id: '315c1398-40ff-a850-213b-158f73e60175',
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account: '123456789012',
    time: '2026-01-02T03:04:05Z',
    region: 'eu-west-1',
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn: MACHINES.stateMachine,
      name,
      status: 'ABORTED',
      startDate: 1_551_225_271_984,
      stopDate: 1_551_225_291_159,
      input: '{}',
      inputDetails: { included: true },
      output: null,
      outputDetails: null,
      ...detail,
    },
  };
}

const started = () =>
  endpoint.requests.filter(({ action }) => action === 'StartExecution').map(({ body }) => body['name']);

describe('the event of an ending', () => {
  it('starts the finalizer, with what Step Functions says, not what the event says', async () => {
    endpoint.add('stateMachine', 'run-1', {
      status: 'TIMED_OUT',
      startedAt: Date.parse('2026-01-02T03:04:05.000Z'),
      input: '{"day":1}',
      history: ['Run', 'extract'],
    });
    expect(await reaper(endedEvent('run-1', { input: '{"resume":"another"}', status: 'SUCCEEDED' }))).toEqual({
      finalizer: 'started',
    });
    const [start] = endpoint.requests.filter(({ action }) => action === 'StartExecution');
    expect(start?.body).toMatchObject({ stateMachineArn: MACHINES.finalizer, name: 'run-1' });
    expect(JSON.parse(String(start?.body['input']))).toEqual({
      execution: 'run-1',
      status: 'TIMED_OUT',
      startedAt: '2026-01-02T03:04:05.000Z',
      input: { day: 1 },
      todo: 'hooks',
      end: { Error: 'States.Timeout', Cause: expect.any(String) },
      detail: { name: 'run-1', status: 'TIMED_OUT' },
    });
  });

  it('starts it once, twice as it may come', async () => {
    endpoint.add('stateMachine', 'run-1', { status: 'ABORTED' });
    const answers = await Promise.all([reaper(endedEvent('run-1')), reaper(endedEvent('run-1'))]);
    expect(answers).toContainEqual({ finalizer: 'started' });
    expect(await reaper(endedEvent('run-1'))).toEqual({ finalizer: 'already' });
    expect([...endpoint.executions.keys()].filter((arn) => arn.includes('finalizer'))).toHaveLength(1);
  });

  it('is waited for until Step Functions knows of the ending itself', async () => {
    endpoint.add('stateMachine', 'run-1', { status: 'RUNNING' });
    endpoint.refuse = (action) => {
      if (action === 'DescribeExecution' && endpoint.requests.length === 2)
        endpoint.add('stateMachine', 'run-1', { status: 'ABORTED' });
      return undefined;
    };
    expect(await reaper(endedEvent('run-1'))).toEqual({ finalizer: 'started' });
  });

  it('of an execution that is running, or that nobody knows, starts nothing', async () => {
    endpoint.add('stateMachine', 'run-1', { status: 'RUNNING' });
    expect(await reaper(endedEvent('run-1'))).toEqual({ finalizer: 'running' });
    expect(await reaper(endedEvent('run-2'))).toEqual({ finalizer: 'unknown' });
    expect(started()).toEqual([]);
  });

  it('is tried again where Step Functions does not answer', async () => {
    endpoint.refuse = () => 'AccessDeniedException';
    await expect(reaper(endedEvent('run-1'))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('is seen to however often Step Functions says that it is asked too much', async () => {
    endpoint.add('stateMachine', 'run-1', { status: 'ABORTED' });
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    let throttled = 0;
    endpoint.refuse = () => (throttled++ < 3 ? 'ThrottlingException' : undefined);
    expect(await reaper(endedEvent('run-1'))).toEqual({ finalizer: 'started' });
    random.mockRestore();
  });

  const foreign = `${MACHINES.stateMachine}-b`;
  it.each<[string, unknown]>([
    ['of another machine', endedEvent('run-1', { stateMachineArn: foreign })],
    ['of the finalizer itself', endedEvent('run-1', { stateMachineArn: MACHINES.finalizer })],
    [
      'of another machine’s execution',
      endedEvent('run-1', { executionArn: `${foreign.replace('stateMachine', 'execution')}:run-1` }),
    ],
    ['of a version', endedEvent('run-1', { stateMachineArn: `${MACHINES.stateMachine}:1` })],
    ['from another source', { ...endedEvent('run-1'), source: 'me.myself' }],
    ['of another type', { ...endedEvent('run-1'), 'detail-type': 'Something Else' }],
    ['without a detail', { ...endedEvent('run-1'), detail: null }],
    ['with a list for a detail', { ...endedEvent('run-1'), detail: ['run-1'] }],
    ...['', '..', '../run-1', 'a/b', 'a%2Fb', 'run-1:run-2', 'a b', '*', 'é', 'x'.repeat(81), '__proto__'].map(
      (name): [string, unknown] => [`with the name ${JSON.stringify(name.slice(0, 20))}`, endedEvent(name)],
    ),
    ['with no name', endedEvent('run-1', { name: undefined })],
    ['with a number for a name', endedEvent('run-1', { name: 1 })],
  ])('%s is refused without a question and without an error', async (_, event) => {
    endpoint.add('stateMachine', 'run-1', { status: 'ABORTED' });
    expect(await reaper(event)).toEqual({ refused: expect.any(String) });
    expect(endpoint.requests).toEqual([]);
  });
});

describe('a visit', () => {
  /** One run of each kind, in a bucket that holds nothing else of the pipeline. */
  async function population() {
    const pipeline = new Pipeline(fixture, PIPELINE);
    endpoint.add('stateMachine', 'active', { status: 'RUNNING' });
    endpoint.add('stateMachine', 'kept', { status: 'ABORTED' });
    endpoint.add('finalizer', 'kept', { status: 'SUCCEEDED' });
    endpoint.add('stateMachine', 'expired', { status: 'ABORTED' });
    endpoint.add('finalizer', 'expired', { status: 'SUCCEEDED' });
    endpoint.add('stateMachine', 'late', { status: 'ABORTED' });
    endpoint.add('finalizer', 'late', { status: 'SUCCEEDED' });
    endpoint.add('stateMachine', 'orphan', { status: 'ABORTED' });
    endpoint.add('stateMachine', 'succeeded', { status: 'SUCCEEDED' });
    for (const run of ['active', 'kept', 'expired', 'late', 'orphan', 'new']) await pipeline.data(run);
    await pipeline.keep('kept', HOUR);
    await pipeline.keep('expired', -1);
    return pipeline;
  }

  const SUMMARY = { ...NONE, active: 2, kept: 1, released: 1, expired: 1, orphansFound: 2 };

  it('sees to every run, and to what comes after an execution', async () => {
    const pipeline = await population();
    expect(await reaper({ dryRun: true })).toEqual(SUMMARY);
    expect(await pipeline.runs()).toEqual(['active', 'expired', 'kept', 'late', 'new', 'orphan']);
    expect(started()).toEqual([]);
    expect(await reaper({})).toEqual(SUMMARY);
    expect(await pipeline.runs()).toEqual(['active', 'kept', 'new', 'orphan']);
    expect(started().toSorted()).toEqual(['orphan', 'succeeded']);
    expect(
      await reaper({ ...endedEvent(''), 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} }),
    ).toEqual({
      ...NONE,
      active: 3,
      kept: 1,
    });
  });

  it('sees to the hooks of a run that was ended before it wrote anything', async () => {
    vi.stubEnv('EBBTIDE_AFTER_EXECUTION', undefined);
    vi.stubEnv('EBBTIDE_HOOKS', 'yes');
    vi.resetModules();
    const { handler: withHooks } = await import('../../../lambdas/reaper/handler.ts');
    endpoint.add('stateMachine', 'too-soon', { status: 'ABORTED' });
    endpoint.add('stateMachine', 'succeeded', { status: 'SUCCEEDED' });
    await withHooks({}, context);
    expect(started()).toEqual(['too-soon']);
    vi.stubEnv('EBBTIDE_AFTER_EXECUTION', 'yes');
    vi.stubEnv('EBBTIDE_HOOKS', undefined);
  });

  it('is told of in metrics, one for each figure that is not 0 and the bytes held; a dry run is not', async () => {
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
    vi.resetModules();
    const { handler: telling } = await import('../../../lambdas/reaper/handler.ts');
    const log = vi.spyOn(console, 'log').mockReturnValue();
    await telling({ dryRun: true }, context);
    expect(log).not.toHaveBeenCalled();
    const { active, kept } = (await telling({}, context)) as typeof NONE;
    const { _aws, ...sent } = JSON.parse(String(log.mock.calls[0]?.[0]));
    expect(sent).toEqual({
      service: PIPELINE,
      deployment: 'Stack/Pipeline',
      RunsActive: active,
      RunsKept: kept,
      BytesHeld: expect.any(Number),
    });
    expect(sent.BytesHeld).toBeGreaterThan(0);
    log.mockRestore();
  });

  it.each([undefined, null, {}, { dryRun: false }])('may be asked for with %j', async (payload) => {
    expect(await reaper(payload)).toHaveProperty('active');
  });

  it.each([{ dryrun: true }, { dryRun: 'yes' }, { pipeline: 'another' }, 'dryRun', [], 5])(
    'is not made where it is asked for with %j',
    async (payload) => {
      expect(await reaper(payload)).toEqual({ refused: expect.any(String) });
      expect(endpoint.requests).toEqual([]);
    },
  );
});
