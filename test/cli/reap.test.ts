import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { renderReap } from '../../cli/render/reap.ts';
import type { ReapSummary } from '../../lambdas/reaper/summary.ts';
import { ebbtide } from './fixtures.ts';

const SUMMARY: ReapSummary = { active: 12, kept: 1, released: 2, expired: 3, orphansFound: 4, failed: 0 };
const NONE: ReapSummary = { active: 0, kept: 0, released: 0, expired: 0, orphansFound: 0, failed: 0 };

/** As Lambda's Invoke answers: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

let answer: Answer;
const requests: { readonly path: string; readonly body: string }[] = [];
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  requests.push({ path: `${request.method} ${request.url}`, body: Buffer.concat(chunks).toString() });
  response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
  response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
});
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  requests.length = 0;
  answer = { body: SUMMARY };
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});

const reap = (...args: string[]) => ebbtide('reap', '--function', 'flights-reaper', ...args);

describe('ebbtide reap --function', () => {
  it('invokes the reaper of a deployed pipeline and tells what it did', async () => {
    const { exitCode, stdout, stderr } = await reap();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(requests).toEqual([
      { path: 'POST /2015-03-31/functions/flights-reaper/invocations', body: '{"dryRun":false}' },
    ]);
    expect(stdout.split('\n')).toEqual([
      '22 runs',
      'active    12  an execution or its finalizer works on them',
      'kept       1  over, and kept until their lease ends',
      'expired    3  their lease was over: deleted',
      'released   2  written to after their end: deleted',
      'orphans    4  nobody had seen to their end: finalized, or deleted',
      "failed     0  nothing could be done: the reaper's log says why",
      '',
    ]);
  });

  it('takes an ARN', async () => {
    const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:flights-reaper';
    expect(await ebbtide('reap', '--function', arn)).toMatchObject({ exitCode: 0 });
    expect(requests[0]?.path).toContain(encodeURIComponent(arn));
  });

  it('with --dry-run has nothing done, and says so', async () => {
    const { stdout } = await reap('--dry-run');
    expect(requests[0]?.body).toBe('{"dryRun":true}');
    expect(stdout).toContain('22 runs, and nothing was done');
    expect(stdout).toContain('their lease was over: would be deleted');
  });

  it('with --json prints the summary, and nothing else', async () => {
    const { exitCode, stdout, stderr } = await reap('--json');
    expect({ exitCode, stderr, summary: JSON.parse(stdout) }).toEqual({ exitCode: 0, stderr: '', summary: SUMMARY });
  });

  it('ends with exit code 1 where something could not be done', async () => {
    answer = { body: { ...SUMMARY, failed: 1 } };
    expect(await reap()).toMatchObject({ exitCode: 1, stderr: '', stdout: expect.stringContaining('failed     1') });
  });

  const unhandled = { 'x-amz-function-error': 'Unhandled' };
  const error = (name: string) => ({ 'x-amzn-errortype': name });
  it.each<[string, Answer, string[]]>([
    [
      'failed',
      { headers: unhandled, body: { errorType: 'AccessDenied', errorMessage: 'no listing', trace: [] } },
      ['the reaper flights-reaper failed: AccessDenied: no listing', 'log'],
    ],
    [
      'ran out of time',
      { headers: unhandled, body: { errorMessage: '2026-01-02 Task timed out after 900.00 seconds' } },
      ['failed: 2026-01-02 Task timed out'],
    ],
    ['failed without a word', { headers: unhandled, body: '' }, ['the reaper flights-reaper failed']],
    ['refused', { body: { refused: 'invoke the reaper with {}' } }, ['invoke the reaper with {}']],
    ['is another', { body: { hello: 'world' } }, ['not a reaper', '{"hello":"world"}', 'ReaperFunctionName']],
    ['answers nothing', { body: 'null' }, ['not a reaper', 'null']],
    ['does not answer JSON', { body: '<html>' }, ['not a reaper', '<html>']],
    [
      'is not there',
      { status: 404, headers: error('ResourceNotFoundException'), body: { Message: 'Function not found' } },
      ['no function flights-reaper', 'ReaperFunctionName'],
    ],
    [
      'may not be invoked',
      { status: 403, headers: error('AccessDeniedException'), body: { Message: 'User: me is not authorized' } },
      ['you may not invoke flights-reaper', 'User: me'],
    ],
    [
      'has such a name',
      { status: 400, headers: error('ValidationException'), body: { message: 'a name must be shorter' } },
      ['could not be invoked', 'ValidationException: a name must be shorter'],
    ],
  ])('of a function that %s ends with exit code 1 and says so', async (_, given, told) => {
    answer = given;
    const { exitCode, stdout, stderr } = await reap('--json');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    const { code, message } = JSON.parse(stderr);
    expect(code).toMatch(/^(Aws\w+|ReaperFailed)$/);
    for (const text of told) expect(message).toContain(text);
  });

  it('without a region says which variable to set', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    const { exitCode, stderr } = await reap();
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('set AWS_REGION') });
  });
});

describe('ebbtide reap, used wrongly,', () => {
  it.each([
    ['with a pipeline and a function', ['flights', '--function', 'x'], 'a reaper function is of one pipeline'],
    ['with no name of a function', ['--function', ''], '--function'],
    ['with a pipeline that has had no run', ['flihgts', '--local', '--dir', import.meta.dirname], '"flihgts"'],
  ])('%s ends with exit code 2 and invokes nothing', async (_, args, told) => {
    const { exitCode, stdout, stderr } = await ebbtide('reap', ...args);
    expect({ exitCode, stdout, requests }).toEqual({ exitCode: 2, stdout: '', requests: [] });
    expect(stderr).toContain(told);
  });
});

describe('a summary', () => {
  it('of nothing says that nothing is there', () => {
    expect(renderReap(NONE, false, (_, text) => text)).toBe('nothing is left of any run');
  });

  it('shows in colour what there is', () => {
    const marked = renderReap({ ...NONE, failed: 1 }, false, (style, text) =>
      style === 'dim' ? text : `<${style}:${text}>`,
    );
    expect(marked).toContain('<bold:1 run>');
    expect(marked).toContain('<red:failed>');
    expect(marked).not.toContain('<green');
  });
});
