import { join } from 'node:path';
import validate from 'asl-validator';
import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Pipeline } from '../../infra/index.ts';
import { compile } from '../../state-machines/index.ts';
import {
  appOf,
  functionOf,
  newStack,
  resourcesOf,
  type Synthesized,
  synthesizeIn,
  temporaryFolder,
  writeHandlers,
  writeTinyHandlers,
} from './fixtures.ts';
import { plan } from './graph.ts';

const folder = temporaryFolder();
const tiny = writeTinyHandlers(join(folder, 'tiny'), plan);
const printed: string[] = [];
let synthesized: Synthesized;

beforeAll(() => {
  const capture = (chunk: string | Uint8Array) => printed.push(String(chunk)) > 0;
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(capture));
  const logs = (['log', 'info', 'warn', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(capture),
  );
  try {
    synthesized = synthesizeIn(newStack(join(folder, 'out'), 'Stack', { analyticsReporting: false }), {
      handlers: writeHandlers(join(folder, 'handlers')),
      timeout: Duration.hours(30),
    });
  } finally {
    for (const spy of [...spies, ...logs]) spy.mockRestore();
  }
});

describe('the functions of a pipeline', () => {
  it('are one for each task, one for the cleanup and one for the reaper', () => {
    const handlers = resourcesOf(synthesized.template, 'AWS::Lambda::Function').map(
      ({ Properties }) => Properties['Handler'],
    );
    expect(handlers.toSorted()).toEqual([
      'Cleanup.handler',
      '_reaper.handler',
      'aggregate.handler',
      'extract.handler',
      'merge-load.handler',
    ]);
  });

  it.each([
    ['extract', 1024, 120, 2048],
    ['aggregate', 512, 900, 512],
    ['merge-load', 512, 30, 512],
    ['Cleanup', 512, 900, 512],
    ['_reaper', 512, 900, 512],
  ])('%s has %i MiB, %i s and %i MiB of /tmp, as planned', (name, MemorySize, Timeout, Size) => {
    expect(functionOf(synthesized.template, name).Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize,
      Timeout,
      EphemeralStorage: { Size },
      TracingConfig: { Mode: 'Active' },
    });
  });

  it('get the buckets, and the cleanup the pipeline, from their environment', () => {
    const variables = (name: string) =>
      Object.keys(functionOf(synthesized.template, name).Properties['Environment']['Variables']);
    expect(variables('extract').toSorted()).toEqual([
      'EBBTIDE_DEPLOYMENT',
      'EBBTIDE_RESULTS_BUCKET',
      'EBBTIDE_RUNS_BUCKET',
      'EBBTIDE_TASK',
      'NODE_OPTIONS',
    ]);
    expect(variables('Cleanup').toSorted()).toEqual([
      'EBBTIDE_DEPLOYMENT',
      'EBBTIDE_PIPELINE',
      'EBBTIDE_RESULTS_BUCKET',
      'EBBTIDE_RUNS_BUCKET',
      'NODE_OPTIONS',
    ]);
  });

  it('each have a log group of their own, and so have the state machines; all forget after a month', () => {
    const groups = resourcesOf(synthesized.template, 'AWS::Logs::LogGroup');
    expect(groups).toHaveLength(7);
    for (const { Properties, DeletionPolicy } of groups) {
      expect(Properties['RetentionInDays']).toBe(30);
      expect(DeletionPolicy).toBe('Delete');
    }
    const used = resourcesOf(synthesized.template, 'AWS::Lambda::Function').map(
      ({ Properties }) => Properties['LoggingConfig']['LogGroup']['Ref'],
    );
    expect(new Set(used).size).toBe(5);
  });

  it('are given to the app by task name', () => {
    expect(Object.keys(synthesized.pipeline.functions).toSorted()).toEqual(['aggregate', 'extract', 'merge-load']);
  });
});

