/**
 * What MiniStack 1.5.33 does otherwise than AWS, as far as our proofs lean on it: whoever upgrades it learns here what has
 * changed, and then changes docs/proofs.md. Waits take a tenth of their time in this suite.
 */

import { randomUUID } from 'node:crypto';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionAlreadyExists,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  RedriveExecutionCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { ACCOUNT, clients, REGION } from './account.ts';
import { until } from './runs.ts';

const { sfn } = clients();
/** There is one since the account was bootstrapped. */
const roleArn = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`;

async function create(name: string, definition: unknown): Promise<string> {
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) }),
  );
  return stateMachineArn;
}

async function start(stateMachineArn: string, name: string = randomUUID()): Promise<string> {
  const { executionArn = '' } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: '{}' }));
  return executionArn;
}

const describeExecution = (executionArn: string) => sfn.send(new DescribeExecutionCommand({ executionArn }));

function over(executionArn: string): Promise<DescribeExecutionOutput> {
  return until(`the end of ${executionArn}`, async () => {
    const execution = await describeExecution(executionArn);
    return execution.status === 'RUNNING' ? undefined : execution;
  });
}

async function run(name: string, definition: unknown): Promise<DescribeExecutionOutput> {
  return over(await start(await create(name, definition)));
}

/** Stops it in its Parallel. */
async function stopInside(executionArn: string): Promise<void> {
  await until('its branches', async () => {
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    return events.find(({ type }) => type === 'ParallelStateEntered');
  });
  await sfn.send(new StopExecutionCommand({ executionArn }));
}

const machine = (state: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  StartAt: 'Only',
  States: { Only: { End: true, ...state } },
  ...more,
});
const FAILS = { StartAt: 'Fail', States: { Fail: { Type: 'Fail', Error: 'Broken' } } };
const CAUGHT = { Type: 'Pass', Result: 'caught', End: true };

/** A branch that waits two seconds, and then does something that can be seen: it runs the machine. */
const waitsThenRuns = (StateMachineArn: string) => ({
  StartAt: 'Wait',
  States: {
    Wait: { Type: 'Wait', Seconds: 20, Next: 'Effect' },
    Effect: {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution',
      Parameters: { StateMachineArn },
      End: true,
    },
  },
});
const timesRun = async (stateMachineArn: string) =>
  (await sfn.send(new ListExecutionsCommand({ stateMachineArn }))).executions?.length;

describe.concurrent('what MiniStack does as AWS', { timeout: 60_000 }, () => {
  it('Catch of a Parallel catches', async () => {
    const definition = {
      StartAt: 'Both',
      States: {
        Both: { Type: 'Parallel', Branches: [FAILS], Catch: [{ ErrorEquals: ['Broken'], Next: 'Caught' }], End: true },
        Caught: CAUGHT,
      },
    };
    expect(await run('gap-catch', definition)).toMatchObject({ status: 'SUCCEEDED', output: '"caught"' });
  });

  it('TimeoutSeconds of a task ends its wait', async () => {
    const slow = await create('gap-slow', machine({ Type: 'Wait', Seconds: 100 }));
    const definition = {
      StartAt: 'Slow',
      States: {
        Slow: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Parameters: { StateMachineArn: slow },
          TimeoutSeconds: 1,
          Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Caught' }],
          End: true,
        },
        Caught: CAUGHT,
      },
    };
    expect(await run('gap-task-timeout', definition)).toMatchObject({ status: 'SUCCEEDED', output: '"caught"' });
  });
});

describe.concurrent('what MiniStack does otherwise than AWS', { timeout: 60_000 }, () => {
  it('TimeoutSeconds of a machine ends nothing (AWS: TIMED_OUT)', async () => {
    const definition = machine({ Type: 'Wait', Seconds: 20 }, { TimeoutSeconds: 1 });
    expect(await run('gap-timeout', definition)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('StopExecution lets the branches of a Parallel go on (AWS: no state starts any more)', async () => {
    const effect = await create('gap-stop-effect', machine({ Type: 'Pass' }));
    const Branches = [waitsThenRuns(effect)];
    const executionArn = await start(await create('gap-stop', machine({ Type: 'Parallel', Branches })));
    await stopInside(executionArn);
    expect(await describeExecution(executionArn)).toMatchObject({ status: 'ABORTED' });
    await until('what it should not do', async () => ((await timesRun(effect)) === 1 ? true : undefined));
  });

  it('an execution that was stopped is FAILED once a branch of it fails (AWS: it stays ABORTED)', async () => {
    const branch = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 20, Next: 'Fail' }, ...FAILS.States } };
    const definition = machine({ Type: 'Parallel', Branches: [branch] });
    const executionArn = await start(await create('gap-stopped-fails', definition));
    await stopInside(executionArn);
    expect(await describeExecution(executionArn)).toMatchObject({ status: 'ABORTED' });
    await until('the other end', async () =>
      (await describeExecution(executionArn)).status === 'FAILED' ? true : undefined,
    );
  });

  it('a branch that fails lets its siblings finish (AWS: they are stopped)', async () => {
    const effect = await create('gap-sibling-effect', machine({ Type: 'Pass' }));
    const definition = machine({ Type: 'Parallel', Branches: [FAILS, waitsThenRuns(effect)] });
    expect(await run('gap-sibling', definition)).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(await timesRun(effect)).toBe(1);
  });

  it('a path to nothing is null (AWS: States.Runtime)', async () => {
    const execution = await run('gap-path', machine({ Type: 'Pass', InputPath: '$.missing' }));
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: 'null' });
  });

  it('state data has no limit (AWS: States.DataLimitExceeded beyond 256 KiB)', async () => {
    const execution = await run('gap-data', machine({ Type: 'Pass', Result: 'x'.repeat(300_000) }));
    expect(execution).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('the same name with the same input is refused at once (AWS: while it runs, answered as started)', async () => {
    const stateMachineArn = await create('gap-twice', machine({ Type: 'Wait', Seconds: 20 }));
    await start(stateMachineArn, 'twice');
    await expect(start(stateMachineArn, 'twice')).rejects.toThrow(ExecutionAlreadyExists);
  });

  it('there is no redrive', async () => {
    const { executionArn } = await run('gap-redrive', FAILS);
    await expect(sfn.send(new RedriveExecutionCommand({ executionArn }))).rejects.toThrow(/RedriveExecution/);
  });
});
