import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Denial } from '../../../history/events.ts';
import { Decisions } from '../../../local/iam/decisions.ts';
import { Guard } from '../../../local/iam/guard.ts';
import type { Permissions, Principal, Statement } from '../../../local/iam/permissions.ts';
import { loadSimulator, type Simulate } from '../../../local/iam/simulator.ts';
import { clientOf, LOCAL_REGION, type LocalS3, startS3 } from '../../../local/s3/endpoint.ts';

const STATEMENTS: readonly Statement[] = [
  {
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
    Resource: 'arn:aws:s3:::runs/own/*',
  },
  {
    Effect: 'Allow',
    Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
    Resource: 'arn:aws:s3:::runs',
    Condition: { StringLike: { 's3:prefix': 'own/*' } },
  },
  {
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:ListBucket'],
    Resource: ['arn:aws:s3:::results', 'arn:aws:s3:::results/*'],
  },
];

function principal(statements: readonly Statement[]): Principal {
  return {
    who: 'task "work"',
    task: 'work',
    role: 'WorkRole',
    arn: 'arn:aws:sts::000000000000:assumed-role/WorkRole/work',
    policies: [{ name: 'own', document: { Version: '2012-10-17', Statement: statements } }],
  };
}

const work = principal(STATEMENTS);
const permissions: Permissions = {
  functions: new Map([['arn:work', work]]),
  stateMachine: {
    ...principal([]),
    who: 'the state machine',
    machine: 'arn:aws:states:us-east-1:000000000000:stateMachine:trips',
  },
  finalizer: { ...principal([]), who: 'the finalizer' },
  bucketPolicies: new Map([
    [
      'results',
      {
        Statement: [
          {
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:*',
            Resource: 'arn:aws:s3:::results/*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
          {
            Sid: 'Sealed',
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:GetObject',
            Resource: 'arn:aws:s3:::results/sealed/*',
          },
        ],
      },
    ],
  ]),
};

let simulate: Simulate;
let guard: Guard;
let s3: LocalS3;
let client: S3Client;
const denials: Denial[] = [];

const decisions = new Decisions((...call) => simulate(...call), permissions.bucketPolicies);
beforeAll(async () => {
  simulate = (await loadSimulator()) as Simulate;
  s3 = await startS3({ admit: (request) => guard.admitToS3(request) });
  for (const bucket of ['runs', 'results']) s3.createBucket(bucket);
});
afterAll(() => s3.stop());
beforeEach(() => {
  denials.length = 0;
  guard = new Guard(permissions, simulate, (denial) => denials.push(denial), decisions);
  const credentials = guard.credentialsOf('arn:work');
  client = new S3Client({ endpoint: s3.endpoint, region: LOCAL_REGION, credentials, forcePathStyle: true });
  for (const key of ['own/a', 'own/b', 'other/a']) s3.putObject('runs', key, Buffer.from('x'));
  for (const key of ['open/a', 'sealed/a']) s3.putObject('results', key, Buffer.from('x'));
});

afterEach(() => client.destroy());

const runs = (Key: string) => ({ Bucket: 'runs', Key });
const DENIED = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };

describe('a request that the role allows', () => {
  it.each([
    ['GetObject', new GetObjectCommand(runs('own/a'))],
    ['HeadObject', new HeadObjectCommand(runs('own/a'))],
    ['PutObject', new PutObjectCommand({ ...runs('own/new'), Body: 'x' })],
    ['PutObject of a key with a star', new PutObjectCommand({ ...runs('own/*'), Body: 'x' })],
    ['CreateMultipartUpload', new CreateMultipartUploadCommand(runs('own/new'))],
    ['CopyObject', new CopyObjectCommand({ ...runs('own/copy'), CopySource: 'results/open/a' })],
    ['ListObjectsV2', new ListObjectsV2Command({ Bucket: 'runs', Prefix: 'own/' })],
  ])('%s is carried out', async (_, command) => {
    await client.send(command as never);
    expect(denials).toEqual([]);
  });
});

