/**
 * What AWS answers that MiniStack does not: errors, pages, ends of runs. Step Functions over AWS JSON 1.0, and Lambda's list:
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import type { Deployed } from '../../aws/index.ts';

export const DEPLOYED: Deployed = {
  pipeline: 'flights',
  deployment: 'Stack/Flights',
  region: 'eu-west-1',
  stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Flights',
  finalizerArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Flights-finalizer',
};

export const SETTINGS = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' } as const;

type Body = Record<string, unknown>;

/** An error's name and message, or the body of an answer. */
export type Answer = { readonly error: string; readonly message?: string } | { readonly body: Body };

export class AwsEndpoint {
  answer: (action: string, body: Body) => Answer = () => ({ body: {} });
  /** What time it is there, in milliseconds since 1970. */
  clock: () => number = () => Date.now();
  readonly requests: { readonly action: string; readonly body: Body }[] = [];
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(({ status, body, headers }) => {
      const date = new Date(this.clock()).toUTCString();
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', date, ...headers });
      response.end(JSON.stringify(body));
    });
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The names of what was asked, in order. */
  get asked(): string[] {
    return this.requests.map(({ action }) => action);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const target = request.headers['x-amz-target'];
    const action = target === undefined ? 'ListFunctions' : (String(target).split('.')[1] ?? '');
    const body: Body = text === '' ? {} : JSON.parse(text);
    this.requests.push({ action, body });
    const given = this.answer(action, body);
    if ('body' in given) return { status: 200, body: given.body };
    const { error, message = error } = given;
    return { status: 400, body: { __type: error, message }, headers: { 'x-amzn-errortype': error } };
  }
}

/** In the environment of each test of the file; without delays between attempts, of which there are two. */
export function useEndpoint(): AwsEndpoint {
  const endpoint = new AwsEndpoint();
  beforeAll(() => endpoint.start());
  afterAll(async () => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    await endpoint.stop();
  });
  beforeEach(() => {
    vi.unstubAllEnvs();
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries(SETTINGS)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_MAX_ATTEMPTS', '2');
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint.url);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    endpoint.clock = () => Date.now();
    endpoint.requests.length = 0;
    endpoint.answer = () => ({ body: {} });
  });
  return endpoint;
}
