import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { inWords } from '../../aws/errors.ts';
import { findPipelines, RunsOnAws } from '../../aws/index.ts';
import { type Answer, DEPLOYED, useEndpoint } from './endpoint.ts';

const endpoint = useEndpoint();
const NOT_ALLOWED = (action: string) =>
  `User: arn:aws:iam::123456789012:user/me is not authorized to perform: ${action} on resource: * because no identity-based policy allows it`;

describe('what AWS answers, told in words', () => {
  it.each<[string, Answer, string, string[]]>([
    [
      'nobody may list state machines',
      { error: 'AccessDeniedException', message: NOT_ALLOWED('states:ListStateMachines') },
      'AwsDenied',
      ['(states:ListStateMachines)', '--state-machine <arn>', 'user/me'],
    ],
    [
      'a service control policy denies it without a word of the action',
      { error: 'AccessDeniedException', message: 'explicit deny' },
      'AwsDenied',
      ['grantRead', 'explicit deny'],
    ],
    [
      'the token has expired',
      { error: 'ExpiredTokenException', message: 'The security token included in the request is expired' },
      'AwsCredentials',
      ['expired'],
    ],
    [
      'the credentials are of nobody',
      { error: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' },
      'AwsCredentials',
      ['does not take these credentials'],
    ],
    [
      'it is too busy',
      { error: 'ThrottlingException', message: 'Rate exceeded' },
      'AwsThrottled',
      ['2 attempts', 'Rate exceeded'],
    ],
    [
      'it says something else',
      { error: 'InvalidToken', message: 'Invalid Token' },
      'AwsFailed',
      ['InvalidToken: Invalid Token'],
    ],
  ])('%s', async (_, answer, code, told) => {
    endpoint.answer = () => answer;
    const error = await findPipelines().catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'AwsError', code });
    for (const text of told) expect((error as Error).message).toContain(text);
  });

  it('a request that is throttled is made again', async () => {
    let times = 0;
    endpoint.answer = () => (++times === 1 ? { error: 'ThrottlingException' } : { body: { stateMachines: [] } });
    expect(await findPipelines()).toEqual([]);
    expect(times).toBe(2);
  });

  it.each([
    ['states:ListExecutions', () => new RunsOnAws({ deployed: DEPLOYED }).list(), 'grantRead'],
    ['states:StartExecution', () => new RunsOnAws({ deployed: DEPLOYED }).start(), 'grantStartExecution'],
    ['lambda:ListFunctions', () => new RunsOnAws({ deployed: DEPLOYED }).reap(), '--function'],
  ] as const)('whoever may not %s is told what would allow it', async (action, ask, told) => {
    endpoint.answer = () => ({ error: 'AccessDeniedException', message: NOT_ALLOWED(action) });
    await expect(ask()).rejects.toMatchObject({ code: 'AwsDenied', message: expect.stringContaining(told) });
  });
});

describe('what keeps AWS from being asked', () => {
  it('an endpoint that is not there', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
    await expect(findPipelines()).rejects.toMatchObject({
      code: 'AwsUnreachable',
      message: expect.stringMatching(/127\.0\.0\.1:9 .*AWS_ENDPOINT_URL is http:\/\/127\.0\.0\.1:9: does it run\?/),
    });
  });

  it('a host that has no address', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://states.invalid');
    await expect(findPipelines()).rejects.toMatchObject({
      code: 'AwsUnreachable',
      message: expect.stringContaining('states.invalid'),
    });
  });

  it('something else that answers', async () => {
    const server = createServer((_, response) => response.writeHead(502).end('<html>proxy</html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(findPipelines()).rejects.toMatchObject({
      code: 'AwsFailed',
      message: expect.stringMatching(/not AWS.*HTTP 502.*AWS_ENDPOINT_URL http/),
    });
    server.close();
  });

  it('a certificate that nobody knows', () => {
    const error = Object.assign(new Error('self-signed certificate in certificate chain'), {
      code: 'SELF_SIGNED_CERT_IN_CHAIN',
    });
    expect(inWords(error)).toMatchObject({
      code: 'AwsUnreachable',
      message: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
  });

  it('an error of our own is none of AWS', () => {
    const error = new TypeError('x is not a function');
    expect(inWords(error)).toBe(error);
  });

  it('no region', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    await expect(findPipelines()).rejects.toMatchObject({
      code: 'AwsRegion',
      message: expect.stringContaining('AWS_REGION'),
    });
  });

  it('no credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    await expect(findPipelines()).rejects.toMatchObject({
      code: 'AwsCredentials',
      message: expect.stringContaining('AWS_PROFILE'),
    });
  });

  it.each([
    [
      'a login that has expired',
      '[profile dev]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\nregion = eu-west-1\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.com/start\n',
      'aws sso login',
    ],
    ['a profile that there is not', '', 'dev'],
  ])('%s', async (_, config, told) => {
    const folder = mkdtempSync(join(tmpdir(), 'aws-'));
    writeFileSync(join(folder, 'config'), config);
    vi.stubEnv('HOME', folder);
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_PROFILE', 'dev');
    await expect(findPipelines()).rejects.toMatchObject({
      code: 'AwsCredentials',
      message: expect.stringContaining(told),
    });
  });
});
