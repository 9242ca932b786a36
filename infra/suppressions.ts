/**
 * Findings of cdk-nag (rule pack AwsSolutions) that are acknowledged here, each with its reason, so that whoever runs it
 * over an app with a pipeline in it hears of their own alone. CDK keeps what is acknowledged: cdk-nag need not be there.
 */

import { AspectPriority, Aspects, CfnResource, type IAspect, Stack, Validations } from 'aws-cdk-lib';
import type { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct, IConstruct } from 'constructs';
import { HOLDERS } from '../state-machines/contract/keys.ts';
import type { PipelineData } from './permissions/pipeline-data.ts';

interface Wildcard {
  /** Those of a statement must all be among these. */
  readonly actions: readonly string[];
  /** An ARN as cdk-nag writes it, `<LogicalId.Arn>/key`. */
  readonly resource: RegExp;
  readonly reason: string;
}

/** All that a pipeline has; one that is not here is found. */
function wildcardsOf({ pipeline, runs, results }: PipelineData, machines: readonly StateMachine[]): Wildcard[] {
  const arnOf = (bucket: typeof runs) => RegExp.escape(flat(Stack.of(bucket).resolve(bucket.bucketArn)));
  const ofPipeline = RegExp.escape(pipeline);
  const anyRun = `${arnOf(runs)}/runs/${ofPipeline}/\\*`;
  const ids = machines.map(({ node }) => idOf(node.defaultChild as CfnResource));
  return [
    {
      actions: [
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
      ],
      resource: /^\*$/,
      reason:
        'X-Ray takes no resource for writing traces: https://docs.aws.amazon.com/xray/latest/devguide/security_iam_service-with-iam.html',
    },
    {
      actions: [
        'logs:CreateLogDelivery',
        'logs:GetLogDelivery',
        'logs:UpdateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:DescribeResourcePolicies',
        'logs:DescribeLogGroups',
      ],
      resource: /^\*$/,
      reason:
        'CloudWatch Logs takes no resource for the delivery of logs: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html',
    },
    {
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      resource: RegExp(`^${anyRun}(/[^*/]+(/\\*)?)*/[^*/]+$`),
      reason:
        'Keys have the ids of the run, the attempt and the chunk in them, which nobody knows before they begin; the pipeline is exact, and so are the task and the output, or the record.',
    },
    {
      actions: ['s3:GetObject', 's3:PutObject'],
      resource: RegExp(`^${anyRun}/${RegExp.escape(HOLDERS)}\\*$`),
      reason:
        'Whoever resumes a run is noted in it under the id of their execution, which nobody knows before it begins.',
    },
    {
      actions: ['s3:GetObject'],
      resource: RegExp(`^${anyRun}/_\\*\\.json$`),
      reason: 'The cleanup reads the records of the runs of this pipeline, of which each task has one, and no data.',
    },
    {
      actions: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'],
      resource: RegExp(`^${anyRun}$`),
      reason:
        'The cleanup and the reaper delete whatever lies in the runs of this pipeline: that is what they are for.',
    },
    {
      actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
      resource: RegExp(`^${arnOf(results)}/results/${ofPipeline}/\\*/[^*/]+/[^*/]+(\\.|/)\\*$`),
      reason:
        'Keys have the id of the run in them, which nobody knows before it begins, and the extension or the chunk; the pipeline, the task and the output are exact.',
    },
    {
      actions: ['states:DescribeExecution', 'states:GetExecutionHistory', 'states:StopExecution'],
      resource: RegExp(`^arn:[^*]+:states:[^*]+:execution:[^*]*\\b(${ids.join('|')})\\b[^*]*:\\*$`),
      reason: 'Executions of one state machine of this pipeline, whose names nobody knows before they begin.',
    },
  ];
}

/** Acknowledges wildcards in the policies of a pipeline, at synthesis, when these are complete. */
export function acknowledgeWildcards(scope: Construct, data: PipelineData, machines: readonly StateMachine[]): void {
  Aspects.of(scope).add(new AcknowledgeWildcards(data, machines), { priority: AspectPriority.READONLY });
}

class AcknowledgeWildcards implements IAspect {
  readonly #data: PipelineData;
  readonly #machines: readonly StateMachine[];

  constructor(data: PipelineData, machines: readonly StateMachine[]) {
    this.#data = data;
    this.#machines = machines;
  }

  visit(node: IConstruct): void {
    if (!isPolicy(node)) return;
    const known = wildcardsOf(this.#data, this.#machines);
    const reasonFor = (actions: readonly string[], resource: string) =>
      known.find((wildcard) => wildcard.resource.test(resource) && actions.every((it) => wildcard.actions.includes(it)))
        ?.reason;
    /** cdk-nag tells resources apart, not statements: one that is known must not hide one that is not. */
    const reasons = new Map<string, (string | undefined)[]>();
    for (const { Action, Resource } of Stack.of(node).resolve(node.policyDocument).Statement) {
      for (const resource of [Resource].flat().map(flat)) {
        if (!resource.includes('*')) continue;
        reasons.set(resource, [...(reasons.get(resource) ?? []), reasonFor([Action].flat(), resource)]);
      }
    }
    for (const [resource, given] of reasons) {
      if (given.includes(undefined)) continue;
      const reason = [...new Set(given)].join(' ');
      Validations.of(node).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
    }
  }
}

function isPolicy(node: IConstruct): node is CfnPolicy {
  return (
    CfnResource.isCfnResource(node) && ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].includes(node.cfnResourceType)
  );
}

function idOf(resource: CfnResource): string {
  return Stack.of(resource).resolve(resource.logicalId);
}

/** A reference as cdk-nag writes it. */
function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (Ref) return `<${Ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.map(flat).join('.')}>`;
  if (Array.isArray(join)) return join[1].map(flat).join(join[0]);
  return JSON.stringify(value);
}
