import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { chunks, csv, durable, ndjson, TaskGraph } from '../../state-machines/index.ts';
import {
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

function chunkGraph(maxConcurrency: number) {
  const graph = new TaskGraph('trips');
  const list = graph.addTask('list', { outputs: { days: chunks<{ day: string }>() } });
  const extract = graph.addTask('extract', {
    each: list.outputs.days,
    maxConcurrency,
    outputs: { raw: ndjson<{ n: number }>(), table: durable(csv<{ n: number }>()) },
  });
  graph.addTask('load', { inputs: { raw: extract.outputs.raw } });
  return graph.build();
}

function synthesizeWith(name: string, maxConcurrency: number): Synthesized {
  const plan = chunkGraph(maxConcurrency);
  return synthesize(join(folder, name), { plan, handlers: writeTinyHandlers(join(folder, `${name}-handlers`), plan) });
}

let inline: Synthesized;
let distributed: Synthesized;
let runs: string;
let results: string;

beforeAll(() => {
  inline = synthesizeWith('inline', 10);
  distributed = synthesizeWith('distributed', 1_000);
  const idOf = (name: string) =>
    resourcesOf(inline.template, 'AWS::S3::Bucket').find(({ id }) => id.startsWith(`Trips${name}`))?.id;
  runs = `<${idOf('Runs')}.Arn>`;
  results = `<${idOf('Results')}.Arn>`;
});

describe('the role of a chunk-parallel task', () => {
  it('may read its list of chunks, and attempt and commit each of them', () => {
    const own = `${runs}/runs/trips/*/extract`;
    const list = `${runs}/runs/trips/*/list`;
    const statements = statementsOf(inline.template, 'extract').filter(({ Sid }) => Sid);
    expect(Object.fromEntries(statements.map(({ Sid, Resource }) => [Sid, Resource]))).toEqual({
      ReadInputs: [`${list}/_committed.json`, `${list}/*/days`],
      WriteOwnAttempts: [`${own}/*/raw`, `${own}/*/table`],
      WriteOwnRecords: [`${own}/_committed.json`, `${own}/_chunks/*/_committed.json`, `${own}/*/_attempt.json`],
      ReadOwnRecord: [`${own}/_committed.json`, `${own}/_chunks/*/_committed.json`, `${own}/_chunks/*/_attempt.json`],
      ListOwnAttempts: runs,
      ReleaseInputs: `${list}/*/days`,
      ReadLeases: `${runs}/runs/trips/*/_lease.json`,
      TakeRunsOver: `${runs}/runs/trips/*/_holders/*`,
      CopyOwnResults: `${own}/*/table`,
      PublishOwnResults: `${results}/results/trips/*/extract/table/*`,
    });
    const listing = statements.find(({ Sid }) => Sid === 'ListOwnAttempts');
    expect(listing?.['Condition']).toEqual({
      StringLike: { 's3:prefix': ['runs/trips/*/extract/', 'runs/trips/*/extract/_chunks/*'] },
    });
  });

  it('is the same however its chunks are run, but that the list of a Distributed Map stays until the run ends', () => {
    const sids = ({ template }: Synthesized) => statementsOf(template, 'extract').map(({ Sid }) => Sid);
    expect(sids(distributed)).toEqual(sids(inline).filter((sid) => sid !== 'ReleaseInputs'));
  });
});

it('the role of a task that gathers may read what the chunks wrote', () => {
  const read = statementsOf(inline.template, 'load').find(({ Sid }) => Sid === 'ReadInputs');
  // A star stands for slashes too: `_chunks/2026-11-20/1-0a1b2c3d`.
  const [record, output] = read?.['Resource'] ?? [];
  expect(record).toBe(`${runs}/runs/trips/*/extract/_committed.json`);
  expect(output).toBe(`${runs}/runs/trips/*/extract/*/raw`);
});

/** The policies of the state machine's role. */
function machineStatements({ template }: Synthesized): Properties[] {
  return resourcesOf(template, 'AWS::IAM::Policy')
    .filter(({ Properties }) => JSON.stringify(Properties['Roles']).includes('StateMachineRole'))
    .flatMap(({ Properties }) => Properties['PolicyDocument']['Statement'].map(readable));
}

describe('the role of the state machine', () => {
  const ofChildren = (synthesized: Synthesized) =>
    machineStatements(synthesized).filter(({ Action }) => /states:|s3:/.test(JSON.stringify(Action)));

  it('may neither start executions nor read where it runs all chunks itself', () => {
    expect(ofChildren(inline)).toEqual([]);
  });

  it('may run its chunks as executions of its own, and read the lists of chunks, and nothing else', () => {
    const machine = resourcesOf(distributed.template, 'AWS::StepFunctions::StateMachine')[0]?.id;
    expect(ofChildren(distributed)).toEqual([
      { Effect: 'Allow', Action: 'states:StartExecution', Resource: `<${machine}>` },
      {
        Effect: 'Allow',
        Action: ['states:DescribeExecution', 'states:StopExecution'],
        Resource: expect.stringMatching(/:states:.*:execution:.*:\*$/),
      },
      { Sid: 'ReadChunkLists', Effect: 'Allow', Action: 's3:GetObject', Resource: `${runs}/runs/trips/*/list/*/days` },
    ]);
  });
});

describe('the definition', () => {
  const substitutionsOf = ({ template }: Synthesized) =>
    resourcesOf(template, 'AWS::StepFunctions::StateMachine')[0]?.Properties['DefinitionSubstitutions'];

  it('is given the name of the runs bucket, and the partition, where it reads from it', () => {
    expect(substitutionsOf(distributed)).toMatchObject({
      RunsBucket: { Ref: expect.stringMatching(/^TripsRuns/) },
      Partition: { Ref: 'AWS::Partition' },
      extract: { 'Fn::GetAtt': [expect.any(String), 'Arn'] },
    });
  });

  it('is not where it does not', () => {
    expect(Object.keys(substitutionsOf(inline)).toSorted()).toEqual(['Cleanup', 'extract', 'list', 'load']);
  });
});
