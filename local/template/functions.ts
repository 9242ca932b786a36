import { ENVIRONMENT } from '../../state-machines/contract/environment.ts';
import { functionArn } from '../assembly-model.ts';
import type { FunctionSettings } from '../functions/sandbox.ts';
import type { Resolve } from './intrinsics.ts';
import { resourcesOf, type Synthesized } from './template.ts';

/** The functions that a machine calls, by ARN: all but the reaper, which asks Step Functions. */
export function readFunctions({ template, assetFolder }: Synthesized, resolve: Resolve): Map<string, FunctionSettings> {
  const functions = resourcesOf(template, 'AWS::Lambda::Function').flatMap(({ id, Properties }) => {
    const { Code, Environment, Handler, MemorySize, Timeout } = Properties;
    const environment = resolve(Environment.Variables) as Record<string, string>;
    if (ENVIRONMENT.stateMachine in environment) return [];
    const settings: FunctionSettings = {
      name: id,
      code: assetFolder(Code.S3Key),
      handler: Handler,
      environment,
      memoryMiB: MemorySize,
      timeoutSeconds: Timeout,
    };
    return [[functionArn(id), settings] as const];
  });
  return new Map(functions);
}
