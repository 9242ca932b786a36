/** The embedded S3 endpoint with two buckets, and ways to make it, or the way to it, go wrong. */

import { Agent, request } from 'node:http';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import { eachLimited } from '../../lambdas/storage/each-limited.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION, type Refusal, type S3Request, startS3 } from '../../local/s3/endpoint.ts';

export const BUCKETS = { runs: 'runs-bucket', results: 'results-bucket' } as const;

export interface S3Fixture {
  readonly endpoint: string;
  /** Without faults. */
  readonly s3: S3Client;
  /** A client of a test's own, to put faults into. */
  newClient(config?: S3ClientConfig): S3Client;
  /** Lets the endpoint itself refuse requests; without an argument, none any more. */
  refuse(why?: (request: S3Request) => Refusal | undefined): void;
  put(key: string, body?: string | Uint8Array): Promise<void>;
  putAll(keys: Iterable<string>, body?: string): Promise<void>;
  text(key: string, bucket?: string): Promise<string>;
  /** All keys under a prefix of the runs bucket, sorted as JavaScript sorts. */
  keys(prefix?: string): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startS3Fixture(): Promise<S3Fixture> {
  let refusal: ((request: S3Request) => Refusal | undefined) | undefined;
  const server = await startS3({ refuse: (request) => refusal?.(request) });
  for (const name of Object.values(BUCKETS)) server.createBucket(name);
  const clients: S3Client[] = [];
  const newClient = (config: S3ClientConfig = {}): S3Client => {
    const client = new S3Client({
      endpoint: server.endpoint,
      region: LOCAL_REGION,
      credentials: LOCAL_CREDENTIALS,
      forcePathStyle: true,
      ...config,
    });
    clients.push(client);
    return client;
  };
  const s3 = newClient();
  // Without the SDK, which takes twice as long for a small object.
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const put = (key: string, body: string | Uint8Array = 'x') =>
    new Promise<void>((resolve, reject) => {
      const path = key.split('/').map(encodeURIComponent).join('/');
      // Without a length and a type, fauxqs takes no empty body.
      const headers = { 'content-length': Buffer.byteLength(body), 'content-type': 'application/octet-stream' };
      const sent = request(
        `${server.endpoint}/${BUCKETS.runs}/${path}`,
        { method: 'PUT', agent, headers },
        (answer) => {
          answer.resume().once('end', () => {
            if (answer.statusCode === 200) resolve();
            else reject(new Error(`PUT ${key}: ${answer.statusCode}`));
          });
        },
      );
      sent.once('error', reject).end(body);
    });
  return {
    endpoint: server.endpoint,
    s3,
    newClient,
    refuse: (why) => {
      refusal = why;
    },
    put,
    putAll: (keys, body) => eachLimited(keys, 32, (key) => put(key, body)),
    text: async (key, bucket = BUCKETS.runs) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await Body?.transformToString()) ?? '';
    },
    keys: async (prefix = '') => {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ Bucket: BUCKETS.runs, Prefix: prefix, ContinuationToken: token }),
        );
        keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
        token = page.NextContinuationToken;
      } while (token);
      return keys.sort();
    },
    stop: async () => {
      for (const client of clients) client.destroy();
      agent.destroy();
      await server.stop();
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: inputs and outputs of any command
type Any = any;

/** The environment that a function has here, until `vi.unstubAllEnvs()`. */
export function stubFunctionEnvironment({ endpoint }: S3Fixture, own: Readonly<Record<string, string>>): void {
  const environment = {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    POWERTOOLS_METRICS_DISABLED: 'true',
    EBBTIDE_DEPLOYMENT: 'Stack/Pipeline',
    EBBTIDE_RUNS_BUCKET: BUCKETS.runs,
    EBBTIDE_RESULTS_BUCKET: BUCKETS.results,
    ...own,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
}

/**
 * @param send carries the command out, with another input where one is given
 * @param call counts from 1
 */
export type Fault = (input: Any, send: (input?: Any) => Promise<Any>, call: number) => Promise<Any>;

/** Comes between a client and the answers to one command: once a command, outside of the SDK's retries. */
export function intercept(client: S3Client, command: string, fault: Fault): void {
  let calls = 0;
  client.middlewareStack.add(
    (next: Any, context) => async (args: Any) => {
      if (context.commandName !== command) return next(args);
      const send = async (input = args.input) => (await next({ ...args, input })).output;
      calls += 1;
      return { response: undefined, output: await fault(args.input, send, calls) };
    },
    { step: 'initialize' },
  );
}

/** The same for every request that is made for a command, the SDK's retries included; there is no `input` to change. */
export function interceptRequests(client: S3Client, command: string, fault: Fault): void {
  let calls = 0;
  client.middlewareStack.add(
    (next: Any, context) => async (args: Any) => {
      if (context.commandName !== command) return next(args);
      let result: Any;
      const send = async () => {
        result = await next(args);
        return result.output;
      };
      calls += 1;
      const output = await fault(undefined, send, calls);
      return { ...result, output };
    },
    { step: 'deserialize', priority: 'high' },
  );
}

/** The request is carried out, and the connection breaks before its answer arrives; only the first time. */
export const loseFirstAnswer: Fault = async (_, send, call) => {
  const output = await send();
  if (call === 1) throw connectionReset();
  return output;
};

export function connectionReset(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}

export function s3Error(name: string, httpStatusCode: number, message: string = name): S3ServiceException {
  return new S3ServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode } });
}
