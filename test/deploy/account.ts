/** The account that the suite deploys to: MiniStack, and nothing else, whatever is configured on this machine. */

import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';

export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
/** Where main.ts tells the tests of MiniStack, and of a folder that goes with it. */
export const ENDPOINT_VARIABLE = 'EBBTIDE_TEST_DEPLOY_ENDPOINT';
export const FOLDER_VARIABLE = 'EBBTIDE_TEST_DEPLOY_FOLDER';

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/** @throws where the endpoint is not on this machine */
export function emulatorAt(endpoint: string | undefined): string {
  const host = URL.canParse(endpoint ?? '') ? new URL(endpoint ?? '').hostname : undefined;
  if (endpoint !== undefined && host === '127.0.0.1') return endpoint;
  throw new Error(`${ENDPOINT_VARIABLE} is ${endpoint}; it must be http://127.0.0.1:<port>: run npm run test:deploy`);
}

/**
 * The environment of a process that calls AWS: all of its calls go to the emulator, with credentials that are none. What
 * this process has of AWS is not in it, nor anything else but the way to programs.
 *
 * @param folder stands for the user's home
 */
export function environmentFor(endpoint: string, folder: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    TMPDIR: folder,
    CI: '1',
    AWS_CONFIG_FILE: `${folder}/no-config`,
    AWS_SHARED_CREDENTIALS_FILE: `${folder}/no-credentials`,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: emulatorAt(endpoint),
    // Buckets are part of the path then: their hosts do not resolve here.
    AWS_ENDPOINT_URL_S3: emulatorAt(endpoint),
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    CDK_DISABLE_VERSION_CHECK: '1',
  };
}

export function clients() {
  const endpoint = emulatorAt(process.env[ENDPOINT_VARIABLE]);
  const common = { endpoint, region: REGION, credentials: CREDENTIALS };
  return {
    sfn: new SFNClient(common),
    s3: new S3Client({ ...common, forcePathStyle: true }),
    lambda: new LambdaClient(common),
  };
}

/** A call of a service whose SDK is not among ours. @param target as the service's JSON protocol names it */
export async function callJson(target: string, body: unknown): Promise<Answer> {
  const service = target.startsWith('AWSEvents') ? 'events' : 'logs';
  return answerOf(
    await fetch(emulatorAt(process.env[ENDPOINT_VARIABLE]), {
      method: 'POST',
      headers: { ...signedFor(service), 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    }),
  );
}

export async function callRest(service: string, path: string, method = 'GET', body?: unknown): Promise<Answer> {
  return answerOf(
    await fetch(emulatorAt(process.env[ENDPOINT_VARIABLE]) + path, {
      method,
      headers: signedFor(service),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    }),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: what services answer, of any shape
export type Answer = Record<string, any>;

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${text}`);
  return text === '' ? {} : JSON.parse(text);
}

/** MiniStack reads the service and the region there, and does not check the signature. */
function signedFor(service: string): Record<string, string> {
  const scope = `${CREDENTIALS.accessKeyId}/20260101/${REGION}/${service}/aws4_request`;
  return { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none` };
}
