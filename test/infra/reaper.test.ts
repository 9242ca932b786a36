import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PipelineProps } from '../../infra/index.ts';
import { json, TaskGraph } from '../../state-machines/index.ts';
import {
  functionOf,
  type Properties,
  readable,
  resourcesOf,
  type Synthesized,
  statementsOf,
  synthesize,
  temporaryFolder,
  writeTinyHandlers,
} from './fixtures.ts';

const folder = temporaryFolder();
let made = 0;

function synthesizeWith(hook?: 'after' | 'finally', props: Partial<PipelineProps> = {}): Synthesized {
  const graph = new TaskGraph('trips');
  graph.addTask('extract', { outputs: { stats: json() } });
  if (hook === 'after') graph.addAfterExecutionTask('notify');
  if (hook === 'finally') graph.addFinallyTask('report');
  const plan = graph.build();
  const handlers = writeTinyHandlers(join(folder, `handlers-${++made}`), plan);
  return synthesize(join(folder, `out-${made}`), { plan, handlers, ...props });
}

let bare: Synthesized;
let withAfter: Synthesized;
let withFinally: Synthesized;
beforeAll(() => {
  bare = synthesizeWith();
  withAfter = synthesizeWith('after', { reapEvery: Duration.hours(1) });
  withFinally = synthesizeWith('finally');
});

const all = ({ template }: Synthesized, type: string) =>
  resourcesOf(template, type).map(({ id, Properties }) => ({ id, ...readable(Properties) }) as Properties);
const startingWith = (synthesized: Synthesized, type: string, prefix: string): Properties => {
  const [found, ...more] = all(synthesized, type).filter(({ id }) => id.startsWith(prefix));
  if (!found || more.length > 0) throw new Error(`${more.length + 1} of ${type} ${prefix}`);
  return found;
};
const machineId = (synthesized: Synthesized, name: string) =>
  startingWith(synthesized, 'AWS::StepFunctions::StateMachine', `Trips${name}`)['id'];
const reaperArn = ({ template }: Synthesized) => `<${functionOf(template, '_reaper').id}.Arn>`;
const queueArn = (synthesized: Synthesized) =>
  `<${startingWith(synthesized, 'AWS::SQS::Queue', 'TripsLostEvents')['id']}.Arn>`;

describe('the event of an execution’s end', () => {
  const rule = (synthesized: Synthesized) => startingWith(synthesized, 'AWS::Events::Rule', 'TripsExecutionEnded');

  it('goes to the reaper where it may have left something to do', () => {
    expect(rule(bare)).toMatchObject({
      State: 'ENABLED',
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: [`<${machineId(bare, 'StateMachine')}>`],
        },
      },
      Targets: [
        {
          Arn: reaperArn(bare),
          RetryPolicy: { MaximumRetryAttempts: 8, MaximumEventAgeInSeconds: 7_200 },
          DeadLetterConfig: { Arn: queueArn(bare) },
        },
      ],
    });
    expect(rule(bare)['Targets']).toHaveLength(1);
  });

  it('goes there too where it ended well, if there are tasks to run after it', () => {
    expect(rule(withAfter)['EventPattern']['detail']['status']).toEqual([
      'FAILED',
      'TIMED_OUT',
      'ABORTED',
      'SUCCEEDED',
    ]);
  });

  it('is tried three times by Lambda, and what fails there is not lost either', () => {
    const id = functionOf(bare.template, '_reaper').id;
    expect(all(bare, 'AWS::Lambda::EventInvokeConfig')).toEqual([
      {
        id: expect.any(String),
        FunctionName: `<${id}>`,
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 7_200,
        DestinationConfig: { OnFailure: { Destination: queueArn(bare) } },
      },
    ]);
  });
});

