import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { HOLDERS, LEASE } from '../../state-machines/contract/keys.ts';
import { executionsOf } from '../state-machines.ts';
import { emptyRunsStatements } from './empty-runs.ts';
import type { PipelineData } from './pipeline-data.ts';

export interface ReaperMachines {
  readonly stateMachine: StateMachine;
  readonly finalizer: StateMachine;
  /** There are tasks that run after an execution: each that ended must have had a finalizer. */
  readonly hasAfterExecution: boolean;
  /** There are errors or finally tasks, which an execution can leave to do that was ended before it wrote anything. */
  readonly hasHooks: boolean;
}

/** What the reaper may do: see how executions ended, start their finalizers, and take over and delete runs. */
export function reaperStatements(
  data: PipelineData,
  { stateMachine, finalizer, hasAfterExecution, hasHooks }: ReaperMachines,
): PolicyStatement[] {
  const { pipeline, runs } = data;
  const holders = runs.arnForObjects(`runs/${pipeline}/*/${HOLDERS}*`);
  return [
    new PolicyStatement({
      sid: 'ReadExecutions',
      actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
      resources: [executionsOf(stateMachine)],
    }),
    new PolicyStatement({
      sid: 'ReadFinalizers',
      actions: ['states:DescribeExecution'],
      resources: [executionsOf(finalizer)],
    }),
    new PolicyStatement({
      sid: 'StartFinalizers',
      actions: ['states:StartExecution'],
      resources: [finalizer.stateMachineArn],
    }),
    ...(hasAfterExecution || hasHooks
      ? [
          new PolicyStatement({
            sid: 'ListExecutions',
            actions: ['states:ListExecutions'],
            resources: [stateMachine.stateMachineArn, finalizer.stateMachineArn],
          }),
        ]
      : []),
    new PolicyStatement({
      sid: 'ReadHolders',
      actions: ['s3:GetObject'],
      resources: [runs.arnForObjects(`runs/${pipeline}/*/${LEASE}`), holders],
    }),
    new PolicyStatement({ sid: 'TakeOver', actions: ['s3:PutObject'], resources: [holders] }),
    ...emptyRunsStatements(data),
  ];
}
