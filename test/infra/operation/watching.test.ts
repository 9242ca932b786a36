import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { beforeAll, describe, expect, it } from 'vitest';
import { Pipeline, type PipelineProps } from '../../../infra/index.ts';
import { missedVisits } from '../../../infra/operation/alarms.ts';
import { newStack, type Properties, readable, resourcesOf, temporaryFolder, writeTinyHandlers } from '../fixtures.ts';
import { plan } from '../graph.ts';

const folder = temporaryFolder();
const handlers = writeTinyHandlers(join(folder, 'handlers'), plan);
let made = 0;
function templateWith(props: (stack: Stack) => Partial<PipelineProps>): Template {
  const stack = newStack(join(folder, `out-${++made}`));
  new Pipeline(stack, 'Trips', { plan, handlers, ...props(stack) });
  return Template.fromStack(stack);
}

let told: Template;
let silent: Template;
beforeAll(() => {
  told = templateWith((stack) => ({ alarmTopic: new Topic(stack, 'Topic') }));
  silent = templateWith(() => ({ dashboard: false, reapEvery: Duration.days(3) }));
});

const alarmsOf = (template: Template): Properties =>
  Object.fromEntries(
    resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ id, Properties }) => [
      id.replace(/^TripsAlarms(\w+)\w{8}$/, '$1'),
      readable(Properties),
    ]),
  );
const idOf = (template: Template, type: string, prefix: string) =>
  resourcesOf(template, type).find(({ id }) => id.startsWith(prefix))?.id;

describe('the alarms', () => {
  const ONE = {
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 1,
    EvaluationPeriods: 1,
    Period: 300,
    TreatMissingData: 'notBreaching',
  };
  const OWN = [
    { Name: 'deployment', Value: 'Stack/Trips' },
    { Name: 'service', Value: 'trips' },
  ];
  const machine = (name: string) => [
    { Name: 'StateMachineArn', Value: `<${idOf(told, 'AWS::StepFunctions::StateMachine', `Trips${name}`)}>` },
  ];
  const queue = () => [{ Name: 'QueueName', Value: `<${idOf(told, 'AWS::SQS::Queue', 'TripsLostEvents')}.QueueName>` }];

  it.each<[string, string, () => object]>([
    [
      'RunFailed',
      'a run has failed',
      () => ({
        Namespace: 'AWS/States',
        MetricName: 'ExecutionsFailed',
        Statistic: 'Sum',
        Dimensions: machine('StateMachine'),
        ...ONE,
      }),
    ],
    [
      'RunTimedOut',
      'a run took longer than its timeout',
      () => ({
        Namespace: 'AWS/States',
        MetricName: 'ExecutionsTimedOut',
        Statistic: 'Sum',
        Dimensions: machine('StateMachine'),
        ...ONE,
      }),
    ],
    [
      'FinalizerFailed',
      'a finalizer has failed',
      () => ({
        Namespace: 'AWS/States',
        MetricName: 'ExecutionsFailed',
        Statistic: 'Sum',
        Dimensions: machine('Finalizer'),
        ...ONE,
      }),
    ],
    [
      'CleanupFailed',
      "a run's data could not be deleted",
      () => ({ Namespace: 'Ebbtide', MetricName: 'CleanupsFailed', Statistic: 'Sum', Dimensions: OWN, ...ONE }),
    ],
    [
      'OrphansFound',
      'nobody had seen to the end of a run',
      () => ({ Namespace: 'Ebbtide', MetricName: 'OrphansFound', Statistic: 'Sum', Dimensions: OWN, ...ONE }),
    ],
    [
      'EventLost',
      'the end of an execution was lost',
      () => ({
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Statistic: 'Maximum',
        Dimensions: queue(),
        ...ONE,
      }),
    ],
    [
      'ReaperDown',
      'the reaper does not come, or fails',
      () => ({
        Namespace: 'Ebbtide',
        MetricName: 'BytesHeld',
        Statistic: 'SampleCount',
        Dimensions: OWN,
        ComparisonOperator: 'LessThanThreshold',
        Threshold: 1,
        EvaluationPeriods: 3,
        Period: 900,
        TreatMissingData: 'breaching',
      }),
    ],
  ])('%s: %s', (name, what, watched) => {
    const topic = [`<${idOf(told, 'AWS::SNS::Topic', 'Topic')}>`];
    expect(alarmsOf(told)[name]).toEqual({
      AlarmDescription: `Ebbtide: trips: ${name[0]?.toLowerCase()}${name.slice(1)}: ${what}`,
      AlarmActions: topic,
      ...watched(),
    });
  });

  it('are no more than these', () => {
    expect(Object.keys(alarmsOf(told))).toHaveLength(7);
  });

  it('are there without a topic too, and tell nobody', () => {
    for (const alarm of Object.values(alarmsOf(silent))) expect(alarm).not.toHaveProperty('AlarmActions');
    expect(Object.keys(alarmsOf(silent))).toContain('RunFailed');
  });

  it.each([
    [Duration.minutes(1), Duration.minutes(5), 3],
    [Duration.hours(8), Duration.hours(8), 3],
    [Duration.days(2), Duration.days(1), 6],
  ])('miss the reaper after three visits of %s, as far as an alarm looks back', (every, period, evaluationPeriods) => {
    const visits = missedVisits(every);
    expect(visits?.period.toSeconds()).toBe(period.toSeconds());
    expect(visits?.evaluationPeriods).toBe(evaluationPeriods);
  });

  it('cannot miss a reaper that comes every three days', () => {
    expect(alarmsOf(silent)).not.toHaveProperty('ReaperDown');
  });
});

