import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { expect, it } from 'vitest';
import { Pipeline } from '../../../infra/index.ts';
import { functionOf, newStack, resourcesOf, roleStatements, temporaryFolder, writeTinyHandlers } from '../fixtures.ts';
import { plan } from '../graph.ts';

const folder = temporaryFolder();
const stack = newStack(join(folder, 'out'));
const pipeline = new Pipeline(stack, 'Trips', { plan, handlers: writeTinyHandlers(join(folder, 'handlers'), plan) });
const GRANTS = ['grantStartExecution', 'grantStopExecution', 'grantRead', 'grantReadResults', 'grantReap'] as const;
for (const grant of GRANTS) {
  const role = new Role(stack, grant, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  pipeline[grant](role).assertSuccess();
}
const template = Template.fromStack(stack);
const id = (type: string, prefix: string) =>
  resourcesOf(template, type).find((found) => found.id.startsWith(prefix))?.id;
const machine = id('AWS::StepFunctions::StateMachine', 'TripsStateMachine');
const finalizer = id('AWS::StepFunctions::StateMachine', 'TripsFinalizer');
const results = id('AWS::S3::Bucket', 'TripsResults');
const reaper = functionOf(template, '_reaper').id;
const executions = (name?: string) => `arn:aws:states:<AWS::Region>:<AWS::AccountId>:execution:<${name}.Name>:*`;
const mapRuns = (name?: string) => `arn:aws:states:<AWS::Region>:<AWS::AccountId>:mapRun:<${name}.Name>/*`;

it.each<[(typeof GRANTS)[number], object[]]>([
  ['grantStartExecution', [{ Action: 'states:StartExecution', Resource: `<${machine}>` }]],
  ['grantStopExecution', [{ Action: 'states:StopExecution', Resource: executions(machine) }]],
  [
    'grantRead',
    [
      {
        Action: ['states:DescribeStateMachine', 'states:ListExecutions', 'states:ListTagsForResource'],
        Resource: [`<${machine}>`, `<${finalizer}>`],
      },
      {
        Action: ['states:DescribeExecution', 'states:DescribeStateMachineForExecution', 'states:GetExecutionHistory'],
        Resource: [executions(machine), executions(finalizer)],
      },
      { Action: 'states:DescribeMapRun', Resource: [mapRuns(machine), mapRuns(finalizer)] },
    ],
  ],
  [
    'grantReadResults',
    [
      { Action: 's3:GetObject', Resource: `<${results}.Arn>/results/trips/*` },
      {
        Action: 's3:ListBucket',
        Resource: `<${results}.Arn>`,
        Condition: { StringLike: { 's3:prefix': 'results/trips/*' } },
      },
    ],
  ],
  ['grantReap', [{ Action: 'lambda:InvokeFunction', Resource: [`<${reaper}.Arn>`, `<${reaper}.Arn>:*`] }]],
])('%s allows just that', (grant, allowed) => {
  const statements = roleStatements(template)
    .filter(({ role }) => new RegExp(`^${grant}\\w{8}$`).test(role))
    .map(({ role: _, Effect, ...statement }) => ({ ...statement, ...(Effect !== 'Allow' && { Effect }) }));
  expect(statements).toEqual(allowed);
});
