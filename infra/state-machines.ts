/** The state machines of a pipeline: a compiled definition, where it logs, and what it may do. */

import { ArnFormat, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { type CfnStateMachine, DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Definition } from '../state-machines/compiler/asl.ts';
import { isDistributed, type Plan } from '../state-machines/graph/plan.ts';
import { inPolicySize } from './permissions/policy-size.ts';

export interface StateMachineSettings {
  readonly comment: string;
  readonly definition: Definition;
  /** Those that it invokes, by their placeholders. */
  readonly functions: Readonly<Record<string, IFunction>>;
  /** Further values, by their placeholders. */
  readonly values?: Readonly<Record<string, string>>;
}

export function createStateMachine(scope: Construct, id: string, settings: StateMachineSettings): StateMachine {
  const { comment, definition, functions, values } = settings;
  const text = JSON.stringify(definition);
  const arns = Object.entries(functions).map(([name, { functionArn }]): [string, string] => [name, functionArn]);
  const used = Object.entries({ ...Object.fromEntries(arns), ...values }).filter(([name]) =>
    text.includes(`\${${name}}`),
  );
  const logs = new LogGroup(scope, `${id}Logs`, {
    // Log groups of this name need no entry each in the account's resource policy, which has room for few.
    // https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
    logGroupName: `/aws/vendedlogs/states/${logGroupName(scope, id)}`,
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const stateMachine = new StateMachine(scope, id, {
    comment,
    definitionBody: DefinitionBody.fromString(text),
    definitionSubstitutions: Object.fromEntries(used),
    tracingEnabled: true,
    logs: { level: LogLevel.ALL, destination: logs },
  });
  const invokeFunctions = new PolicyStatement({
    sid: 'InvokeFunctions',
    actions: ['lambda:InvokeFunction'],
    resources: Object.values(functions).map(({ functionArn }) => functionArn),
  });
  for (const statement of inPolicySize(invokeFunctions)) stateMachine.addToRolePolicy(statement);
  return stateMachine;
}

/** The machine alone, not its role. */
export function tagMachine(stateMachine: StateMachine, tags: Readonly<Record<string, string>>): void {
  const resource = stateMachine.node.defaultChild as CfnStateMachine;
  for (const [name, value] of Object.entries(tags)) resource.tags.setTag(name, value);
}

/** The pipeline's own one is named after the pipeline, and so are the others. */
function logGroupName(scope: Construct, id: string): string {
  const name = Names.uniqueResourceName(scope, { maxLength: 100, separator: '-' });
  return id === 'StateMachine' ? name : `${name}-${id}`;
}

/**
 * What a machine may do whose chunks are executions of their own: run those, and read the lists of the chunks.
 *
 * A policy beside that of its role, for the machine waits for that one, and this one for the machine's name.
 */
export function allowChildExecutions(stateMachine: StateMachine, plan: Plan, runs: Bucket): void {
  const distributed = plan.tasks.flatMap(({ each }) => (each && isDistributed(each) ? [each] : []));
  if (distributed.length === 0) return;
  const policy = new Policy(stateMachine, 'DistributedMapPolicy');
  stateMachine.role.attachInlinePolicy(policy);
  stateMachine.grantStartExecution(policy);
  stateMachine.grantExecution(policy, 'states:DescribeExecution', 'states:StopExecution');
  const lists = new PolicyStatement({
    sid: 'ReadChunkLists',
    actions: ['s3:GetObject'],
    resources: distributed.map(({ task, output }) => runs.arnForObjects(`runs/${plan.pipeline}/*/${task}/*/${output}`)),
  });
  policy.addStatements(...inPolicySize(lists));
}

/** The ARN of all of them. */
export function executionsOf(stateMachine: StateMachine): string {
  return arnOf(stateMachine, 'execution', ':*');
}

/** The ARN of all runs of its Distributed Maps. */
export function mapRunsOf(stateMachine: StateMachine): string {
  return arnOf(stateMachine, 'mapRun', '/*');
}

function arnOf(stateMachine: StateMachine, resource: string, any: string): string {
  return Stack.of(stateMachine).formatArn({
    service: 'states',
    resource,
    resourceName: `${stateMachine.stateMachineName}${any}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
