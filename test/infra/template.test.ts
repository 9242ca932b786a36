/** What holds of every template that a pipeline makes. */

import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import { plan, synthesizeEverything } from './everything.ts';
import {
  type Properties,
  QUICK_APP,
  type Resource,
  resourcesOf,
  roleStatements,
  type Synthesized,
  synthesizeIn,
  temporaryFolder,
  writeTinyHandlers,
} from './fixtures.ts';

const folder = temporaryFolder();
let synthesized: Synthesized;
let all: Record<string, Properties>;

beforeAll(() => {
  synthesized = synthesizeEverything(folder);
  all = synthesized.template.toJSON()['Resources'];
});

function every(type: string): Resource[] {
  const found = resourcesOf(synthesized.template, type);
  if (found.length === 0) throw new Error(`no ${type}`);
  return found;
}

const list = <T>(value: T | T[]): T[] => [value].flat() as T[];

describe('what roles may do', () => {
  /** Without the ids of this stack. */
  const PLACES = [
    [/<TripsRuns\w+\.Arn>/, '<runs>'],
    [/<TripsResults\w+\.Arn>/, '<results>'],
    [/<Trips(StateMachine|Finalizer)\w+\.Name>/, '<$1>'],
    [/<AWS::(Region|AccountId)>/g, ''],
  ] as const;
  const place = (resource: string) => PLACES.reduce((text, [pattern, name]) => text.replace(pattern, name), resource);

  it('is never any action of a service, and never written as what it is not', () => {
    for (const { Action, NotAction, NotResource, Effect } of roleStatements(synthesized.template)) {
      expect(list(Action).filter((action: string) => action.includes('*'))).toEqual([]);
      expect({ NotAction, NotResource, Effect }).toEqual({ Effect: 'Allow' });
    }
  });

  it('is on any resource only where AWS has none to name: traces, and the delivery of logs', () => {
    const anywhere = roleStatements(synthesized.template).filter(({ Resource }) => list(Resource).includes('*'));
    const actions = new Set(anywhere.flatMap(({ Action }) => list<string>(Action)));
    expect([...actions].toSorted()).toEqual([
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  it('has wildcards only in the keys of this pipeline, and in the names of its executions', () => {
    const resources = roleStatements(synthesized.template)
      .flatMap(({ Resource }) => list<string>(Resource))
      .filter((resource) => resource.includes('*') && resource !== '*')
      .map(place);
    const KEYS = /^<runs>\/runs\/everything\/\*|^<results>\/results\/everything\/\*\/[\w-]+\/[\w-]+(\.|\/)\*$/;
    const EXECUTIONS = /^arn:aws:states:::execution:(<StateMachine>|<Finalizer>):\*$/;
    const others = resources.filter((it) => !KEYS.test(it) && !EXECUTIONS.test(it));
    expect(others).toEqual([]);
  });

  it('is given to a role of its own for each function, and by no policy that AWS manages', () => {
    const roles = every('AWS::Lambda::Function').map(({ Properties }) => Properties['Role']['Fn::GetAtt'][0]);
    expect(new Set(roles).size).toBe(roles.length);
    for (const { Properties } of every('AWS::IAM::Role')) {
      expect(JSON.stringify(Properties['ManagedPolicyArns'] ?? [])).not.toContain(':aws:policy');
      expect(Properties['RoleName']).toBeUndefined();
    }
  });

  const serviceOf = (role: string) => {
    if (role.includes('Schedule')) return 'scheduler.amazonaws.com';
    return /StateMachine|Finalizer/.test(role) ? 'states.amazonaws.com' : 'lambda.amazonaws.com';
  };

  it('only the one service can use, and for this account where that service tells the account', () => {
    for (const { id, Properties } of every('AWS::IAM::Role')) {
      const [statement, ...more] = Properties['AssumeRolePolicyDocument']['Statement'];
      expect(more).toEqual([]);
      expect(statement).toMatchObject({
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: serviceOf(id) },
      });
      const condition = { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } };
      if (serviceOf(id) === 'lambda.amazonaws.com') expect(statement).not.toHaveProperty('Condition');
      else expect(statement).toMatchObject({ Condition: condition });
    }
  });
});

it('is of ASCII characters: CloudFormation gives others back as question marks, and CDK finds a change in each', () => {
  const texts = JSON.stringify(synthesized.template.toJSON(), null, 1).split('\n');
  expect(texts.filter((text) => /[^ -~]/.test(text))).toEqual([]);
});

describe('the buckets', () => {
  it('are encrypted, private, owned by the account alone, kept, and nameless', () => {
    const buckets = every('AWS::S3::Bucket');
    expect(buckets).toHaveLength(2);
    for (const { id, Properties } of buckets) {
      expect(Properties).toMatchObject({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      });
      expect(all[id]).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(Object.keys(Properties)).not.toContain('BucketName');
    }
  });

  it('refuse what does not come over TLS 1.2, whoever asks, and allow nobody', () => {
    const policies = every('AWS::S3::BucketPolicy');
    expect(policies).toHaveLength(2);
    for (const { Properties } of policies) {
      const bucket = { 'Fn::GetAtt': [Properties['Bucket']['Ref'], 'Arn'] };
      const denied = { Effect: 'Deny', Action: 's3:*', Principal: { AWS: '*' } };
      const Resource = [bucket, { 'Fn::Join': ['', [bucket, '/*']] }];
      expect(Properties['PolicyDocument']['Statement']).toEqual([
        { ...denied, Resource, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        { ...denied, Resource, Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } },
      ]);
    }
  });

  it('keep versions of results, and none of what is to leave nothing behind', () => {
    const versioned = every('AWS::S3::Bucket').map(({ id, Properties }) => [
      id.replace(/Trips|[0-9A-F]{8}$/g, ''),
      Properties['VersioningConfiguration']?.Status,
    ]);
    expect(Object.fromEntries(versioned)).toEqual({ Runs: undefined, Results: 'Enabled' });
  });
});

describe('the functions', () => {
  it('run on Node.js 24, traced, with all of the account to run in', () => {
    for (const { Properties } of every('AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', TracingConfig: { Mode: 'Active' } });
      expect(Properties['ReservedConcurrentExecutions']).toBeUndefined();
    }
  });

  it('find names in their environment, and nothing that is to be kept from anybody', () => {
    const names = every('AWS::Lambda::Function').flatMap(({ Properties }) =>
      Object.keys(Properties['Environment']['Variables']),
    );
    expect([...new Set(names)].filter((name) => name !== 'NODE_OPTIONS' && !name.startsWith('EBBTIDE_'))).toEqual([]);
    expect(names.filter((name) => /KEY|TOKEN|SECRET|PASSW/.test(name))).toEqual([]);
    expect(JSON.stringify(all)).not.toContain('{{resolve:');
  });

  it('can be invoked by the rules of this stack, and by no other service', () => {
    for (const { Properties } of every('AWS::Lambda::Permission')) {
      expect(Properties).toMatchObject({ Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' });
      expect(all[Properties['SourceArn']['Fn::GetAtt'][0]]?.['Type']).toBe('AWS::Events::Rule');
    }
  });
});

it('state machines are traced, and log all that they do', () => {
  for (const { Properties } of every('AWS::StepFunctions::StateMachine')) {
    expect(Properties).toMatchObject({
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', Destinations: [{ CloudWatchLogsLogGroup: {} }] },
    });
  }
});

it('queues are encrypted, take what comes over TLS, and that from rules of this stack', () => {
  for (const { Properties } of every('AWS::SQS::Queue')) expect(Properties['SqsManagedSseEnabled']).toBe(true);
  const queues = every('AWS::SQS::Queue').map(({ id }) => id);
  const policies = every('AWS::SQS::QueuePolicy');
  expect(
    policies.flatMap(({ Properties }) => Properties['Queues'].map(({ Ref }: Properties) => Ref)).toSorted(),
  ).toEqual(queues.toSorted());
  for (const { Properties } of policies) {
    const [tls, ...allowed] = Properties['PolicyDocument']['Statement'];
    expect(tls).toMatchObject({
      Effect: 'Deny',
      Action: 'sqs:*',
      Principal: { AWS: '*' },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    for (const statement of allowed) {
      const from = statement['Condition']['ArnEquals']['aws:SourceArn']['Fn::GetAtt'][0];
      expect(all[from]?.['Type']).toBe('AWS::Events::Rule');
    }
  }
});

it('whatever holds data says what becomes of it when its stack goes', () => {
  const HOLDING = ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::Logs::LogGroup'];
  const policies = Object.values(all)
    .filter(({ Type }) => HOLDING.includes(Type))
    .map((it) => `${it['Type']} ${it['DeletionPolicy']} ${it['UpdateReplacePolicy']}`);
  expect([...new Set(policies)].toSorted()).toEqual([
    'AWS::Logs::LogGroup Delete Delete',
    'AWS::S3::Bucket Retain Retain',
    'AWS::SQS::Queue Delete Delete',
  ]);
  for (const { Properties } of every('AWS::Logs::LogGroup')) expect(Properties['RetentionInDays']).toBe(30);
});

it('only the log groups of state machines have a name, which Step Functions asks to begin in a certain way', () => {
  const named = Object.values(all).flatMap(({ Type, Properties = {} }) =>
    Object.entries(Properties)
      .filter(([name]) => /^(Name|\w+Name)$/.test(name) && !['FunctionName', 'PolicyName', 'MetricName'].includes(name))
      .map(([name, value]) => `${Type} ${name} ${String(value).replace(/-[0-9A-F]{8}/, '-…')}`),
  );
  expect(named).toEqual([
    'AWS::Logs::LogGroup LogGroupName /aws/vendedlogs/states/Stack-Trips-…',
    'AWS::Logs::LogGroup LogGroupName /aws/vendedlogs/states/Stack-Trips-…-Finalizer',
  ]);
  // Of a permission and an asynchronous invocation it is the function's, of an alarm the metric's; an inline policy's is the role's alone.
  const functions = Object.values(all).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  expect(functions.filter(({ Properties }) => 'FunctionName' in (Properties ?? {}))).toEqual([]);
});

describe('no ARN is of one partition', () => {
  it('where nobody has said which region it is for', () => {
    expect(JSON.stringify(all)).not.toMatch(/arn:aws|"\d{12}"/);
  });

  it('in a region of another', () => {
    const region = 'cn-north-1';
    const app = new App({ ...QUICK_APP, outdir: join(folder, region) });
    const stack = new Stack(app, 'Stack', { env: { region, account: '000000000000' } });
    const { template } = synthesizeIn(stack, {
      handlers: writeTinyHandlers(join(folder, `${region}-handlers`), plan),
      plan,
    });
    expect(JSON.stringify(template.toJSON()['Resources'])).not.toContain('arn:aws:');
  });
});