describe('the buckets', () => {
  const bucketOf = (name: string) => {
    const [bucket] = resourcesOf(synthesized.template, 'AWS::S3::Bucket').filter(({ id }) =>
      id.startsWith(`Trips${name}`),
    );
    if (!bucket) throw new Error(`no bucket ${name}`);
    return bucket;
  };

  it.each(['Runs', 'Results'])('%s is private and encrypted', (name) => {
    expect(bucketOf(name).Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  it.each(['Runs', 'Results'])('%s answers over TLS only', (name) => {
    const policies = resourcesOf(synthesized.template, 'AWS::S3::BucketPolicy').filter(
      ({ Properties }) => Properties['Bucket']['Ref'] === bucketOf(name).id,
    );
    const bucketArn = { 'Fn::GetAtt': [bucketOf(name).id, 'Arn'] };
    expect(policies[0]?.Properties['PolicyDocument']['Statement']).toContainEqual({
      Action: 's3:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Resource: [bucketArn, { 'Fn::Join': ['', [bucketArn, '/*']] }],
    });
  });

  it('Runs empties itself a week after a kept run can have been resumed and kept again, and outlives the stack', () => {
    const { Properties, DeletionPolicy } = bucketOf('Runs');
    expect(DeletionPolicy).toBe('Retain');
    expect(Properties['LifecycleConfiguration']['Rules']).toEqual([
      {
        Id: 'last-net',
        Prefix: 'runs/',
        Status: 'Enabled',
        // 30 hours and a day, twice, and a week.
        ExpirationInDays: 12,
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
      },
    ]);
  });

  it('Results is kept when the stack goes, in all its versions', () => {
    const { Properties, DeletionPolicy } = bucketOf('Results');
    expect(DeletionPolicy).toBe('Retain');
    expect(Properties['VersioningConfiguration']).toEqual({ Status: 'Enabled' });
    expect(Properties['LifecycleConfiguration']['Rules']).toEqual([
      { Id: 'broken-uploads', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    ]);
  });
});

describe('the state machine', () => {
  const machine = () => resourcesOf(synthesized.template, 'AWS::StepFunctions::StateMachine')[0]?.Properties ?? {};

  it('logs everything and is traced', () => {
    expect(machine()).toMatchObject({
      LoggingConfiguration: { Level: 'ALL' },
      TracingConfiguration: { Enabled: true },
    });
  });

  it('runs the compiled definition, with the timeout of the pipeline', () => {
    const { definition } = compile(plan, { timeoutSeconds: 30 * 3600 });
    expect(JSON.parse(machine()['DefinitionString'])).toEqual(definition);
  });

  it('has a substitution for every placeholder of its definition, and no other', () => {
    const text: string = machine()['DefinitionString'];
    const placeholders = new Set([...text.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name));
    expect(Object.keys(machine()['DefinitionSubstitutions']).toSorted()).toEqual([...placeholders].toSorted());
  });

  it('calls the function of each task, in the state of its name', () => {
    const substitutions = machine()['DefinitionSubstitutions'];
    const { functions } = compile(plan);
    for (const { name } of plan.tasks) {
      expect(substitutions[functions[name] ?? '']).toEqual({
        'Fn::GetAtt': [functionOf(synthesized.template, name).id, 'Arn'],
      });
    }
    expect(substitutions['Cleanup']).toEqual({ 'Fn::GetAtt': [functionOf(synthesized.template, 'Cleanup').id, 'Arn'] });
  });

  it('passes the validator once its ARNs are there', () => {
    const text: string = machine()['DefinitionString'];
    const definition = JSON.parse(
      text.replace(/\$\{(\w+)\}/g, (_, name) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`),
    );
    const report = validate(definition);
    expect(report.isValid ? '' : report.errorsText('\n')).toBe('');
  });
});

describe('synthesizing', () => {
  it('prints nothing and annotates nothing', () => {
    expect(printed).toEqual([]);
    const annotations = Annotations.fromStack(synthesized.stack);
    expect(annotations.findWarning('*', Match.anyValue())).toEqual([]);
    expect(annotations.findError('*', Match.anyValue())).toEqual([]);
  });

  it('takes two pipelines in one stack', () => {
    const stack = newStack(join(folder, 'two'));
    for (const id of ['First', 'Second']) new Pipeline(stack, id, { plan, handlers: tiny });
    expect(Object.keys(appOf(stack).synth().stacks[0]?.template.Resources ?? {})).toHaveLength(2 * 47);
  });

  it('takes the same stack twice in one app', () => {
    const first = newStack(join(folder, 'twice'), 'Staging');
    const second = new Stack(first.node.root, 'Production');
    for (const stack of [first, second]) new Pipeline(stack, 'Trips', { plan, handlers: tiny });
    const templates = appOf(first)
      .synth()
      .stacks.map(({ template }) => template);
    expect(templates).toHaveLength(2);
    // CDK puts the stack into the names of permissions.
    const typesIn = ({ Resources }: { Resources: Record<string, { Type: string }> }) =>
      Object.entries(Resources).map(([id, { Type }]) => (Type === 'AWS::Lambda::Permission' ? Type : id));
    expect(typesIn(templates[0])).toEqual(typesIn(templates[1]));
  });
});
