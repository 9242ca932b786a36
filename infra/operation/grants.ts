/** What a pipeline's users and operators may be allowed to do, and no more than that. */

import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { executionsOf, mapRunsOf } from '../state-machines.ts';

/** CDK's own `grantRead` allows three actions on every resource of the account. */
export function grantReadExecutions(grantee: IGrantable, machines: readonly StateMachine[]): Grant {
  const ofMachines = Grant.addToPrincipal({
    grantee,
    actions: ['states:DescribeStateMachine', 'states:ListExecutions', 'states:ListTagsForResource'],
    resourceArns: machines.map(({ stateMachineArn }) => stateMachineArn),
  });
  const ofExecutions = Grant.addToPrincipal({
    grantee,
    actions: ['states:DescribeExecution', 'states:DescribeStateMachineForExecution', 'states:GetExecutionHistory'],
    resourceArns: machines.map(executionsOf),
  });
  const ofMapRuns = Grant.addToPrincipal({
    grantee,
    actions: ['states:DescribeMapRun'],
    resourceArns: machines.map(mapRunsOf),
  });
  return ofMachines.combine(ofExecutions).combine(ofMapRuns);
}

export function grantReadResultsOf(grantee: IGrantable, results: Bucket, pipeline: string): Grant {
  const prefix = `results/${pipeline}/*`;
  const read = Grant.addToPrincipal({
    grantee,
    actions: ['s3:GetObject'],
    resourceArns: [results.arnForObjects(prefix)],
  });
  const list = Grant.addToPrincipal({
    grantee,
    actions: ['s3:ListBucket'],
    resourceArns: [results.bucketArn],
    conditions: { StringLike: { 's3:prefix': prefix } },
  });
  return read.combine(list);
}