describe('the dashboard', () => {
  const body = (template: Template) => {
    const [dashboard] = resourcesOf(template, 'AWS::CloudWatch::Dashboard');
    return { Properties: dashboard?.Properties, ...JSON.parse(readable(dashboard?.Properties)['DashboardBody']) };
  };

  it('has no name of its own, so that a pipeline can be deployed twice', () => {
    expect(body(told).Properties).not.toHaveProperty('DashboardName');
  });

  it('shows what there is to know, in rows of the same width', () => {
    const { widgets } = body(told);
    expect(widgets.map(({ properties }: Properties) => properties.title)).toEqual([
      'Alarms of trips',
      'Runs',
      'How long runs took',
      'Tasks that failed, and retries',
      'Tasks that failed, and retries, by task',
      'How long tasks took at most',
      'Bytes held, each time the reaper has come by',
      'Bytes written and released by runs that ended',
      'Runs that hold data',
      'Runs that the reaper saw to',
      'Cleanups and finalizers that failed',
      'Dead letters',
    ]);
    const widths = Map.groupBy(widgets, ({ y }: Properties) => y).values();
    for (const row of widths) expect(row.reduce((sum, { width }: Properties) => sum + width, 0)).toBe(24);
  });

  it('can be left out, with its output', () => {
    silent.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
    expect(Object.keys(silent.toJSON()['Outputs']).some((name) => name.includes('Dashboard'))).toBe(false);
  });
});

describe('the outputs', () => {
  it('lead to what an operator needs, and export nothing', () => {
    const outputs: Properties = told.toJSON()['Outputs'];
    expect(Object.keys(outputs).map((name) => name.replace(/^Trips(\w+)\w{8}$/, '$1'))).toEqual([
      'StateMachineArn',
      'FinalizerArn',
      'ReaperFunctionName',
      'RunsBucketName',
      'ResultsBucketName',
      'RunsUrl',
      'DashboardUrl',
    ]);
    for (const output of Object.values(outputs)) expect(output).not.toHaveProperty('Export');
  });

  it('link to the console of the region', () => {
    const app = new App({ outdir: join(folder, 'placed') });
    const stack = new Stack(app, 'Placed', { env: { region: 'cn-north-1', account: '123456789012' } });
    new Pipeline(stack, 'Trips', { plan, handlers });
    const links = stack.node.findAll().flatMap((found) => (found instanceof CfnOutput ? [String(found.value)] : []));
    expect(links.filter((link) => link.startsWith('https://')).map((link) => new URL(link).host)).toEqual([
      'cn-north-1.console.amazonaws.cn',
      'cn-north-1.console.amazonaws.cn',
    ]);
  });
});
