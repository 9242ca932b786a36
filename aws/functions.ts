/** The functions of a deployed pipeline, by their environment: that which the construct gave them says whose they are. */

import { type FunctionConfiguration, type LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import { ENVIRONMENT } from '../state-machines/contract/environment.ts';
import { tagValue } from '../state-machines/contract/tags.ts';
import type { Deployed } from './find-pipelines.ts';

export interface PipelineFunctions {
  /** Log groups, by the names of tasks and hooks. */
  readonly logGroups: Readonly<Record<string, string>>;
  /** The name of the reaper function. */
  readonly reaper?: string;
}

/** Looks at all functions of the region, fifty at a time. */
export async function functionsOf(client: LambdaClient, deployed: Deployed): Promise<PipelineFunctions> {
  const logGroups: Record<string, string> = {};
  let reaper: string | undefined;
  for await (const { Functions = [] } of paginateListFunctions({ client }, {})) {
    for (const configuration of Functions) {
      const variables = configuration.Environment?.Variables ?? {};
      if (variables[ENVIRONMENT.stateMachine] === deployed.stateMachineArn) reaper = configuration.FunctionName;
      const task = variables[ENVIRONMENT.task];
      if (task && isOf(variables, deployed)) logGroups[task] = logGroupOf(configuration);
    }
  }
  return { logGroups, ...(reaper && { reaper }) };
}

/** A stack may have more than one pipeline; each has a deployment and buckets of its own. */
function isOf(variables: Readonly<Record<string, string>>, { deployment, runsBucket }: Deployed): boolean {
  return (
    tagValue(variables[ENVIRONMENT.deployment] ?? '') === deployment &&
    (runsBucket === undefined || variables[ENVIRONMENT.runsBucket] === runsBucket)
  );
}

function logGroupOf({ LoggingConfig, FunctionName }: FunctionConfiguration): string {
  return LoggingConfig?.LogGroup ?? `/aws/lambda/${FunctionName}`;
}
