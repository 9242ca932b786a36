/** Every role in the template, whatever it is for: what it could delete, if it were turned against its owner. */

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { chunks, csv, durable, json, ndjson, TaskGraph } from '../../state-machines/index.ts';
import {
  functionOf,
  type Properties,
  resourcesOf,
  roleStatements,
  type Synthesized,
  synthesize,
  temporaryFolder,
  writeTinyHandlers,
} from './fixtures.ts';

const folder = temporaryFolder();
const graph = new TaskGraph('trips');
const list = graph.addTask('list', { outputs: { days: chunks<{ day: string }>() } });
const extract = graph.addTask('extract', {
  each: list.outputs.days,
  maxConcurrency: 100,
  outputs: { raw: ndjson<{ n: number }>() },
});
const load = graph.addTask('load', {
  inputs: { raw: extract.outputs.raw },
  outputs: { table: durable(csv<{ n: number }>()), size: json<number>() },
});
load.addErrorsTask('undo', { inputs: { size: load.outputs.size } });
graph.addFinallyTask('report', { inputs: { size: load.outputs.size }, outputs: { text: durable(json<string>()) } });
graph.addAfterExecutionTask('notify');
const plan = graph.build();

let synthesized: Synthesized;
beforeAll(() => {
  synthesized = synthesize(join(folder, 'out'), { plan, handlers: writeTinyHandlers(join(folder, 'handlers'), plan) });
});

const arnOf = (bucket: string) => {
  const found = resourcesOf(synthesized.template, 'AWS::S3::Bucket').find(({ id }) => id.startsWith(`Trips${bucket}`));
  return `<${found?.id}.Arn>`;
};
const allowed = () => roleStatements(synthesized.template).filter(({ Effect }) => Effect === 'Allow');
const listOf = (value: string | string[] | undefined): string[] => [value ?? []].flat();
const s3ActionsOf = ({ Action }: Properties) => listOf(Action).filter((action) => /^(s3:|\*)/i.test(action));

/** What takes objects away at once, or lets that happen later. Putting an object replaces one of the same key. */
const TAKES_AWAY = /delete|lifecycle|versioning|bypass|policy|replicat|restore|acl/i;

const deleting = () =>
  allowed().filter((statement) => s3ActionsOf(statement).some((action) => TAKES_AWAY.test(action)));

const roleOf = (name: string): string =>
  functionOf(synthesized.template, name).Properties['Role']['Fn::GetAtt'][0] as string;

/** The tasks of which a function may delete data: itself, and those that it consumes. */
function ownedBy(name: string): string[] {
  const task = plan.functions.find((other) => other.name === name);
  const taken = [...Object.values(task?.inputs ?? {}), ...(task?.each ? [task.each] : [])];
  return [name, ...taken.map((input) => input.task)];
}

describe('objects can be deleted', () => {
  it('by the cleanup and the reaper under the runs of the pipeline, and by tasks and hooks', () => {
    const roles = new Map(plan.functions.map(({ name }) => [roleOf(name), name]));
    const others = deleting().filter(({ role }) => !roles.has(role));
    expect(new Set(others.map(({ role }) => role))).toEqual(new Set([roleOf('Cleanup'), roleOf('_reaper')]));
    for (const { Resource } of others) expect(listOf(Resource)).toEqual([`${arnOf('Runs')}/runs/trips/*`]);
  });

  it('by a task or a hook only where they are its own, or what it consumes', () => {
    for (const { name } of plan.functions) {
      const resources = deleting()
        .filter(({ role }) => role === roleOf(name))
        .flatMap(({ Resource }) => listOf(Resource));
      const owners = ownedBy(name).map((owner) => `${arnOf('Runs')}/runs/trips/*/${owner}/`);
      for (const resource of resources) {
        expect(owners.some((owner) => resource.startsWith(owner) && resource.length > owner.length)).toBe(true);
        // A commit record, a lease, or a whole folder is nobody's to delete but the cleanup's.
        expect(resource).toMatch(/\/[A-Za-z][A-Za-z0-9_-]*$/);
      }
    }
  });

  it('by no state machine, no rule, and nothing that runs after the execution', () => {
    const roles = resourcesOf(synthesized.template, 'AWS::IAM::Role').map(({ id }) => id);
    const without = roles.filter((role) => !deleting().some((statement) => statement.role === role));
    expect(without).toEqual(expect.arrayContaining([roleOf('notify'), roleOf('undo')]));
    expect(without.filter((role) => role.startsWith('TripsStateMachine'))).toHaveLength(1);
    expect(without.filter((role) => role.startsWith('TripsFinalizer'))).toHaveLength(1);
  });
});

describe('no role', () => {
  it('can take away anything in the results bucket', () => {
    const touching = allowed().filter(({ Resource }) => JSON.stringify(Resource).includes(arnOf('Results')));
    expect(touching.length).toBeGreaterThan(0);
    const actions = new Set(touching.flatMap(s3ActionsOf));
    expect(actions).toEqual(new Set(['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListBucket']));
  });

  it('has everything of S3, or all but something', () => {
    expect(allowed().flatMap(s3ActionsOf)).toSatisfy(
      (actions: string[]) => !actions.some((action) => /\*/.test(action)),
    );
    const negative = allowed().filter(
      (statement) => 'NotAction' in statement || 'NotResource' in statement || 'NotPrincipal' in statement,
    );
    expect(negative).toEqual([]);
  });

  it('can delete anywhere, or change a bucket', () => {
    const resources = deleting().flatMap(({ Resource }) => listOf(Resource));
    expect(resources.filter((resource) => !resource.startsWith(`${arnOf('Runs')}/runs/trips/*`))).toEqual([]);
    expect(resources).not.toContain('*');
  });
});

it('no bucket policy lets anybody in', () => {
  const statements = resourcesOf(synthesized.template, 'AWS::S3::BucketPolicy').flatMap(
    ({ Properties }) => Properties['PolicyDocument']['Statement'],
  );
  expect(new Set(statements.map(({ Effect }) => Effect))).toEqual(new Set(['Deny']));
});
