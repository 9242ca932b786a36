/**
 * Decides as IAM would, with `@cloud-copilot/iam-simulate`. It is AGPL-licensed and therefore optional: it is loaded where
 * it is installed, and never bundled.
 */

import type { Simulation } from '@cloud-copilot/iam-simulate';
import { ACCOUNT, REGION } from '../assembly-model.ts';
import type { Call, Policy, PolicyDocument, Principal, Statement } from './permissions.ts';

export interface Decision {
  readonly allowed: boolean;
  /** The statement that denies it, and what it is a statement of; absent where none allows it. */
  readonly deniedBy?: { readonly statement: Statement; readonly of: 'role' | 'bucket' };
}

/** @param bucketPolicy of the bucket that the call is about */
export type Simulate = (principal: Principal, call: Call, bucketPolicy?: PolicyDocument) => Promise<Decision>;

/** @returns undefined where the package is not installed */
export async function loadSimulator(): Promise<Simulate | undefined> {
  let runSimulation: typeof import('@cloud-copilot/iam-simulate').runSimulation;
  try {
    ({ runSimulation } = await import('@cloud-copilot/iam-simulate'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
  // An empty package stands in for it where npm's overrides keep it out: docs/library.md.
  if (!runSimulation) return undefined;
  return async (principal, call, bucketPolicy) => {
    const answer = await runSimulation(simulationOf(principal, call, bucketPolicy), {});
    if (answer.resultType !== 'single') {
      const why = answer.resultType === 'error' ? JSON.stringify(answer.errors) : answer.resultType;
      throw new Error(`${call.action} on ${call.resource} cannot be decided for ${principal.who}: ${why}`);
    }
    const { identityAnalysis, resourceAnalysis } = answer.result.analysis;
    const [ofRole] = identityAnalysis?.denyStatements ?? [];
    const [ofBucket] = resourceAnalysis?.denyStatements ?? [];
    const by = ofRole ?? ofBucket;
    return {
      allowed: answer.overallResult === 'Allowed',
      ...(by && {
        deniedBy: {
          statement: by.statement.toJSON() as Statement,
          of: ofRole ? ('role' as const) : ('bucket' as const),
        },
      }),
    };
  };
}

function simulationOf(principal: Principal, call: Call, bucketPolicy: PolicyDocument | undefined): Simulation {
  const { role, arn, policies } = principal;
  const { action, context } = call;
  return {
    request: {
      principal: arn,
      action,
      resource: { resource: call.resource === '*' ? '*' : simulable(call.resource), accountId: ACCOUNT },
      // It drops those that the action does not have, as AWS does.
      contextVariables: { ...ofEveryRequest(role, arn), ...(action.startsWith('s3:') && OF_S3), ...context },
    },
    identityPolicies: policies.map(({ name, document }: Policy) => ({ name, policy: document })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(bucketPolicy && { resourcePolicy: bucketPolicy }),
  };
}

/**
 * A star in a key would be taken for all keys, and the end of a line matches no pattern. They become a character that
 * only a wildcard of a pattern stands for, as it stands for them.
 */
function simulable(arn: string): string {
  return arn.replace(/[*\n\r\u2028\u2029]/g, '\ufffd');
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
function ofEveryRequest(role: string, arn: string): Record<string, string> {
  const now = new Date();
  return {
    'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/${role}`,
    'aws:PrincipalAccount': ACCOUNT,
    'aws:PrincipalType': 'AssumedRole',
    'aws:PrincipalIsAWSService': 'false',
    'aws:userid': `AROA0000000000000000:${arn.split('/').at(-1)}`,
    'aws:ViaAWSService': 'false',
    'aws:ResourceAccount': ACCOUNT,
    'aws:RequestedRegion': REGION,
    'aws:SecureTransport': 'true',
    'aws:CurrentTime': now.toISOString(),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
  };
}

/** As the AWS SDK asks: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
const OF_S3: Readonly<Record<string, string>> = {
  's3:ResourceAccount': ACCOUNT,
  's3:TlsVersion': '1.3',
  's3:authType': 'REST-HEADER',
  's3:signatureversion': 'AWS4-HMAC-SHA256',
};
