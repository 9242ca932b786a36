/** What keeps AWS from being asked, in the words of whoever asked it. */

import type { AwsErrorCode } from '../state-machines/contract/error-codes.ts';
import { UsageError } from '../state-machines/contract/errors.ts';

export type { AwsErrorCode };

/** Whatever it is that was asked, it was not done, or it cannot be told whether it was. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: AwsErrorCode;

  constructor(code: AwsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The same error in words; one that has them already, or is none of AWS, as it is. */
export function inWords(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AwsError || error instanceof UsageError) return error;
  if (error.name === 'AbortError') return error;
  const [code, message] = explained(error as SdkError);
  return code === undefined ? error : new AwsError(code, message, { cause: error });
}

interface SdkError extends Error {
  readonly $fault?: 'client' | 'server';
  readonly $metadata?: { readonly attempts?: number; readonly httpStatusCode?: number };
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

type Explained = readonly [AwsErrorCode, string] | readonly [undefined];

const EXPIRED = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'];
const UNKNOWN_CREDENTIALS = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'IncompleteSignature',
  'MissingAuthenticationTokenException',
  'MissingAuthenticationToken',
  'OptInRequired',
];
const DENIED = ['AccessDeniedException', 'AccessDenied', 'NotAuthorized'];
const THROTTLED = [
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
];
/** Of Node: https://nodejs.org/api/errors.html#common-system-errors */
const UNREACHABLE = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'EPIPE'];

function explained(error: SdkError): Explained {
  const { name, message } = error;
  if (message === 'Region is missing')
    return [
      'AwsRegion',
      'no AWS region is known: set AWS_REGION, or a region in the profile (aws configure set region)',
    ];
  if (name === 'TokenProviderError' || /\bSSO\b|aws sso login/i.test(message))
    return ['AwsCredentials', `the AWS login has expired, or there was none: run aws sso login (${sentence(message)})`];
  if (['CredentialsProviderError', 'ProviderError'].includes(name)) return ['AwsCredentials', noCredentials(message)];
  if (EXPIRED.includes(name))
    return ['AwsCredentials', `the AWS credentials have expired: log in again, or get new ones (${sentence(message)})`];
  if (UNKNOWN_CREDENTIALS.includes(name))
    return [
      'AwsCredentials',
      `AWS does not take these credentials: are they of this account, this partition and this endpoint? (${sentence(message)})`,
    ];
  if (DENIED.includes(name)) return ['AwsDenied', denied(message)];
  if (THROTTLED.includes(name))
    return [
      'AwsThrottled',
      `AWS takes no more requests for now, and did not after ${error.$metadata?.attempts ?? 'several'} attempts: others in this account and region ask a lot at the same time; try again in a minute (${sentence(message)})`,
    ];
  if (isUnreached(error)) return ['AwsUnreachable', unreachable(error)];
  if ((name === 'SyntaxError' || name === 'Unknown') && error.$metadata)
    return [
      'AwsFailed',
      `what answered is not AWS: no JSON (HTTP ${error.$metadata.httpStatusCode ?? 'status unknown'}); is there a proxy in between, or is ${endpointVariable()?.join(' ') ?? 'the endpoint'} another service?`,
    ];
  if (error.$fault || error.$metadata) return ['AwsFailed', `AWS refused it: ${name}: ${sentence(message)}`];
  return [undefined];
}

function noCredentials(message: string): string {
  const profile = process.env['AWS_PROFILE'];
  const whose = profile ? `no AWS credentials were found for AWS_PROFILE=${profile}` : 'no AWS credentials were found';
  return `${whose}: set AWS_PROFILE to a profile that has some, or log in with aws login or aws sso login (${sentence(message)})`;
}

function denied(message: string): string {
  const action = /(?:to perform|perform:?)\s+([a-z0-9-]+:[A-Za-z]+)/.exec(message)?.[1];
  const grant = action && GRANTS[action];
  const mend = grant
    ? `; ${grant}`
    : '; ask whoever deployed the pipeline for pipeline.grantRead(…), grantStartExecution(…), grantStopExecution(…) or grantReap(…)';
  return `your AWS credentials may not do that${action ? ` (${action})` : ''}${mend}. AWS says: ${sentence(message)}`;
}

const READ = 'pipeline.grantRead(…) allows it to a role or a user';
const ACCOUNT_WIDE =
  'AWS allows it for the whole account or not at all: add it to a policy of yours, for the resource "*"';

/** What gives each action that is asked for here. */
const GRANTS: Readonly<Record<string, string>> = {
  'states:ListStateMachines': `${ACCOUNT_WIDE}; or name the deployment with --state-machine <arn>`,
  'states:ListTagsForResource': READ,
  'states:ListExecutions': READ,
  'states:DescribeExecution': READ,
  'states:GetExecutionHistory': READ,
  'states:DescribeStateMachine': READ,
  'states:DescribeMapRun': READ,
  'states:StartExecution': 'pipeline.grantStartExecution(…) allows it to a role or a user',
  'states:StopExecution': 'pipeline.grantStopExecution(…) allows it to a role or a user',
  'sts:AssumeRole': 'the role in your profile must trust you, and a policy of yours allow it',
  'lambda:ListFunctions': `${ACCOUNT_WIDE}; or name the reaper function with --function`,
  'lambda:InvokeFunction': 'pipeline.grantReap(…) allows it to a role or a user',
};

/** Of TLS, which a proxy ends, or an endpoint does not speak. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|^EPROTO$|^ERR_SSL_/;

function unreachable({ code = '', name, message, hostname, address, port }: SdkError): string {
  const where = hostname ?? (address === undefined ? undefined : `${address}:${port}`);
  const endpoint = endpointVariable();
  const hint = endpoint
    ? `${endpoint[0]} is ${endpoint[1]}: does it run?`
    : 'is there a way to the internet from here, and is the region one that exists?';
  const tls = TLS.test(code) ? '; where a proxy ends TLS, NODE_EXTRA_CA_CERTS names the file with its certificate' : '';
  const reason = [code || name, message.trim().replace(/\.$/, '')].filter(Boolean).join(': ');
  return `AWS cannot be reached${where ? ` at ${where}` : ''} (${reason}); ${hint}${tls}`;
}

function endpointVariable(): [name: string, value: string] | undefined {
  for (const [name, value] of Object.entries(process.env))
    if (name.startsWith('AWS_ENDPOINT_URL') && value) return [name, value];
  return undefined;
}

/** Whether a request came to nobody. */
export function isUnreached(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, code = '' } = error as SdkError;
  return UNREACHABLE.includes(code) || TLS.test(code) || name === 'TimeoutError';
}

/** Without the full stop. */
function sentence(message: string): string {
  return message.trim().replace(/\.$/, '') || 'no reason was given';
}

/** Whether AWS said that this may not be asked. */
export function isDenied(error: unknown): boolean {
  return (
    error instanceof Error && (DENIED.includes(error.name) || (error instanceof AwsError && error.code === 'AwsDenied'))
  );
}
