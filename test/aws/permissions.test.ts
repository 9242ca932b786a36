/** What is asked of AWS is what the grants of a pipeline allow, and the two actions that no grant can. */

import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { beforeEach, expect, it } from 'vitest';
import { findPipelines, RunsOnAws } from '../../aws/index.ts';
import { Pipeline } from '../../infra/index.ts';
import { newStack, roleStatements, temporaryFolder, writeTinyHandlers } from '../infra/fixtures.ts';
import { DEPLOYED, useEndpoint } from './endpoint.ts';
import { answering, attempt, chain, plan, resultOf, STARTED, type Stored } from './runs.ts';

const folder = temporaryFolder();
const stack = newStack(join(folder, 'out'));
const pipeline = new Pipeline(stack, 'Flights', { plan, handlers: writeTinyHandlers(join(folder, 'handlers'), plan) });
const GRANTS = ['grantStartExecution', 'grantStopExecution', 'grantRead'] as const;
for (const grant of GRANTS)
  pipeline[grant](new Role(stack, grant, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })).assertSuccess();
const statements = roleStatements(Template.fromStack(stack));

function allowedBy(...grants: readonly string[]): string[] {
  return statements
    .filter(({ role }) => grants.some((grant) => role.startsWith(grant)))
    .flatMap(({ Action }) => Action)
    .map((action: string) => action.replace('states:', ''));
}

const endpoint = useEndpoint();
let runs: RunsOnAws;
let stored: Stored;
beforeEach(() => {
  runs = new RunsOnAws({ deployed: DEPLOYED, plan, pace: { shortestMs: 1, longestMs: 1 } });
  const result = resultOf({ keptUntil: '2999-01-01T00:00:00.000Z' });
  const history = chain(
    STARTED,
    ['MapStateEntered', { name: 'first', input: '{}' }],
    ['MapStateStarted', { length: 0 }],
    ['MapRunStarted', { mapRunArn: 'arn:map' }],
    ['MapRunSucceeded'],
    ...attempt('second'),
    ['ExecutionFailed', { error: 'TaskFailed', cause: JSON.stringify(result) }],
  );
  stored = { 'run/one': { status: 'FAILED', history, cause: result, error: 'TaskFailed' } };
  endpoint.answer = answering(() => stored);
});

const asked = () => [...new Set(endpoint.asked)].toSorted();

it('whoever may read can find, list, show and follow runs', async () => {
  const own = ['ListFunctions', 'ListStateMachines'];
  const answer = endpoint.answer;
  endpoint.answer = (action, body) =>
    action === 'ListStateMachines'
      ? { body: { stateMachines: [{ stateMachineArn: DEPLOYED.stateMachineArn, type: 'STANDARD' }] } }
      : answer(action, body);
  await findPipelines();
  await runs.list();
  await Array.fromAsync(runs.events('one', { follow: true }));
  await runs.links('one');
  const needed = asked().filter((action) => !own.includes(action));
  expect(allowedBy('grantRead')).toEqual(expect.arrayContaining(needed));
  // It allows no more but what the console asks for.
  expect(allowedBy('grantRead').filter((action) => !needed.includes(action))).toEqual([
    'DescribeStateMachineForExecution',
  ]);
});

it('whoever may read of one pipeline finds it among others that they may not look at', async () => {
  const foreign = `${DEPLOYED.stateMachineArn}-of-others`;
  const answer = endpoint.answer;
  endpoint.answer = (action, body) => {
    if (action === 'ListStateMachines')
      return {
        body: {
          stateMachines: [foreign, DEPLOYED.stateMachineArn].map((stateMachineArn) => ({
            stateMachineArn,
            type: 'STANDARD',
          })),
        },
      };
    if (action !== 'ListTagsForResource') return answer(action, body);
    if (body['resourceArn'] === foreign) return { error: 'AccessDeniedException' };
    return { body: { tags: [{ key: 'ebbtide:pipeline', value: 'flights' }] } };
  };
  expect((await findPipelines(['flights'])).map(({ stateMachineArn }) => stateMachineArn)).toEqual([
    DEPLOYED.stateMachineArn,
  ]);
  // It may be the one that they may not look at.
  await expect(findPipelines(['sales'])).rejects.toMatchObject({ code: 'AwsDenied' });
});

it('whoever may start too can resume', async () => {
  await runs.resume('one');
  expect(allowedBy('grantRead', 'grantStartExecution')).toEqual(expect.arrayContaining(asked()));
});

it('whoever may only start can start', async () => {
  await runs.start();
  expect(allowedBy('grantStartExecution')).toEqual(asked());
});

it('whoever may stop and read can stop', async () => {
  const result = resultOf({ status: 'ABORTED' });
  const history = chain(STARTED, ['ExecutionAborted', { cause: JSON.stringify(result) }]);
  stored = { 'run/one': { status: 'RUNNING', history } };
  await runs.stop('one');
  expect(allowedBy('grantRead', 'grantStopExecution')).toEqual(expect.arrayContaining(asked()));
});