describe('a request that the role does not allow', () => {
  it.each([
    ['GetObject', new GetObjectCommand(runs('other/a')), 's3:GetObject', 'arn:aws:s3:::runs/other/a'],
    ['PutObject', new PutObjectCommand({ ...runs('other/a'), Body: 'y' }), 's3:PutObject', 'arn:aws:s3:::runs/other/a'],
    [
      'CopyObject, for its source',
      new CopyObjectCommand({ ...runs('own/copy'), CopySource: 'runs/other/a' }),
      's3:GetObject',
      'arn:aws:s3:::runs/other/a',
    ],
    [
      'CopyObject, for its target',
      new CopyObjectCommand({ ...runs('other/copy'), CopySource: 'runs/own/a' }),
      's3:PutObject',
      'arn:aws:s3:::runs/other/copy',
    ],
    ['ListObjectsV2', new ListObjectsV2Command({ Bucket: 'runs', Prefix: 'ow' }), 's3:ListBucket', 'arn:aws:s3:::runs'],
    ['ListObjectsV2 of all', new ListObjectsV2Command({ Bucket: 'runs' }), 's3:ListBucket', 'arn:aws:s3:::runs'],
    // S3 has no s3:prefix there, so that a condition on it fails.
    [
      'ListMultipartUploads',
      new ListMultipartUploadsCommand({ Bucket: 'runs', Prefix: 'own/' }),
      's3:ListBucketMultipartUploads',
      'arn:aws:s3:::runs',
    ],
    [
      'CreateMultipartUpload with tags',
      new CreateMultipartUploadCommand({ ...runs('own/new'), Tagging: 'a=b' }),
      's3:PutObjectTagging',
      'arn:aws:s3:::runs/own/new',
    ],
    [
      'PutObject that grants to others',
      new PutObjectCommand({ ...runs('own/new'), Body: 'x', GrantRead: 'id=0123' }),
      's3:PutObjectAcl',
      'arn:aws:s3:::runs/own/new',
    ],
    [
      'PutObject under a lock',
      new PutObjectCommand({
        ...runs('own/new'),
        Body: 'x',
        ObjectLockMode: 'GOVERNANCE',
        ObjectLockRetainUntilDate: new Date('2030-01-01'),
      }),
      's3:PutObjectRetention',
      'arn:aws:s3:::runs/own/new',
    ],
    ['ListBuckets', new ListBucketsCommand(), 's3:ListAllMyBuckets', '*'],
    ['that is unknown here', new GetBucketAclCommand({ Bucket: 'runs' }), 'GET ?acl', 'arn:aws:s3:::runs'],
  ])('%s is denied, and told once', async (_, command, action, resource) => {
    await expect(client.send(command as never)).rejects.toMatchObject(DENIED);
    await expect(client.send(command as never)).rejects.toMatchObject(DENIED);
    expect(denials).toMatchObject([{ who: 'task "work"', role: 'WorkRole', action, resource }]);
  });
});

it('lists of two prefixes are two denials, each with what would allow it', async () => {
  for (const Prefix of ['a/', 'b/', 'a/'])
    await expect(client.send(new ListObjectsV2Command({ Bucket: 'runs', Prefix }))).rejects.toMatchObject(DENIED);
  expect(denials.map(({ message }) => /"s3:prefix":"([^"]+)"/.exec(message)?.[1])).toEqual(['a/', 'b/']);
});

it('a denial says what would allow it, and its answer only that it is one', async () => {
  const what =
    'task "work" (role WorkRole) may not s3:GetObject on arn:aws:s3:::runs/other/a: no statement of its role allows it';
  const error = await client.send(new GetObjectCommand(runs('other/a'))).catch((cause: Error) => cause);
  expect(error).toMatchObject({ message: what });
  expect(denials[0]?.message).toBe(
    `${what}. This one would, where the pipeline is deployed: pipeline.functions["work"]?.addToRolePolicy(new PolicyStatement({ actions: ["s3:GetObject"], resources: [pipeline.runsBucket.arnForObjects("other/a")] }))`,
  );
});

it('a state machine that may not start the children of a Map is told so as Step Functions tells it', async () => {
  await expect(guard.machine('stateMachine').startChild()).rejects.toMatchObject({
    name: 'States.Permissions',
    message: expect.stringMatching(
      /the state machine .* may not states:StartExecution .*no statement of its role allows it$/,
    ),
  });
});

it('what the policy of the bucket denies is denied, whatever the role allows', async () => {
  await client.send(new GetObjectCommand({ Bucket: 'results', Key: 'open/a' }));
  await expect(client.send(new GetObjectCommand({ Bucket: 'results', Key: 'sealed/a' }))).rejects.toThrow(
    /a statement of the bucket's policy denies it, whatever else allows it: \{"Sid":"Sealed"/,
  );
});

