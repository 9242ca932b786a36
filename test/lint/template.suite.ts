/** What cfn-lint says of templates, with CloudFormation's own schemas of a few weeks ago. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import { plan as flights } from '../../state-machines/pipelines/flights.ts';
import { synthesizeEverything } from '../infra/everything.ts';
import { newStack, type Synthesized, synthesizeIn, temporaryFolder, writeTinyHandlers } from '../infra/fixtures.ts';
import { REPLACED_FOR } from '../infra/stateful.ts';
import { completeSchemaOfStateMachines, type Finding, lint, registrySchema } from './cfn-lint.ts';

/** Two of the common partition, GovCloud and China. */
const REGIONS = ['us-east-1', 'eu-central-1', 'us-gov-west-1', 'cn-north-1'];

const folder = temporaryFolder();
const files: Record<string, string> = {};
let lacking: string[];

beforeAll(() => {
  lacking = completeSchemaOfStateMachines();
  const fileOf = ({ stack, outdir }: Synthesized) => join(outdir, stack.templateFile);
  const handlers = writeTinyHandlers(join(folder, 'flights-handlers'), flights);
  files['flights'] = fileOf(
    synthesizeIn(newStack(join(folder, 'flights')), { plan: flights, handlers, timeout: Duration.hours(1) }),
  );
  files['everything'] = fileOf(synthesizeEverything(join(folder, 'everything')));
});

/** CDK makes a function and a machine wait for all of their role, its policies too; the role itself they wait for anyway. */
function isOfCdk({ Rule, Message }: Finding): boolean {
  return Rule.Id === 'W3005' && /^'\w+Role[0-9A-F]{8}' dependency already enforced by a 'GetAtt'/.test(Message);
}

const told = ({ Rule, Message, Location }: Finding) => `${Rule.Id} ${Message} (${Location.Path?.join('/')})`;

describe.each(['flights', 'everything'])('%s', (name) => {
  it('has nothing that cfn-lint minds, in any partition', () => {
    const findings = lint(files[name] ?? '', REGIONS);
    expect(findings.filter((finding) => !isOfCdk(finding)).map(told)).toEqual([]);
    expect(findings.filter(isOfCdk).length).toBeGreaterThan(0);
  });
});

it.each<[string, string, string, string]>([
  ['a property that there is not', '"RetentionInDays": 30', '"RetentionInDay": 30', 'E3002'],
  ['a retention that CloudWatch does not know', '"RetentionInDays": 30', '"RetentionInDays": 31', 'E3030'],
  ['a state that there is not', '\\"StartAt\\":\\"Run\\"', '\\"StartAt\\":\\"Walk\\"', 'E3601'],
  [
    'a field that a state does not have',
    '\\"Type\\":\\"Succeed\\"',
    '\\"Type\\":\\"Succeed\\",\\"Next\\":\\"Run\\"',
    'E3601',
  ],
])('cfn-lint finds %s', (_, text, wrong, rule) => {
  const template = readFileSync(files['flights'] ?? '', 'utf8');
  expect(template).toContain(text);
  const file = join(folder, 'wrong.template.json');
  writeFileSync(file, template.replace(text, wrong));
  expect(lint(file, ['us-east-1']).map(({ Rule }) => Rule.Id)).toContain(rule);
});

it('the schema of state machines still lacks what is added to it here', () => {
  expect(lacking).toEqual(['parallel Parameters', 'succeed InputPath', 'succeed OutputPath']);
});

it.each(Object.entries(REPLACED_FOR))(
  '%s is replaced for the properties that the tests of releases hold on to',
  (type, names) => {
    const properties = registrySchema(type).createOnlyProperties?.map((path) => path.replace('/properties/', ''));
    expect(properties?.toSorted()).toEqual(names.toSorted());
  },
);
