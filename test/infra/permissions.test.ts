import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  functionOf,
  type Properties,
  resourcesOf,
  roleStatements,
  type Synthesized,
  statementsOf,
  synthesize,
  temporaryFolder,
  writeTinyHandlers,
} from './fixtures.ts';
import { plan } from './graph.ts';

const folder = temporaryFolder();
let synthesized: Synthesized;
let runs: string;
let results: string;

beforeAll(() => {
  synthesized = synthesize(join(folder, 'out'), { handlers: writeTinyHandlers(join(folder, 'handlers'), plan) });
  const idOf = (name: string) =>
    resourcesOf(synthesized.template, 'AWS::S3::Bucket').find(({ id }) => id.startsWith(`Trips${name}`))?.id;
  runs = `<${idOf('Runs')}.Arn>`;
  results = `<${idOf('Results')}.Arn>`;
});

/** The statements about S3, by their names. */
function s3StatementsOf(name: string): Properties[] {
  return statementsOf(synthesized.template, name).filter(({ Sid }) => Sid);
}

/** All statements that allow something, of every role in the stack. */
function allowed(): Properties[] {
  return roleStatements(synthesized.template).filter(({ Effect }) => Effect === 'Allow');
}

describe('the role of a task', () => {
  it('may read, and release, exactly its inputs, read its own record, and write exactly its own outputs', () => {
    const own = `${runs}/runs/trips/*/merge-load`;
    expect(s3StatementsOf('merge-load')).toEqual([
      {
        Sid: 'ReadInputs',
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: [
          `${runs}/runs/trips/*/aggregate/_committed.json`,
          `${runs}/runs/trips/*/aggregate/*/total`,
          `${runs}/runs/trips/*/extract/_committed.json`,
          `${runs}/runs/trips/*/extract/*/table`,
        ],
      },
      {
        Sid: 'ReleaseInputs',
        Effect: 'Allow',
        Action: 's3:DeleteObject',
        Resource: [`${runs}/runs/trips/*/aggregate/*/total`, `${runs}/runs/trips/*/extract/*/table`],
      },
      {
        Sid: 'WriteOwnAttempts',
        Effect: 'Allow',
        Action: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'],
        Resource: [`${own}/*/report`, `${own}/*/size`],
      },
      {
        Sid: 'WriteOwnRecords',
        Effect: 'Allow',
        Action: 's3:PutObject',
        Resource: [`${own}/_committed.json`, `${own}/*/_attempt.json`],
      },
      { Sid: 'ReadOwnRecord', Effect: 'Allow', Action: 's3:GetObject', Resource: `${own}/_committed.json` },
      {
        Sid: 'ListOwnAttempts',
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: runs,
        Condition: { StringLike: { 's3:prefix': 'runs/trips/*/merge-load/' } },
      },
      { Sid: 'ReadLeases', Effect: 'Allow', Action: 's3:GetObject', Resource: `${runs}/runs/trips/*/_lease.json` },
      {
        Sid: 'TakeRunsOver',
        Effect: 'Allow',
        // What it requires has taken the run over before it.
        Action: 's3:GetObject',
        Resource: `${runs}/runs/trips/*/_holders/*`,
      },
      { Sid: 'CopyOwnResults', Effect: 'Allow', Action: 's3:GetObject', Resource: `${own}/*/report` },
      {
        Sid: 'PublishOwnResults',
        Effect: 'Allow',
        Action: ['s3:PutObject', 's3:AbortMultipartUpload'],
        Resource: `${results}/results/trips/*/merge-load/report.*`,
      },
    ]);
  });

  it('has no say about results where it has no durable output, nor about inputs where it has none', () => {
    expect(s3StatementsOf('extract').map(({ Sid }) => Sid)).toEqual([
      'WriteOwnAttempts',
      'WriteOwnRecords',
      'ReadOwnRecord',
      'ListOwnAttempts',
      'ReadLeases',
      'TakeRunsOver',
    ]);
    expect(JSON.stringify(statementsOf(synthesized.template, 'extract'))).not.toContain(results);
  });

  it('may write to its own log group only', () => {
    const logging = statementsOf(synthesized.template, 'extract').filter(({ Action }) =>
      JSON.stringify(Action).includes('logs:'),
    );
    expect(logging).toHaveLength(1);
    expect(logging[0]?.['Action']).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(logging[0]?.['Resource']).toMatch(/^<TripsTaskextractLogs\w+\.Arn>$/);
  });
});

