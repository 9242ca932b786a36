/** Calls the reaper of a pipeline that is deployed. */

import type { ReapSummary } from '../lambdas/reaper/summary.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { show } from '../state-machines/contract/show.ts';

/** It was not reaped, and the message says why in the words of whoever asked for it. */
export class ReaperError extends Error {
  override readonly name = 'ReaperError';
}

/**
 * Region, endpoint and credentials are those of the environment, as the AWS CLI has them.
 *
 * @param name the function's name or ARN
 * @throws ReaperError
 */
export async function invokeReaper(name: string, dryRun: boolean): Promise<ReapSummary> {
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const client = new LambdaClient({});
  try {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify({ dryRun }) }),
    );
    const answer = parsed(Payload?.transformToString() ?? '');
    if (FunctionError) throw new ReaperError(`the reaper ${name} failed: ${failureIn(answer)}; its log says more`);
    return summaryIn(answer, name);
  } catch (error) {
    if (error instanceof ReaperError) throw error;
    throw new ReaperError(inWords(error, name), { cause: error });
  } finally {
    client.destroy();
  }
}

function summaryIn(answer: unknown, name: string): ReapSummary {
  if (isObject(answer)) {
    const { active, kept, released, expired, orphansFound, failed, refused } = answer;
    const summary = { active, kept, released, expired, orphansFound, failed };
    if (Object.values(summary).every((count) => Number.isSafeInteger(count))) return summary as ReapSummary;
    if (typeof refused === 'string') throw new ReaperError(`the reaper ${name} did not do it: ${refused}`);
  }
  throw new ReaperError(
    `the function ${name} is not a reaper: it answered ${show(answer)}; name the one in the stack's output ReaperFunctionName`,
  );
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
function failureIn(answer: unknown): string {
  if (!isObject(answer)) return show(answer);
  const { errorType, errorMessage } = answer;
  return [errorType, errorMessage].filter((text) => typeof text === 'string' && text !== '').join(': ') || show(answer);
}

function inWords(error: unknown, name: string): string {
  const { name: type, message } = error instanceof Error ? error : new Error(String(error));
  switch (type) {
    case 'ResourceNotFoundException':
      return `there is no function ${name} in this account and region; its name is the stack's output ReaperFunctionName`;
    case 'AccessDeniedException':
      return `you may not invoke ${name}: ${message}`;
    case 'CredentialsProviderError':
      return `no AWS credentials were found: ${message}; set AWS_PROFILE, or log in`;
    default:
      // The SDK has no name for it.
      if (message === 'Region is missing') return 'no AWS region is known; set AWS_REGION';
      return `the reaper ${name} could not be invoked: ${type}: ${message}`;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
