/** One stack through its releases: what stays, what changes, what goes. */

import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
} from '@aws-sdk/client-s3';
import { DescribeStateMachineCommand, ListStateMachinesCommand } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { callJson, clients, FOLDER_VARIABLE } from './account.ts';
import { type AppOptions, deploy, destroy, diff } from './cdk.ts';
import { DeployedPipeline } from './runs.ts';

const { sfn, s3, lambda } = clients();
const CHANGED = '[...table.values()].map(({ port, cm }) => ({ port, cm: cm + 1 }))';
const STACK = 'EbbtideReleases';
const appWith = (context: Readonly<Record<string, string>>): AppOptions => ({
  app: 'node test/deploy/app.ts',
  context: { stacks: STACK, ...context },
});

describe('releases of a stack', { timeout: 180_000 }, () => {
  let first: DeployedPipeline;
  let assembly: string;

  beforeAll(async () => {
    const [deployed] = await deploy(appWith({ handlers: checkout() }));
    first = await DeployedPipeline.of('tides', deployed);
    assembly = deployed?.assembly ?? '';
    await first.run('before');
  }, 120_000);

  it('cdk diff tells of no difference where another checkout has the same sources', async () => {
    const { told } = await diff(appWith({ handlers: checkout() }));
    expect(told).toContain('There were no differences');
  });

  it('MiniStack takes of the template: public access, TLS only, tracing and logs of functions, dead letters', async () => {
    const Bucket = first.runsBucket;
    const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(Object.values(PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
    expect(JSON.parse(Policy).Statement[0]).toMatchObject({
      Effect: 'Deny',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    const reaper = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: first.reaper }));
    expect(reaper).toMatchObject({ Timeout: 900, Architectures: ['arm64'], TracingConfig: { Mode: 'Active' } });
    const logGroupNamePrefix = reaper.LoggingConfig?.LogGroup;
    const { logGroups } = await callJson('Logs_20140328.DescribeLogGroups', { logGroupNamePrefix });
    expect(logGroups).toMatchObject([{ retentionInDays: 30 }]);
    const { Rules } = await callJson('AWSEvents.ListRules', { NamePrefix: `${STACK}-TidesExecutionEnded` });
    const { Targets } = await callJson('AWSEvents.ListTargetsByRule', { Rule: Rules[0].Name });
    expect(Targets).toMatchObject([{ DeadLetterConfig: {}, RetryPolicy: { MaximumRetryAttempts: 8 } }]);
  });

  it('MiniStack drops of the template: the lifecycle of buckets, logs and tracing of state machines', async () => {
    const lifecycle = new GetBucketLifecycleConfigurationCommand({ Bucket: first.runsBucket });
    await expect(s3.send(lifecycle)).rejects.toMatchObject({ name: 'NoSuchLifecycleConfiguration' });
    const machine = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: first.stateMachine }));
    expect(machine.tracingConfiguration).toBeUndefined();
    expect(machine.loggingConfiguration?.level).toBeUndefined();
  });

  it('a release with another timeout and one other handler: diff tells, names and results stay, runs use it', async () => {
    const release = await diff(appWith({ handlers: checkout(CHANGED), minutes: '7' }));
    expect(changedIn(release.told, 'AWS::Lambda::Function')).toMatchObject([expect.stringContaining('highest-tides')]);
    expect(changedIn(release.told, 'AWS::StepFunctions::StateMachine')).not.toEqual([]);
    expect(release.told).not.toMatch(/(requires|may cause) replacement|\[-\] AWS::/);

    const [deployed] = await deploy({ app: release.assembly });
    const second = await DeployedPipeline.of('tides', deployed);
    await second.run('after');

    expect(second).toEqual(first);
    const machine = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: second.stateMachine }));
    expect(JSON.parse(machine.definition ?? '').TimeoutSeconds).toBe(7 * 60);
    const [before, after] = [await second.published('before'), await second.published('after')];
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after['highest-tides/table.csv']).not.toBe(before['highest-tides/table.csv']);
    expect(await second.left()).toEqual([]);
  });

  it('cdk destroy deletes all but the two buckets, and what is in them stays', async () => {
    await destroy({ app: assembly });

    const { stateMachines = [] } = await sfn.send(new ListStateMachinesCommand({}));
    expect(stateMachines.filter(({ name }) => name?.startsWith(`${STACK}-`))).toEqual([]);
    const reaper = new GetFunctionConfigurationCommand({ FunctionName: first.reaper });
    await expect(lambda.send(reaper)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await buckets()).toEqual([first.resultsBucket, first.runsBucket].toSorted());
    expect(Object.keys(await first.published('after'))).toContain('highest-tides/table.csv');
  });

  it('a stack that was destroyed can be deployed again, beside the buckets that it left', async () => {
    const third = await DeployedPipeline.of('tides', (await deploy({ app: assembly }))[0]);
    expect(await third.run('again')).toMatchObject({ status: 'SUCCEEDED' });
    expect(await buckets()).toHaveLength(4);
  });
});

async function buckets(): Promise<string[]> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const names = Buckets.map(({ Name = '' }) => Name);
  return names.filter((name) => name.startsWith(`${STACK.toLowerCase()}-`)).toSorted();
}

/** The lines of a diff about resources of a type. */
function changedIn(told: string, type: string): string[] {
  return told.split('\n').filter((line) => line.includes(`[~] ${type} `));
}

/** The pipeline as somebody else has it. @param table what `highest-tides` writes there instead */
function checkout(table?: string): string {
  const folder = mkdtempSync(join(process.env[FOLDER_VARIABLE] ?? '', 'checkout-'));
  cpSync('test/deploy/tides', folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const handlers = join(folder, 'handlers');
  for (const file of [join(folder, 'pipeline.ts'), ...readdirSync(handlers).map((name) => join(handlers, name))]) {
    const source = readFileSync(file, 'utf8').replace(/'(\.\.\/){3,}(lambdas|state-machines)/, `'${resolve('.')}/$2`);
    const isChanged = table !== undefined && basename(file) === 'highest-tides.ts';
    writeFileSync(file, isChanged ? source.replace('table.values()', table) : source);
  }
  return handlers;
}
