/** What cdk-nag finds in a pipeline: nothing that is not acknowledged, and nothing is acknowledged that it does not find. */

import { join } from 'node:path';
import { Duration, Validations } from 'aws-cdk-lib';
import { type IRole, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../../infra/index.ts';
import { json, TaskGraph } from '../../state-machines/index.ts';
import { plan as flights } from '../../state-machines/pipelines/flights.ts';
import { plan as everything, synthesizeEverything } from './everything.ts';
import {
  appOf,
  newStack,
  resourcesOf,
  type Synthesized,
  synthesizeIn,
  temporaryFolder,
  writeTinyHandlers,
} from './fixtures.ts';

const folder = temporaryFolder();

/** So many inputs that CDK spreads what the last task may do over several policies. */
const wide = new TaskGraph('wide');
const parts = Array.from({ length: 30 }, (_, index) =>
  wide.addTask(`a-part-with-quite-a-long-name-${index}`, { outputs: { part: json<number>() } }),
);
wide.addTask('merge', {
  inputs: Object.fromEntries(parts.map(({ outputs }, index) => [`part${index}`, outputs.part])),
});
const widePlan = wide.build();

const tiny = new TaskGraph('tiny');
tiny.addTask('only', { outputs: { size: json<number>() } });
const tinyPlan = tiny.build();

const made = (name: string, plan: typeof widePlan) => () => {
  const handlers = writeTinyHandlers(join(folder, `${name}-handlers`), plan);
  return synthesizeIn(newStack(join(folder, name)), { plan, handlers, timeout: Duration.hours(1) });
};

const STACKS: Readonly<Record<string, () => Synthesized>> = {
  flights: made('flights', flights),
  wide: made('wide', widePlan),
  everything: () => synthesizeEverything(join(folder, 'everything')),
};

/** As `path rule`, in order. */
function findings(scope: IConstruct, checks = new AwsSolutionsChecks()): string[] {
  const { violations } = checks.validateScope(scope);
  return violations
    .flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${constructPath} ${ruleName}`),
    )
    .toSorted();
}

/** What it would find if nothing were acknowledged. */
function allFindings(scope: IConstruct): string[] {
  return findings(scope, Object.assign(new AwsSolutionsChecks(), { isAcknowledged: () => false }));
}

function acknowledged(scope: IConstruct): { path: string; rule: string; reason: string }[] {
  return scope.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries<string>(data))
      .map(([id, reason]) => ({ path: node.path, rule: id.replace('Annotation::', ''), reason })),
  );
}

function roleOf(pipeline: Pipeline, task: string): IRole {
  const role = pipeline.functions[task]?.role;
  if (!role) throw new Error(`no role of ${task}`);
  return role;
}

describe.each(Object.entries(STACKS))('%s', (name, make) => {
  let synthesized: Synthesized;
  const stack = () => synthesized.stack;
  beforeAll(() => {
    synthesized = make();
  });

  it('has no finding that is not acknowledged', () => {
    expect(findings(stack())).toEqual([]);
  });

  it('has every finding that is acknowledged, with a reason, and on that very resource', () => {
    const found = allFindings(stack());
    const given = acknowledged(stack());
    expect(given.length).toBeGreaterThan(10);
    for (const { path, rule, reason } of given) {
      expect(found.filter((it) => it === `${path} ${rule}` || it === `${path}/Resource ${rule}`)).toHaveLength(1);
      expect(reason.length).toBeGreaterThan(40);
    }
    expect(given).toHaveLength(found.length);
    const split = resourcesOf(synthesized.template, 'AWS::IAM::ManagedPolicy');
    expect(split.length > 0).toBe(name === 'wide');
  });
});

describe('a wildcard that a pipeline has no need of is found', () => {
  const CASES: readonly [string, readonly string[], (pipeline: Pipeline) => string][] = [
    ['any action', ['s3:*'], ({ runsBucket }) => runsBucket.arnForObjects('runs/everything/*/list/*/days')],
    ['all that a bucket has', ['s3:GetObject'], ({ runsBucket }) => runsBucket.arnForObjects('*')],
    ['all runs of a pipeline', ['s3:GetObject'], ({ runsBucket }) => runsBucket.arnForObjects('runs/everything/*')],
    ['another pipeline', ['s3:GetObject'], ({ runsBucket }) => runsBucket.arnForObjects('runs/others/*/list/*/days')],
    ['any name of a task', ['s3:GetObject'], ({ runsBucket }) => runsBucket.arnForObjects('runs/everything/*/l*/x')],
    ['all of a task', ['s3:GetObject'], ({ runsBucket }) => runsBucket.arnForObjects('runs/everything/*/list/*')],
    ['writing any record', ['s3:PutObject'], ({ runsBucket }) => runsBucket.arnForObjects('runs/everything/*/_*.json')],
    ['all results', ['s3:PutObject'], ({ resultsBucket }) => resultsBucket.arnForObjects('results/everything/*')],
    [
      'reading results',
      ['s3:GetObject'],
      ({ resultsBucket }) => resultsBucket.arnForObjects('results/everything/*/load/report.*'),
    ],
    ['anything besides traces', ['xray:PutTraceSegments', 's3:GetObject'], () => '*'],
    ['anything, beside a statement for traces', ['sqs:SendMessage'], () => '*'],
    [
      'executions of a machine of another pipeline',
      ['states:DescribeExecution'],
      () => 'arn:aws:states:eu-central-1:000000000000:execution:others:*',
    ],
    [
      'executions of any machine',
      ['states:DescribeExecution'],
      () => 'arn:aws:states:eu-central-1:000000000000:execution:*',
    ],
  ];

  const TRACES = new PolicyStatement({ actions: ['xray:PutTraceSegments'], resources: ['*'] });
  let found: string[];

  beforeAll(() => {
    const stack = newStack(join(folder, 'wildcards'));
    const handlers = writeTinyHandlers(join(folder, 'wildcards-handlers'), everything);
    const pipeline = new Pipeline(stack, 'Trips', { plan: everything, handlers });
    for (const [name, actions, resource] of CASES) {
      const statement = new PolicyStatement({ actions: [...actions], resources: [resource(pipeline)] });
      new Policy(pipeline, name, { statements: [TRACES, statement] }).attachToRole(roleOf(pipeline, 'load'));
    }
    appOf(stack).synth();
    found = findings(stack);
  });

  it.each(CASES)('%s', (name) => {
    expect(found.filter((it) => it.startsWith(`Stack/Trips/${name}/Resource AwsSolutions-IAM5`))).not.toEqual([]);
  });
});

it('an app with cdk-nag as a plugin hears of its own findings, and of none in its pipelines', () => {
  const stack = newStack(join(folder, 'plugin'));
  Validations.of(appOf(stack)).addPlugins(new AwsSolutionsChecks());
  new Pipeline(stack, 'Trips', {
    plan: tinyPlan,
    handlers: writeTinyHandlers(join(folder, 'plugin-handlers'), tinyPlan),
  });
  expect(() => appOf(stack).synth()).not.toThrow();
  new Bucket(stack, 'Open');
  expect(() => appOf(stack).synth({ force: true })).toThrow(/validation/i);
});