it('DeleteObjects deletes what the role allows, and says of the rest that it is denied', async () => {
  const Objects = [{ Key: 'own/a' }, { Key: 'other/a' }, { Key: 'own/b', VersionId: 'null' }];
  const { Deleted, Errors } = await client.send(new DeleteObjectsCommand({ Bucket: 'runs', Delete: { Objects } }));
  expect(Deleted).toEqual([{ Key: 'own/a' }]);
  expect(Errors?.map(({ Key, Code }) => [Key, Code])).toEqual([
    ['other/a', 'AccessDenied'],
    ['own/b', 'AccessDenied'],
  ]);
  const all = clientOf(s3.endpoint);
  const { Contents = [] } = await all.send(new ListObjectsV2Command({ Bucket: 'runs' }));
  all.destroy();
  expect(Contents.map(({ Key }) => Key)).toEqual(expect.arrayContaining(['other/a', 'own/b']));
  expect(denials.map(({ action }) => action)).toEqual(['s3:DeleteObject', 's3:DeleteObjectVersion']);
});

it('a missing object is not told from a forbidden one where the role cannot list the bucket, which is no denial', async () => {
  await expect(client.send(new GetObjectCommand(runs('own/nothing')))).rejects.toMatchObject(DENIED);
  await expect(client.send(new HeadObjectCommand(runs('own/nothing')))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
  await expect(client.send(new GetObjectCommand({ Bucket: 'results', Key: 'nothing' }))).rejects.toMatchObject({
    name: 'NoSuchKey',
  });
  expect(denials).toEqual([]);
});

it.each([
  ['that nobody has', { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' }, 'InvalidAccessKeyId'],
  ['of another start', { accessKeyId: 'ASIA0123456789ABCDEF', secretAccessKey: 'x' }, 'InvalidAccessKeyId'],
])('an access key %s opens nothing', async (_, credentials, name) => {
  const stranger = new S3Client({ endpoint: s3.endpoint, region: LOCAL_REGION, credentials, forcePathStyle: true });
  await expect(stranger.send(new GetObjectCommand(runs('own/a')))).rejects.toMatchObject({ name });
  stranger.destroy();
});

it('a request that is not signed is denied', async () => {
  expect((await fetch(`${s3.endpoint}/runs/own/a`)).status).toBe(403);
});

describe('decisions', () => {
  const call = (action: string, key: string) => ({ action, resource: `arn:aws:s3:::runs/${key}` });

  it('are made once for resources that match the same patterns, and are the same as each on its own', async () => {
    const decisions = new Decisions(simulate, permissions.bucketPolicies);
    const keys = ['own/a', 'own/b', 'own/', 'own', 'other/own/a', 'own/ü\n?', 'OWN/a'];
    for (const key of keys) {
      const alone = await simulate(work, call('s3:GetObject', key));
      expect([key, await decisions.decide(work, call('s3:GetObject', key))]).toEqual([key, alone]);
    }
    expect(decisions).toMatchObject({ asked: keys.length, simulated: 2 });
  });

  it('are made anew where a policy fills in variables', async () => {
    const Resource = 'arn:aws:s3:::runs/${aws:PrincipalAccount}/*';
    const own = principal([{ Effect: 'Allow', Action: 's3:GetObject', Resource }]);
    const decisions = new Decisions(simulate, new Map());
    expect(await decisions.decide(own, call('s3:GetObject', '000000000000/a'))).toMatchObject({ allowed: true });
    expect(await decisions.decide(own, call('s3:GetObject', '000000000001/a'))).toMatchObject({ allowed: false });
    expect(decisions.simulated).toBe(2);
  });

  it('cannot be made about what IAM does not know, or with a policy that IAM would not take', async () => {
    await expect(simulate(work, call('s3:Nonsense', 'own/a'))).rejects.toThrow('invalid.action');
    const broken = principal([{ Effect: 'Allow', Action: 's3:GetObject', Resources: 'arn:aws:s3:::runs/*' }]);
    await expect(simulate(broken, call('s3:GetObject', 'own/a'))).rejects.toThrow('policy.errors');
  });
});