describe('the role of the cleanup', () => {
  it('may delete under the runs of its pipeline, note there how a run ends, and touch nothing anywhere else', () => {
    const changing = s3StatementsOf('Cleanup').filter(({ Action }) => /Delete|Abort|Put/.test(JSON.stringify(Action)));
    expect(changing).toEqual([
      {
        Sid: 'NoteTheEnd',
        Effect: 'Allow',
        Action: 's3:PutObject',
        Resource: ['_lease.json', '_result.json', '_holders/*'].map((path) => `${runs}/runs/trips/*/${path}`),
      },
      {
        Sid: 'EmptyRuns',
        Effect: 'Allow',
        Action: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'],
        Resource: `${runs}/runs/trips/*`,
      },
    ]);
  });

  it('may see which results there are, and neither read nor change one', () => {
    expect(s3StatementsOf('Cleanup').filter((statement) => JSON.stringify(statement).includes(results))).toEqual([
      {
        Sid: 'SeeResults',
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: results,
        Condition: { StringLike: { 's3:prefix': 'results/trips/*' } },
      },
    ]);
  });

  it('may read the records of its pipeline’s runs, and no data', () => {
    expect(s3StatementsOf('Cleanup').filter(({ Action }) => JSON.stringify(Action).includes('s3:Get'))).toEqual([
      { Sid: 'ReadRecords', Effect: 'Allow', Action: 's3:GetObject', Resource: `${runs}/runs/trips/*/_*.json` },
    ]);
  });

  it('may list the runs of its pipeline, their versions, and unfinished uploads', () => {
    const listing = s3StatementsOf('Cleanup').filter(({ Action }) => JSON.stringify(Action).includes('List'));
    expect(listing.filter(({ Sid }) => Sid !== 'SeeResults')).toEqual([
      {
        Sid: 'ListRuns',
        Effect: 'Allow',
        Action: ['s3:ListBucket', 's3:ListBucketVersions'],
        Resource: runs,
        Condition: { StringLike: { 's3:prefix': 'runs/trips/*' } },
      },
      { Sid: 'ListUploads', Effect: 'Allow', Action: 's3:ListBucketMultipartUploads', Resource: runs },
    ]);
  });

  // s3:prefix is a condition key of ListBucket and ListBucketVersions. A request that does not have it fails the
  // condition, so that the action is denied.
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
  it('puts a condition on s3:prefix only where S3 has that key', () => {
    const conditioned = allowed()
      .filter(({ Condition }) => JSON.stringify(Condition ?? {}).includes('s3:prefix'))
      .flatMap(({ Action }) => [Action].flat());
    expect(conditioned.filter((action) => !['s3:ListBucket', 's3:ListBucketVersions'].includes(action))).toEqual([]);
  });
});

describe('the role of a state machine', () => {
  const invocable = (machine: string) =>
    roleStatements(synthesized.template)
      .filter(({ role }) => role.startsWith(`Trips${machine}Role`))
      .filter(({ Action }) => [Action].flat().some((action) => action.startsWith('lambda:')));
  const arnOf = (name: string) => `<${functionOf(synthesized.template, name).id}.Arn>`;

  it('may invoke the functions of the tasks, and the cleanup', () => {
    const [invoking, ...others] = invocable('StateMachine');
    expect(others).toEqual([]);
    expect(invoking?.['Action']).toBe('lambda:InvokeFunction');
    const functions = ['extract', 'aggregate', 'merge-load', 'Cleanup'].map(arnOf);
    expect(invoking?.['Resource'].toSorted()).toEqual(functions.toSorted());
  });

  it('that is the finalizer may invoke the functions of the hooks, and the cleanup', () => {
    // This pipeline has no hooks.
    expect(invocable('Finalizer')).toMatchObject([{ Action: 'lambda:InvokeFunction', Resource: arnOf('Cleanup') }]);
  });
});

describe('no role', () => {
  it('may do everything, or everything in S3', () => {
    const actions = allowed().flatMap(({ Action }) => [Action].flat());
    expect(actions.filter((action) => /^\*$|^\w+:\*$/.test(action))).toEqual([]);
  });

  it('of a function may do anything everywhere but send traces', () => {
    for (const name of ['extract', 'aggregate', 'merge-load', 'Cleanup', '_reaper']) {
      const everywhere = statementsOf(synthesized.template, name).filter(({ Resource }) =>
        [Resource].flat().includes('*'),
      );
      expect(everywhere.flatMap(({ Action }) => [Action].flat())).toEqual([
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
      ]);
    }
  });

  it('at all may do anything everywhere but send traces and set up the delivery of logs', () => {
    const everywhere = allowed().filter(({ Resource }) => [Resource].flat().includes('*'));
    const actions: string[] = everywhere.flatMap(({ Action }) => [Action].flat());
    expect(
      actions.filter((action) => !/^(xray:|logs:\w*(LogDeliver|ResourcePolic|LogGroups)\w*$)/.test(action)),
    ).toEqual([]);
  });

  it('comes with a managed policy of AWS', () => {
    for (const { Properties } of resourcesOf(synthesized.template, 'AWS::IAM::Role'))
      expect(Properties['ManagedPolicyArns']).toBeUndefined();
  });
});
