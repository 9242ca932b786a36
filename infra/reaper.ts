/**
 * What starts the reaper: the event of an execution's end, and a schedule, for EventBridge delivers such events as well as
 * it can and no better.
 */

import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { RunStatus } from '../state-machines/contract/result.ts';
import { createDeadLetterQueue } from './dead-letters.ts';

export interface ReaperTriggers {
  readonly reaper: Lambda;
  /** Whose executions it is about. */
  readonly stateMachine: StateMachine;
  readonly every: Duration;
  /** There are tasks that run after an execution, however it ended. */
  readonly hasAfterExecution: boolean;
}

const NOT_IN_ITS_OWN_WAY: readonly RunStatus[] = ['FAILED', 'TIMED_OUT', 'ABORTED'];

/** By then the reaper has come by on its schedule. */
const EVENT_AGE = Duration.hours(2);

/** @returns the queue in which events lie for two weeks that it could not be told of, or that it failed at */
export function triggerReaper(scope: Construct, triggers: ReaperTriggers): Queue {
  const { reaper, stateMachine, every, hasAfterExecution } = triggers;
  const lost = createDeadLetterQueue(
    scope,
    'LostEvents',
    "the rule's target, and of the function's asynchronous invocations",
  );
  // Lambda takes an event, and then tries on its own: what fails there does not come back to the rule.
  reaper.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: EVENT_AGE, onFailure: new SqsDestination(lost) });
  new Rule(scope, 'ExecutionEnded', {
    description: 'Ebbtide: an execution has ended that may have left something to do',
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: {
        status: [...NOT_IN_ITS_OWN_WAY, ...(hasAfterExecution ? ['SUCCEEDED'] : [])],
        stateMachineArn: [stateMachine.stateMachineArn],
      },
    },
    targets: [new LambdaFunction(reaper, { retryAttempts: 8, maxEventAge: EVENT_AGE, deadLetterQueue: lost })],
  });
  new Rule(scope, 'ReapSchedule', {
    description: 'Ebbtide: look for runs that nobody has cleaned up',
    schedule: Schedule.rate(every),
    // The next visit finds whatever this one would have.
    targets: [new LambdaFunction(reaper, { retryAttempts: 0 })],
  });
  return lost;
}
