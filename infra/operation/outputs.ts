/** What a stack tells whoever deployed it. Nothing is exported: no name of theirs can collide. */

import { CfnOutput, Stack, Token } from 'aws-cdk-lib';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

export interface Told {
  readonly stateMachine: IStateMachine;
  readonly finalizer: IStateMachine;
  readonly reaper: IFunction;
  readonly runsBucket: Bucket;
  readonly resultsBucket: Bucket;
  readonly dashboard?: Dashboard;
}

export function tellOutputs(scope: Construct, told: Told): void {
  const { stateMachine, finalizer, reaper, runsBucket, resultsBucket, dashboard } = told;
  const { region } = Stack.of(scope);
  const inConsole = (service: string, path: string) =>
    `https://${region}.${consoleOf(region)}/${service}/home?region=${region}#${path}`;
  const outputs: Readonly<Record<string, string>> = {
    StateMachineArn: stateMachine.stateMachineArn,
    FinalizerArn: finalizer.stateMachineArn,
    ReaperFunctionName: reaper.functionName,
    RunsBucketName: runsBucket.bucketName,
    ResultsBucketName: resultsBucket.bucketName,
    RunsUrl: inConsole('states', `/statemachines/view/${stateMachine.stateMachineArn}`),
    ...(dashboard && { DashboardUrl: inConsole('cloudwatch', `dashboards/dashboard/${dashboard.dashboardName}`) }),
  };
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(scope, name, { value });
}

/** Of a region that is known only when the stack is deployed, that of most. */
function consoleOf(region: string): string {
  if (Token.isUnresolved(region)) return 'console.aws.amazon.com';
  if (region.startsWith('cn-')) return 'console.amazonaws.cn';
  return region.startsWith('us-gov-') ? 'console.amazonaws-us-gov.com' : 'console.aws.amazon.com';
}
