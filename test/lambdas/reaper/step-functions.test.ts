import { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { finalizeOnce } from '../../../lambdas/reaper/finalize-once.ts';
import { StepFunctions } from '../../../lambdas/reaper/step-functions.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../../local/s3/endpoint.ts';
import { compile } from '../../../state-machines/compiler/compile.ts';
import type { FinalizerInput } from '../../../state-machines/contract/finalizer.ts';
import { STATES } from '../../../state-machines/contract/states.ts';
import { TaskGraph } from '../../../state-machines/index.ts';
import { MACHINES, StepFunctionsEndpoint } from './step-functions-endpoint.ts';

const endpoint = new StepFunctionsEndpoint();
let client: SFNClient;
let executions: StepFunctions;
beforeAll(async () => {
  client = new SFNClient({ endpoint: await endpoint.start(), region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS });
  executions = new StepFunctions(client, MACHINES);
});
afterAll(async () => {
  client.destroy();
  await endpoint.stop();
});
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  endpoint.executions.clear();
  endpoint.requests.length = 0;
  endpoint.refuse = () => undefined;
  endpoint.pageSize = 1_000;
});

const STARTED_AT = '2026-01-02T03:04:05.678Z';
const startedAt = Date.parse(STARTED_AT);
const DAY = 86_400_000;

describe('an execution', () => {
  it('is described as it is, its input as JSON', async () => {
    const ended = { status: 'FAILED', startedAt, input: '{"day":1}', error: 'Boom', cause: 'no room' } as const;
    endpoint.add('stateMachine', 'run-1', ended);
    expect(await executions.describe('run-1')).toEqual({
      status: 'FAILED',
      startedAt: STARTED_AT,
      input: { day: 1 },
      error: 'Boom',
      cause: 'no room',
    });
    expect(endpoint.requests).toEqual([
      {
        action: 'DescribeExecution',
        body: { executionArn: 'arn:aws:states:eu-west-1:123456789012:execution:Flights:run-1' },
      },
    ]);
  });

  it('has its output where it succeeded', async () => {
    endpoint.add('stateMachine', 'run-1', { status: 'SUCCEEDED', startedAt, output: '{"a":1}' });
    expect(await executions.describe('run-1')).toMatchObject({ status: 'SUCCEEDED', output: '{"a":1}' });
  });

  it('that is to be redriven is running, and so is its finalizer', async () => {
    endpoint.add('stateMachine', 'run-1', { status: 'PENDING_REDRIVE' });
    endpoint.add('finalizer', 'run-1', { status: 'PENDING_REDRIVE' });
    expect(await executions.describe('run-1')).toMatchObject({ status: 'RUNNING' });
    expect(await executions.finalizer('run-1')).toBe('running');
  });

  it('that there is not is undefined; any other error is one', async () => {
    expect(await executions.describe('run-1')).toBeUndefined();
    endpoint.refuse = () => 'InvalidArn';
    await expect(executions.describe('run-1')).rejects.toMatchObject({ name: 'InvalidArn' });
    await expect(executions.finalizer('run-1')).rejects.toMatchObject({ name: 'InvalidArn' });
  });
});

