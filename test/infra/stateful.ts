/** What a release must not replace: where data lies, what people know by name, and what executions that run at the time go on using. */

import type { Template } from 'aws-cdk-lib/assertions';
import type { Properties } from './fixtures.ts';

/**
 * The properties that CloudFormation replaces a resource for: `createOnlyProperties` in its registry, held against
 * cfn-lint's copy by test/lint.
 *
 * An execution goes on with the definition and the role that it began with, whose functions have no versions: to replace
 * a function, a role or a machine is to end what runs.
 */
export const REPLACED_FOR: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::Bucket': ['BucketName', 'BucketNamePrefix', 'BucketNamespace'],
  'AWS::StepFunctions::StateMachine': ['StateMachineName', 'StateMachineType'],
  'AWS::Lambda::Function': ['FunctionName', 'PackageType', 'TenancyConfig'],
  'AWS::IAM::Role': ['Path', 'RoleName'],
  'AWS::SQS::Queue': ['FifoQueue', 'QueueName'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
};

export interface Stateful {
  readonly Type: string;
  /** Those that it is replaced for, where it has them. */
  readonly [property: string]: unknown;
}

/** By logical id. */
export function statefulOf(template: Template): Record<string, Stateful> {
  const resources: Record<string, Properties> = template.toJSON()['Resources'];
  const stateful = Object.entries(resources).flatMap(([id, { Type, Properties = {} }]) => {
    const names = REPLACED_FOR[Type];
    if (!names) return [];
    const kept = names.filter((name) => name in Properties).map((name) => [name, Properties[name]]);
    return [[id, { Type, ...Object.fromEntries(kept) }]];
  });
  return Object.fromEntries(stateful);
}