describe('what gets lost', () => {
  it('lies for two weeks in a queue that is encrypted, at rest and on the way', () => {
    expect(all(bare, 'AWS::SQS::Queue')).toMatchObject([
      { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 },
    ]);
  });

  it('may be put there by the rule and by the reaper, and by nobody else', () => {
    const [policy] = all(bare, 'AWS::SQS::QueuePolicy');
    const [insecure, fromTheRule, ...others] = policy?.['PolicyDocument']['Statement'] ?? [];
    expect(insecure).toMatchObject({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    expect(fromTheRule).toMatchObject({
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { ArnEquals: { 'aws:SourceArn': expect.stringMatching(/^<TripsExecutionEnded.*\.Arn>$/) } },
    });
    expect(others).toEqual([]);
  });
});

describe('the schedule of the reaper', () => {
  const schedule = (synthesized: Synthesized) => startingWith(synthesized, 'AWS::Events::Rule', 'TripsReapSchedule');

  it('is every 15 minutes, and a visit that cannot be started is left to the next', () => {
    expect(schedule(bare)).toMatchObject({
      State: 'ENABLED',
      ScheduleExpression: 'rate(15 minutes)',
      Targets: [{ Arn: reaperArn(bare), RetryPolicy: { MaximumRetryAttempts: 0 } }],
    });
  });

  it('is the one that was asked for', () => {
    expect(schedule(withAfter)['ScheduleExpression']).toBe('rate(1 hour)');
  });
});

it('the reaper can be invoked by its rules, and by no other service', () => {
  const permissions = all(bare, 'AWS::Lambda::Permission').map(({ Principal, SourceArn, FunctionName }) => ({
    Principal,
    SourceArn,
    FunctionName,
  }));
  const rules = all(bare, 'AWS::Events::Rule').map(({ id }) => `<${id}.Arn>`);
  expect(permissions).toHaveLength(2);
  for (const permission of permissions) {
    expect(permission).toMatchObject({ Principal: 'events.amazonaws.com', FunctionName: reaperArn(bare) });
  }
  expect(permissions.map(({ SourceArn }) => SourceArn).toSorted()).toEqual(rules.toSorted());
});

describe('the reaper', () => {
  const environment = ({ template }: Synthesized) =>
    readable(functionOf(template, '_reaper').Properties['Environment']['Variables']);

  it('knows the pipeline, its bucket, and both machines', () => {
    expect(environment(bare)).toEqual({
      EBBTIDE_PIPELINE: 'trips',
      EBBTIDE_DEPLOYMENT: 'Stack/Trips',
      EBBTIDE_RUNS_BUCKET: expect.stringMatching(/^<TripsRuns/),
      EBBTIDE_STATE_MACHINE: `<${machineId(bare, 'StateMachine')}>`,
      EBBTIDE_FINALIZER: `<${machineId(bare, 'Finalizer')}>`,
      NODE_OPTIONS: '--enable-source-maps',
    });
  });

  it('knows whether tasks run after an execution', () => {
    expect(environment(withAfter)).toMatchObject({ EBBTIDE_AFTER_EXECUTION: 'yes' });
    expect(environment(withAfter)).not.toHaveProperty('EBBTIDE_HOOKS');
  });

  it('knows whether there are hooks that an execution can leave to do', () => {
    expect(environment(withFinally)).toMatchObject({ EBBTIDE_HOOKS: 'yes' });
    expect(environment(withFinally)).not.toHaveProperty('EBBTIDE_AFTER_EXECUTION');
  });

  it('says what it is, and is traced', () => {
    expect(functionOf(bare.template, '_reaper').Properties).toMatchObject({
      Description: 'Ebbtide: the reaper of trips',
      TracingConfig: { Mode: 'Active' },
    });
  });

  it('is given to the app, and named with the finalizer in the outputs of the stack', () => {
    const { pipeline, template } = bare;
    const outputs = Object.entries(template.findOutputs('*')).map(([id, output]) => [id, readable(output)['Value']]);
    const values = Object.fromEntries(outputs.map(([id, value]) => [String(id).replace(/[0-9A-F]{8}$/, ''), value]));
    expect(values).toMatchObject({
      TripsFinalizerArn: `<${machineId(bare, 'Finalizer')}>`,
      TripsReaperFunctionName: `<${functionOf(template, '_reaper').id}>`,
    });
    expect(pipeline.reaper).toBeDefined();
    expect(pipeline.finalizer.node.id).toBe('Finalizer');
  });
});

describe('the role of the reaper', () => {
  const statements = (synthesized: Synthesized) =>
    statementsOf(synthesized.template, '_reaper').filter(({ Sid }) => Sid);
  const executions = (synthesized: Synthesized, machine: string) =>
    `arn:aws:states:<AWS::Region>:<AWS::AccountId>:execution:<${machineId(synthesized, machine)}.Name>:*`;

  it('may see how executions ended, start finalizers, and take over and empty runs', () => {
    const runs = `<${startingWith(bare, 'AWS::S3::Bucket', 'TripsRuns')['id']}.Arn>`;
    const allow = (Sid: string, Action: string | string[], Resource: string | string[]) => ({
      Sid,
      Effect: 'Allow',
      Action,
      Resource,
    });
    expect(statements(bare)).toEqual([
      allow(
        'ReadExecutions',
        ['states:DescribeExecution', 'states:GetExecutionHistory'],
        executions(bare, 'StateMachine'),
      ),
      allow('ReadFinalizers', 'states:DescribeExecution', executions(bare, 'Finalizer')),
      allow('StartFinalizers', 'states:StartExecution', `<${machineId(bare, 'Finalizer')}>`),
      allow('ReadHolders', 's3:GetObject', [`${runs}/runs/trips/*/_lease.json`, `${runs}/runs/trips/*/_holders/*`]),
      allow('TakeOver', 's3:PutObject', `${runs}/runs/trips/*/_holders/*`),
      allow(
        'EmptyRuns',
        ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'],
        `${runs}/runs/trips/*`,
      ),
      {
        ...allow('ListRuns', ['s3:ListBucket', 's3:ListBucketVersions'], runs),
        Condition: { StringLike: { 's3:prefix': 'runs/trips/*' } },
      },
      allow('ListUploads', 's3:ListBucketMultipartUploads', runs),
    ]);
  });

  it('may list executions where they can leave something to do and no data', () => {
    for (const synthesized of [withAfter, withFinally]) {
      expect(statements(synthesized)).toContainEqual({
        Sid: 'ListExecutions',
        Effect: 'Allow',
        Action: 'states:ListExecutions',
        Resource: [`<${machineId(synthesized, 'StateMachine')}>`, `<${machineId(synthesized, 'Finalizer')}>`],
      });
      expect(statements(synthesized)).toHaveLength(statements(bare).length + 1);
    }
  });

  it('besides may write its logs and traces, and put what it fails at into the queue', () => {
    const others = statementsOf(bare.template, '_reaper').filter(({ Sid }) => !Sid);
    expect(others.flatMap(({ Action }) => Action).toSorted()).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:SendMessage',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
    expect(others.find(({ Action }) => Action.includes('sqs:SendMessage'))?.['Resource']).toBe(queueArn(bare));
  });
});

describe('keepOnFailure', () => {
  const cleanupsIn = ({ template }: Synthesized) =>
    resourcesOf(template, 'AWS::StepFunctions::StateMachine').map(
      ({ Properties }) => JSON.parse(Properties['DefinitionString']).States['Cleanup'].Parameters.keepOnFailureSeconds,
    );
  const expirationIn = ({ template }: Synthesized) =>
    resourcesOf(template, 'AWS::S3::Bucket').find(({ id }) => id.startsWith('TripsRuns'))?.Properties[
      'LifecycleConfiguration'
    ]['Rules'][0]['ExpirationInDays'];

  it('is nothing by default', () => {
    expect(cleanupsIn(bare)).toEqual([undefined, undefined]);
  });

  it('is told to the cleanup by both machines, and the bucket lets a kept run live as long, and once more', () => {
    const kept = synthesizeWith(undefined, { keepOnFailure: Duration.days(3), timeout: Duration.hours(12) });
    expect(cleanupsIn(kept)).toEqual([259_200, 259_200]);
    expect(expirationIn(kept)).toBe(2 * 3 + 2 * 0.5 + 7);
  });

  it('that is shorter than the day of `keep: true` does not shorten the life of a run that is kept so', () => {
    const props = { keepOnFailure: Duration.minutes(10), timeout: Duration.hours(12) };
    expect(expirationIn(synthesizeWith(undefined, props))).toBe(2 * 1 + 2 * 0.5 + 7);
  });

  it.each([Duration.millis(1_500), Duration.days(366)])('%s is refused', (keepOnFailure) => {
    expect(() => synthesizeWith(undefined, { keepOnFailure })).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'InvalidOption' }),
    );
  });
});

it.each([Duration.seconds(30), Duration.seconds(90), Duration.minutes(0)])(
  'a reaper every %s is refused',
  (reapEvery) => {
    expect(() => synthesizeWith(undefined, { reapEvery })).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'InvalidOption' }),
    );
  },
);