describe('its finalizer', () => {
  const input: FinalizerInput = {
    execution: 'run-1',
    status: 'ABORTED',
    startedAt: STARTED_AT,
    input: {},
    todo: 'hooks',
    end: { Error: 'Aborted', Cause: '' },
    detail: { name: 'run-1', status: 'ABORTED' },
  };

  it('is none, running or over', async () => {
    expect(await executions.finalizer('run-1')).toBe('none');
    for (const status of ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const) {
      endpoint.add('finalizer', 'run-1', { status });
      expect(await executions.finalizer('run-1')).toBe(status === 'RUNNING' ? 'running' : 'over');
    }
  });

  it('is started under the name of the execution, with its input', async () => {
    expect(await executions.startFinalizer(input)).toBe(true);
    expect(endpoint.requests).toEqual([
      {
        action: 'StartExecution',
        body: { stateMachineArn: MACHINES.finalizer, name: 'run-1', input: JSON.stringify(input) },
      },
    ]);
  });

  it('is not started where there is one of another input, or one that is over', async () => {
    expect(await executions.startFinalizer(input)).toBe(true);
    expect(await executions.startFinalizer({ ...input, todo: 'cleanup' })).toBe(false);
    endpoint.add('finalizer', 'run-1', { status: 'SUCCEEDED', input: JSON.stringify(input) });
    expect(await executions.startFinalizer(input)).toBe(false);
    endpoint.refuse = () => 'StateMachineDoesNotExist';
    await expect(executions.startFinalizer(input)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  });

  it('is started for an execution whose input is as large as there can be', async () => {
    const large = JSON.stringify({ rows: '"'.repeat(131_000), keep: true });
    expect(Buffer.byteLength(large)).toBeGreaterThan(262_000);
    expect(Buffer.byteLength(large)).toBeLessThanOrEqual(262_144);
    endpoint.add('stateMachine', 'run-1', { status: 'ABORTED', input: large });
    expect(await finalizeOnce('run-1', executions, { afterExecution: false })).toBe('started');
  });
});

describe('whether an execution came to its cleanup', () => {
  const { cleanup, cleanupFromRecords, cleanupFailed, verdict, succeeded, failed, finally: hooks, run } = STATES;
  const cases: [string, readonly string[], boolean][] = [
    ['before its first state', [], false],
    ['in its tasks', [run, 'extract', '-'], false],
    ['in a hook', [run, 'extract', hooks, 'notify', '-', '-'], false],
    ['in its cleanup', [run, '-', cleanup, '-', '-'], true],
    ['in a cleanup that goes on and on', [run, cleanup, '-', verdict, cleanup, '-'], true],
    ...[cleanupFromRecords, cleanupFailed, verdict, succeeded, failed].map((state): [string, string[], boolean] => [
      `in ${state}`,
      [run, cleanup, '-', state],
      true,
    ]),
    ['when it was redriven, and is at its tasks again', [run, cleanup, failed, '-', 'extract', '-'], false],
    ['with 20,000 events behind it', [run, ...Array(20_000).fill('-')], false],
    ['with 20,000 events since', [run, cleanup, ...Array(20_000).fill('-')], true],
  ];
  it.each(cases)('ended %s', async (_, history, entered) => {
    endpoint.add('stateMachine', 'run-1', { status: 'ABORTED', history });
    expect(await executions.enteredCleanup('run-1')).toBe(entered);
    expect(endpoint.requests[0]?.body).toMatchObject({ reverseOrder: true, includeExecutionData: false });
  });
});

it('an execution that ended in any state behind its hooks had come to its cleanup', async () => {
  const graph = new TaskGraph('any');
  graph.addTask('extract');
  graph.addFinallyTask('report');
  const { States } = compile(graph.build()).definition;
  const behind = new Set<string>([STATES.cleanup]);
  for (const name of behind)
    for (const [, next = ''] of JSON.stringify(States[name]).matchAll(/"(?:Next|Default)":"([^"]+)"/g))
      behind.add(next);
  const missed: string[] = [];
  for (const name of behind) {
    endpoint.add('stateMachine', name, { status: 'FAILED', history: [STATES.run, STATES.cleanup, '-', name] });
    if (!(await executions.enteredCleanup(name))) missed.push(name);
  }
  expect(behind.size).toBeGreaterThan(5);
  expect(missed).toEqual([]);
});

describe('executions without a finalizer', () => {
  const names = async (succeeded = true) => (await Array.fromAsync(executions.withoutFinalizer({ succeeded }))).sort();

  it('are those of the last week that are over, under names of runs', async () => {
    const now = Date.now();
    for (const status of ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const)
      endpoint.add('stateMachine', `is-${status}`, { status, startedAt: now - 6 * DAY });
    endpoint.add('stateMachine', 'runs', { status: 'RUNNING' });
    endpoint.add('stateMachine', 'goes-on', { status: 'PENDING_REDRIVE' });
    endpoint.add('stateMachine', 'too.strange', { status: 'FAILED' });
    endpoint.add('stateMachine', 'old', { status: 'FAILED', startedAt: now - 8 * DAY });
    endpoint.add('stateMachine', 'done', { status: 'FAILED' });
    endpoint.add('finalizer', 'done', { status: 'FAILED' });
    endpoint.add('stateMachine', 'being-done', { status: 'FAILED' });
    endpoint.add('finalizer', 'being-done', { status: 'RUNNING' });
    expect(await names()).toEqual(['is-ABORTED', 'is-FAILED', 'is-SUCCEEDED', 'is-TIMED_OUT']);
    expect(await names(false)).toEqual(['is-ABORTED', 'is-FAILED', 'is-TIMED_OUT']);
  });

  it('are found on all pages, up to a bound', async () => {
    endpoint.pageSize = 2;
    for (let number = 0; number < 30; number++) endpoint.add('stateMachine', `run-${number}`, { status: 'FAILED' });
    expect(await names()).toHaveLength(30);
    for (let number = 30; number < 60; number++) endpoint.add('stateMachine', `run-${number}`, { status: 'FAILED' });
    expect(await names()).toHaveLength(40);
  });
});

it('a throttled request is tried again', async () => {
  let refused = 0;
  endpoint.add('stateMachine', 'run-1', { status: 'ABORTED' });
  endpoint.refuse = () => (refused++ < 2 ? 'ThrottlingException' : undefined);
  expect(await executions.describe('run-1')).toMatchObject({ status: 'ABORTED' });
});
