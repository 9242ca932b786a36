/** What starts the machine of the after-execution tasks: EventBridge, when an execution of the pipeline has ended. */

import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { RunStatus } from '../state-machines/contract/result.ts';

const ENDED: readonly RunStatus[] = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

/** Events that could not start it lie in a queue for two weeks. */
export function startAfterExecution(scope: Construct, pipeline: StateMachine, afterExecution: StateMachine): void {
  new Rule(scope, 'ExecutionEnded', {
    description: 'Ebbtide: an execution has ended, in whatever way',
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { status: [...ENDED], stateMachineArn: [pipeline.stateMachineArn] },
    },
    targets: [
      new SfnStateMachine(afterExecution, {
        role: new Role(scope, 'ExecutionEndedRole', { assumedBy: new ServicePrincipal('events.amazonaws.com') }),
        retryAttempts: 8,
        maxEventAge: Duration.hours(2),
        deadLetterQueue: new Queue(scope, 'ExecutionEndedLost', {
          encryption: QueueEncryption.SQS_MANAGED,
          enforceSSL: true,
          retentionPeriod: Duration.days(14),
        }),
      }),
    ],
  });
}
