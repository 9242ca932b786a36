import { describe, expect, it, vi } from 'vitest';
import { findPipelines, RunsOnAws } from '../../aws/index.ts';
import { type Answer, DEPLOYED, useEndpoint } from './endpoint.ts';
import { answering, chain, STARTED } from './runs.ts';

const endpoint = useEndpoint();
const TAGS = [
  { key: 'ebbtide:pipeline', value: 'flights' },
  { key: 'ebbtide:deployment', value: 'Stack/Flights' },
];
const arnOf = (name: string) => DEPLOYED.stateMachineArn.replace('Flights', name);

/** An account with machines of these names, on pages of two. */
function accountOf(machines: Readonly<Record<string, Answer>>) {
  return (action: string, body: Record<string, unknown>): Answer => {
    if (action === 'ListTagsForResource')
      return machines[String(body['resourceArn']).split(':').at(-1) ?? ''] ?? { error: 'ResourceNotFound' };
    const all = Object.keys(machines).map((name) => ({
      stateMachineArn: arnOf(name),
      type: name.startsWith('Express') ? 'EXPRESS' : 'STANDARD',
    }));
    const from = Number(body['nextToken'] ?? 0);
    const to = from + 2;
    return { body: { stateMachines: all.slice(from, to), ...(to < all.length && { nextToken: String(to) }) } };
  };
}

const DENIED = { error: 'AccessDeniedException', message: 'not authorized to perform: states:ListTagsForResource' };
const OTHER = { body: { tags: [] } };

describe('pipelines', () => {
  it('are found among machines of others, on whatever page, and of which the tags may not be read', async () => {
    endpoint.answer = accountOf({ Others: DENIED, Express: DENIED, Flights: { body: { tags: TAGS } }, Plain: OTHER });
    expect(await findPipelines(['flights'])).toMatchObject([{ stateMachineArn: arnOf('Flights') }]);
    expect(endpoint.asked.filter((action) => action === 'ListTagsForResource')).toHaveLength(3);
  });

  it('are not said to be none where they may be among those', async () => {
    endpoint.answer = accountOf({ Others: DENIED, Plain: OTHER });
    await expect(findPipelines(['flights'])).rejects.toMatchObject({ code: 'AwsDenied' });
  });

  it('are none where a machine is deleted while it is looked at', async () => {
    endpoint.answer = accountOf({ Gone: { error: 'ResourceNotFound' } });
    expect(await findPipelines()).toEqual([]);
  });
});

describe('what keeps AWS from being asked is told within seconds', () => {
  it('where nobody listens', async () => {
    vi.stubEnv('AWS_MAX_ATTEMPTS', undefined);
    vi.mocked(Math.random).mockRestore();
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
    const began = performance.now();
    await expect(findPipelines()).rejects.toMatchObject({ code: 'AwsUnreachable' });
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

it('the region of AWS_DEFAULT_REGION is taken, as the AWS CLI does', async () => {
  vi.stubEnv('AWS_REGION', undefined);
  vi.stubEnv('AWS_DEFAULT_REGION', 'eu-north-1');
  endpoint.answer = accountOf({});
  expect(await findPipelines()).toEqual([]);
});

it('the links of a run are told where functions cannot be listed, for whatever reason', async () => {
  const answer = answering(() => ({ 'run/one': { status: 'RUNNING', history: chain(STARTED) } }));
  endpoint.answer = (action, body) =>
    action === 'ListFunctions' ? { error: 'UnrecognizedClientException' } : answer(action, body);
  expect(await new RunsOnAws({ deployed: DEPLOYED }).links('one')).toMatchObject({ logs: {} });
});
