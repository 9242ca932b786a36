/** The tides pipeline with a schedule that starts one run as soon as it is deployed, and a reaper that comes each minute. */

import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Pipeline } from '../../infra/index.ts';
import { plan } from './tides/pipeline.ts';

const stack = new Stack(new App(), 'EbbtideScheduled');
const { stateMachine } = new Pipeline(stack, 'Tides', {
  plan,
  handlers: 'test/deploy/tides/handlers',
  reapEvery: Duration.minutes(1),
});
new Schedule(stack, 'Schedule', {
  schedule: ScheduleExpression.at(new Date(Date.now() + 1_000), TimeZone.ETC_UTC),
  target: new StepFunctionsStartExecution(stateMachine, { input: ScheduleTargetInput.fromObject({ mode: 'full' }) }),
});
