/** What CloudFormation and Step Functions would refuse of a pipeline, said before anything is deployed. */

import { CfnResource, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Definition } from '../state-machines/compiler/asl.ts';
import { STACK_RESOURCES } from '../state-machines/compiler/limit-shares.ts';
import { DEFINITION_BYTES, type LimitName, SMALLER_DEFINITION } from '../state-machines/compiler/limits.ts';
import { UsageError } from '../state-machines/contract/errors.ts';
import { GraphError, problem } from '../state-machines/graph/errors.ts';

/** `arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:` and a name of 64 characters, the longest. */
const LONGEST_ARN = 'x'.repeat(123);

/** The compiler reckons with short placeholders. @throws GraphError where the definition is too large with ARNs in it */
export function refuseLargeDefinition(
  pipeline: string,
  name: LimitName & `${string}definition`,
  definition: Definition,
): void {
  const used = Buffer.byteLength(JSON.stringify(definition).replaceAll(/\$\{\w+\}/g, LONGEST_ARN));
  if (used <= DEFINITION_BYTES) return;
  const message = `with the ARNs of its functions the ${name} can take ${used} bytes, and Step Functions takes ${DEFINITION_BYTES}; ${SMALLER_DEFINITION}`;
  throw new GraphError(pipeline, [
    { ...problem('LimitExceeded', message), limit: { name, used, allowed: DEFINITION_BYTES } },
  ]);
}

/** CDK reads it too; 0 is no limit. */
const LIMIT_CONTEXT = '@aws-cdk/core:stackResourceLimit';

/** @throws UsageError where a stack has more resources than CloudFormation takes, this pipeline's among them */
export function refuseLargeStack(construct: Construct, pipeline: string): void {
  const allowed = Number(construct.node.tryGetContext(LIMIT_CONTEXT) ?? STACK_RESOURCES);
  const count = (root: Construct) => root.node.findAll().filter(CfnResource.isCfnResource).length;
  const inStack = count(Stack.of(construct));
  if (allowed === 0 || inStack <= allowed) return;
  throw new UsageError(
    'PipelineInvalid',
    `the stack has ${inStack} resources, ${count(construct)} of them the pipeline "${pipeline}"'s, and CloudFormation takes ${allowed}; a task or a hook needs at least four: give the pipeline a stack of its own, split it in two, one started by the other, or put small tasks of one chain into one task`,
  );
}
