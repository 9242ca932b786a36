/** Calls the reaper of a pipeline that is deployed. */

import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { ReapSummary } from '../lambdas/reaper/summary.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { show } from '../state-machines/contract/show.ts';
import { withClients } from './clients.ts';
import { AwsError, isDenied } from './errors.ts';
import type { AwsSettings } from './settings.ts';

/**
 * @param name the function's name or ARN
 * @throws AwsError
 */
export function invokeReaper(name: string, dryRun: boolean, settings: AwsSettings = {}): Promise<ReapSummary> {
  const [, region] = /^arn:[a-z-]+:lambda:([a-z0-9-]+):/.exec(name) ?? [];
  return withClients({ ...settings, ...(region && { region }) }, ({ lambda }) => askReaper(lambda, name, dryRun));
}

export async function askReaper(client: LambdaClient, name: string, dryRun: boolean): Promise<ReapSummary> {
  const { FunctionError, Payload } = await invoke(client, name, { dryRun });
  const answer = parsed(Payload?.transformToString() ?? '');
  if (FunctionError) throw failed(`the reaper ${name} failed: ${failureIn(answer)}; its log says more`);
  return summaryIn(answer, name);
}

/** Somewhat longer than the function may run. */
const LONGEST_VISIT_MS = 910_000;

async function invoke(client: LambdaClient, name: string, payload: unknown) {
  try {
    const command = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(payload) });
    return await client.send(command, { requestTimeout: LONGEST_VISIT_MS });
  } catch (error) {
    const { name: type, message } = error as Error;
    if (type === 'ResourceNotFoundException')
      throw failed(
        `there is no function ${name} in this account and region; its name is the stack's output ReaperFunctionName`,
        error,
      );
    if (isDenied(error))
      throw new AwsError(
        'AwsDenied',
        `you may not invoke ${name}: pipeline.grantReap(…) allows it to a role or a user. AWS says: ${message}`,
        { cause: error },
      );
    if (type === 'ValidationException' || type === 'InvalidParameterValueException')
      throw failed(`the reaper ${name} could not be invoked: ${type}: ${message}`, error);
    throw error;
  }
}

function summaryIn(answer: unknown, name: string): ReapSummary {
  if (isObject(answer)) {
    const { active, kept, released, expired, orphansFound, failed: failures, refused } = answer;
    const summary = { active, kept, released, expired, orphansFound, failed: failures };
    if (Object.values(summary).every((count) => Number.isSafeInteger(count))) return summary as ReapSummary;
    if (typeof refused === 'string') throw failed(`the reaper ${name} did not do it: ${refused}`);
  }
  throw failed(
    `the function ${name} is not a reaper: it answered ${show(answer)}; name the one in the stack's output ReaperFunctionName`,
  );
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
function failureIn(answer: unknown): string {
  if (!isObject(answer)) return show(answer);
  const { errorType, errorMessage } = answer;
  return [errorType, errorMessage].filter((text) => typeof text === 'string' && text !== '').join(': ') || show(answer);
}

function failed(message: string, cause?: unknown): AwsError {
  return new AwsError('ReaperFailed', message, { cause });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
