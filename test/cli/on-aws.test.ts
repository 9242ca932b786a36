/** Commands about runs on AWS, as far as no deployment is needed to see what they say. */

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Answer, DEPLOYED, useEndpoint } from '../aws/endpoint.ts';
import { answering, attempt, chain, resultOf, STARTED, type Stored } from '../aws/runs.ts';
import { ebbtide as ebbtideIn, project, temporaryFolder } from './fixtures.ts';

const endpoint = useEndpoint();
const root = project(temporaryFolder(), {});
const ebbtide = (...args: string[]) => ebbtideIn(...args, '--dir', join(root, 'runs'));
const OTHER = `${DEPLOYED.stateMachineArn}Again`;
let machines: readonly string[];
let stored: Stored;
let denied: (action: string, body: Record<string, unknown>) => boolean;

beforeEach(() => {
  vi.spyOn(process, 'cwd').mockReturnValue(root);
  machines = [DEPLOYED.stateMachineArn];
  stored = {};
  denied = () => false;
  const answer = answering(() => stored);
  endpoint.answer = (action, body): Answer => {
    if (denied(action, body)) return { error: 'AccessDeniedException', message: 'no' };
    if (action === 'ListStateMachines')
      return { body: { stateMachines: machines.map((stateMachineArn) => ({ stateMachineArn, type: 'STANDARD' })) } };
    if (action === 'ListTagsForResource')
      return {
        body: {
          tags: [
            { key: 'ebbtide:pipeline', value: 'flights' },
            { key: 'ebbtide:deployment', value: String(body['resourceArn']).split(':').at(-1) },
          ],
        },
      };
    if (action === 'StartExecution') return { body: { executionArn: `${DEPLOYED.stateMachineArn}:${body['name']}` } };
    return answer(action, body);
  };
});
afterEach(() => vi.restoreAllMocks());

const failed = (message: string) => {
  const error = { name: 'Evil\u001b[31m', message };
  const result = resultOf({
    error,
    tasks: { first: { status: 'SUCCEEDED', retriesUsed: 0 }, second: { status: 'FAILED', retriesUsed: 0, error } },
  });
  const history = chain(
    STARTED,
    ...attempt('first'),
    ['TaskStateEntered', { name: 'second', input: '{}' }],
    ['LambdaFunctionScheduled', { resource: 'arn:f', input: '{}' }],
    ['LambdaFunctionFailed', { error: error.name, cause: JSON.stringify({ errorMessage: message }) }],
    ['ExecutionFailed', { error: 'TaskFailed', cause: JSON.stringify(result) }],
  );
  return { status: 'FAILED', history, cause: result, error: 'TaskFailed' };
};

describe('ebbtide start', () => {
  it('says which run it has started to whoever may start runs and look at none', async () => {
    denied = (action) => ['DescribeExecution', 'ListFunctions'].includes(action);
    const { exitCode, stdout } = await ebbtide('start', 'flights', '--name', 'one');
    expect(stdout).toContain('started the run one of flights on AWS, eu-west-1, Flights\n');
    expect(stdout).toContain(`console: https://eu-west-1.console.aws.amazon.com/states/`);
    expect(exitCode).toBe(0);
  });

  it.each([
    ['{"keep":"yes"}', 'the input has "keep": "yes"'],
    ['{"resume":"one"}', 'to go on with a run: ebbtide resume flights <run>'],
  ])('refuses the input %s', async (input, message) => {
    const { exitCode, stderr } = await ebbtide('start', 'flights', '--input', input);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
    expect(endpoint.asked).not.toContain('StartExecution');
  });
});

describe('what a run brings of control characters', () => {
  const EVIL = '\u001b]0;owned\u0007\u001b[2J\u009b31mbad\rgood\nline\u202e\u0000';

  it.each([
    ['show', 'flights', 'one', '--verbose'],
    ['show', 'flights', 'one', '--json'],
    ['watch', 'flights', 'one', '--json'],
    ['watch', 'flights', 'one'],
    ['list', 'flights'],
  ])('does nothing to the terminal of ebbtide %s', async (...args) => {
    stored = { 'run/one': failed(EVIL) };
    const { stdout, stderr } = await ebbtide(...args);
    expect(stdout).toContain('FAILED');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    if (args[0] !== 'list' && !args.includes('--json')) expect(stdout).toContain('badgood\n');
  });
});

describe('a pipeline that is deployed twice', () => {
  it('has its runs listed of both, and is ambiguous for whatever is about one', async () => {
    machines = [DEPLOYED.stateMachineArn, OTHER];
    stored = { 'run/one': failed('x') };
    const { stdout } = await ebbtide('list', 'flights', '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ run: 'one', where: { stateMachineArn: DEPLOYED.stateMachineArn } }]);
    expect((await ebbtide('list')).stdout).toContain('flights on AWS, eu-west-1, Flights\n');
    const { stderr, exitCode } = await ebbtide('show', 'flights');
    expect(stderr).toContain(`--state-machine ${OTHER}`);
    expect(exitCode).toBe(2);
  });

  it('of which one may not be asked is shown by the other', async () => {
    machines = [DEPLOYED.stateMachineArn, OTHER];
    stored = { 'run/one': failed('x') };
    denied = (_, body) => [body['stateMachineArn'], body['executionArn']].some((arn) => String(arn).includes('Again'));
    const { stdout, stderr, exitCode } = await ebbtide('list');
    expect(stdout).toMatch(/one +FAILED/);
    expect(stderr).toMatch(/^left out: /);
    expect(exitCode).toBe(0);
    expect((await ebbtide('show', 'one')).stdout).toContain('flights one  FAILED');
  });
});

it('the machines of an account are looked at once by a command', async () => {
  stored = { 'run/one': failed('x') };
  await ebbtide('show', 'one');
  expect(endpoint.asked.filter((action) => action === 'ListStateMachines')).toHaveLength(1);
});

it.each(['one', 'two'])('a resumed run is shown and watched by the name %s', async (name) => {
  const kept = failed('x');
  stored = {
    'run/one': { ...kept, cause: { ...kept.cause, keptUntil: '2999-01-01T00:00:00.000Z' } },
    'run/two': {
      status: 'SUCCEEDED',
      history: chain(STARTED, ['ExecutionSucceeded', { output: JSON.stringify(resultOf({ status: 'SUCCEEDED' })) }]),
      input: { resume: 'one' },
      startedAt: 600,
    },
  };
  expect((await ebbtide('show', name)).stdout).toContain('resumed by the execution two');
  const { exitCode, stdout } = await ebbtide('watch', 'flights', name);
  expect(stdout).toContain('run one, execution two');
  expect(exitCode).toBe(0);
});
