/** A pipeline with all that a pipeline can have, for what must hold of every template. */

import { join } from 'node:path';
import { Duration, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { PipelineProps } from '../../infra/index.ts';
import { bytes, chunks, csv, durable, json, ndjson, optional, TaskGraph } from '../../state-machines/index.ts';
import { newStack, type Synthesized, synthesizeIn, writeTinyHandlers } from './fixtures.ts';

const graph = new TaskGraph('everything');
const list = graph.addTask('list', { outputs: { days: chunks<{ day: string }>(), base: durable(json()) }, retries: 2 });
const { days, base } = list.outputs;
const extract = graph.addTask('extract', {
  each: days,
  inputs: { base },
  outputs: { raw: ndjson<{ n: number }>(), table: durable(csv<{ n: number }>()) },
});
const scan = graph.addTask('scan', { each: days, maxConcurrency: 1_000, outputs: { found: durable(bytes()) } });
const merge = graph.addTask('merge', {
  inputs: { raw: extract.outputs.raw, found: scan.outputs.found, base: optional(base) },
  outputs: { total: json<{ n: number }>() },
});
graph.addTask('load', { inputs: { total: merge.outputs.total }, outputs: { report: durable(json()) } });
const alarm = graph.addErrorsTask('alarm', { inputs: { total: merge.outputs.total }, outputs: { note: json() } });
graph.addFinallyTask('close', { inputs: { note: alarm.outputs.note }, outputs: { log: durable(json()) } });
graph.addAfterExecutionTask('notify');

export const plan = graph.build();

/** @param folder for the handlers and the assembly */
export function synthesizeEverything(folder: string, props: Partial<PipelineProps> = {}): Synthesized {
  const stack = newStack(join(folder, 'out'));
  return synthesizeIn(stack, {
    plan,
    handlers: writeTinyHandlers(join(folder, 'handlers'), plan),
    timeout: Duration.hours(6),
    keepOnFailure: Duration.days(2),
    schedule: {
      expression: ScheduleExpression.cron({ minute: '0', hour: '6', timeZone: TimeZone.of('Europe/Oslo') }),
      flexibleWindow: Duration.minutes(15),
      input: { region: 'north' },
    },
    alarmTopic: Topic.fromTopicArn(stack, 'Topic', stack.formatArn({ service: 'sns', resource: 'alarms' })),
    ...props,
  });
}
