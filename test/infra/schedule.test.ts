import { join } from 'node:path';
import { Duration, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { ContextAttribute, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { beforeAll, describe, expect, it } from 'vitest';
import { Pipeline, type PipelineProps, type PipelineSchedule } from '../../infra/index.ts';
import { checkedSchedule } from '../../infra/schedule.ts';
import { synthesizeEverything } from './everything.ts';
import {
  newStack,
  type Properties,
  readable,
  resourcesOf,
  roleStatements,
  type Synthesized,
  synthesize,
  temporaryFolder,
  writeTinyHandlers,
} from './fixtures.ts';
import { plan } from './graph.ts';

const folder = temporaryFolder();
const handlers = writeTinyHandlers(join(folder, 'handlers'), plan);
let made = 0;
const withSchedule = (schedule: NonNullable<PipelineProps['schedule']>): Synthesized =>
  synthesize(join(folder, `out-${++made}`), { handlers, schedule });

const EVERY_MORNING = ScheduleExpression.cron({ minute: '0', hour: '6', timeZone: TimeZone.of('Europe/Oslo') });
const HOURLY = ScheduleExpression.rate(Duration.hours(1));

let plain: Synthesized;
let whole: Synthesized;
beforeAll(() => {
  plain = withSchedule(EVERY_MORNING);
  whole = withSchedule({
    expression: HOURLY,
    flexibleWindow: Duration.minutes(15),
    input: { mode: 'full', at: ContextAttribute.scheduledTime, keep: true },
    enabled: false,
    start: new Date('2027-01-01T00:00:00Z'),
    end: new Date('2028-01-01T00:00:00Z'),
  });
});

const only = ({ template }: Synthesized, type: string, of: (id: string) => boolean = () => true): Properties => {
  const [found, ...more] = resourcesOf(template, type).filter(({ id }) => of(id));
  if (!found || more.length > 0) throw new Error(`${more.length + 1} of ${type}`);
  return { id: found.id, ...readable(found.Properties) };
};
const ofSchedule = (id: string) => id.startsWith('TripsSchedule');

describe('a schedule', () => {
  it('starts the machine and nothing else, at its time of the day in its time zone', () => {
    const machine = only(plain, 'AWS::StepFunctions::StateMachine', (id) => id.startsWith('TripsStateMachine'));
    const queue = only(plain, 'AWS::SQS::Queue', ofSchedule);
    const role = only(plain, 'AWS::IAM::Role', ofSchedule);
    const { id, ...schedule } = only(plain, 'AWS::Scheduler::Schedule');
    expect(schedule).toEqual({
      Description: 'Ebbtide: starts runs',
      ScheduleExpression: 'cron(0 6 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Oslo',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: {
        Arn: `<${machine.id}>`,
        RoleArn: `<${role.id}.Arn>`,
        Input: '{}',
        DeadLetterConfig: { Arn: `<${queue.id}.Arn>` },
        RetryPolicy: { MaximumEventAgeInSeconds: 3_600, MaximumRetryAttempts: 185 },
      },
    });
    const allowed = roleStatements(plain.template).filter((statement) => statement.role === role.id);
    expect(allowed).toEqual([
      { role: role.id, Effect: 'Allow', Action: 'states:StartExecution', Resource: `<${machine.id}>` },
      { role: role.id, Effect: 'Allow', Action: 'sqs:SendMessage', Resource: `<${queue.id}.Arn>` },
    ]);
  });

  it('lends its role to schedules of this account only', () => {
    expect(only(plain, 'AWS::IAM::Role', ofSchedule)['AssumeRolePolicyDocument']['Statement']).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: {
          StringEquals: {
            'aws:SourceAccount': '<AWS::AccountId>',
            'aws:SourceArn': 'arn:aws:scheduler:<AWS::Region>:<AWS::AccountId>:schedule-group/default',
          },
        },
      },
    ]);
  });

  it('keeps the starts that it could not make, encrypted, in a queue that takes them over TLS only', () => {
    expect(only(plain, 'AWS::SQS::Queue', ofSchedule)).toMatchObject({
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
    plain.template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      Queues: [{ Ref: Match.stringLikeRegexp('^TripsScheduleMissedRuns') }],
      PolicyDocument: {
        Statement: [{ Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      },
    });
  });

  it('gives all that it was told', () => {
    const { id, Target, ...schedule } = only(whole, 'AWS::Scheduler::Schedule');
    expect(schedule).toEqual({
      Description: 'Ebbtide: starts runs',
      ScheduleExpression: 'rate(1 hour)',
      ScheduleExpressionTimezone: 'Etc/UTC',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
      State: 'DISABLED',
      StartDate: '2027-01-01T00:00:00.000Z',
      EndDate: '2028-01-01T00:00:00.000Z',
    });
    expect(JSON.parse(Target['Input'])).toEqual({ mode: 'full', at: '<aws.scheduler.scheduled-time>', keep: true });
  });

  it('has no start any more once that has passed, which Scheduler would refuse', () => {
    const past = withSchedule({ expression: HOURLY, start: new Date('2020-01-01T00:00:00Z') });
    expect(only(past, 'AWS::Scheduler::Schedule')).not.toHaveProperty('StartDate');
  });

  it('is made when the machine may do all that it does', () => {
    const { template } = synthesizeEverything(join(folder, 'everything'));
    const ofMachine = resourcesOf(template, 'AWS::IAM::Policy').filter(({ id }) => id.startsWith('TripsStateMachine'));
    expect(ofMachine).toHaveLength(2);
    const [schedule] = Object.values(template.findResources('AWS::Scheduler::Schedule'));
    expect(schedule?.['DependsOn']).toEqual(expect.arrayContaining(ofMachine.map(({ id }) => id)));
  });

  it('may have values in its input that are known when the stack is deployed', () => {
    const stack = newStack(join(folder, 'tokens'));
    const input = { topic: new Topic(stack, 'Topic').topicArn };
    new Pipeline(stack, 'Trips', { plan, handlers, schedule: { expression: HOURLY, input } });
    const [schedule] = resourcesOf(Template.fromStack(stack), 'AWS::Scheduler::Schedule');
    expect(readable(schedule?.Properties)['Target']['Input']).toMatch(/^\{"topic":"<Topic\w+>"\}$/);
  });

  it('is the pipeline’s, with its queue and an alarm for it', () => {
    expect(plain.pipeline.schedule?.scheduleName).toBeDefined();
    expect(plain.pipeline.alarms.runMissed).toBeDefined();
    expect(plain.pipeline.metricMissedRuns().dimensions).toEqual({ QueueName: plain.pipeline.missedRuns?.queueName });
  });
});

const ring: Record<string, unknown> = {};
ring['itself'] = ring;
const once = ScheduleExpression.at(new Date('2027-01-01T00:00:00Z'));

describe('what no run could start with is refused', () => {
  it.each<[string, Partial<PipelineSchedule>, RegExp]>([
    [
      'a window of half a minute',
      { flexibleWindow: Duration.seconds(30) },
      /schedule of "trips": flexibleWindow is 30 seconds/,
    ],
    ['a window of a minute and a half', { flexibleWindow: Duration.seconds(90) }, /whole minutes/],
    ['a window of more than a day', { flexibleWindow: Duration.minutes(1_441) }, /1440 at the most/],
    ['a run to resume', { input: { resume: 'monday' } }, /"resume": "monday"/],
    ['a keep that is no boolean', { input: { keep: 'yes' } }, /"keep": "yes"; it must be true or false/],
    ['input that is no JSON', { input: ring }, /input.itself holds itself/],
    ['input that is a function', { input: () => 1 }, /no JSON value/],
    ['a number that is none in its input', { input: { rates: [1, Number.NaN] } }, /input.rates\[1\] is NaN/],
    ['a Date in its input', { input: { since: new Date(0) } }, /input.since is a Date; give its text/],
    ['a Map in its input', { input: { by: new Map() } }, /input.by is a Map/],
    ['a text with JSON in it', { input: '{"day":1}' }, /without JSON.stringify/],
    ['a window that is a number', { flexibleWindow: 5 as never }, /flexibleWindow is 5; give a Duration/],
    ['an enabled that is a text', { enabled: 'no' as never }, /enabled is "no"; it must be true or false/],
    ['a cron of five fields', { expression: ScheduleExpression.expression('cron(0 6 * * ?)') }, /5 fields/],
    ['too much input', { input: 'x'.repeat(262_143) }, /262145 bytes long; Step Functions takes 262144/],
    ['an end before its start', { start: new Date(2), end: new Date(1) }, /end must come later/],
    ['a start that is no date', { start: new Date('soon') }, /start is null; give a Date/],
    ['a start that is a text', { start: '2027-01-01' as never }, /start is "2027-01-01"; give a Date/],
    ['what a schedule does not have', { enable: false } as never, /it has no enable; it may have expression, /],
    ['an expression that is a text', { expression: 'rate(1 hour)' as never }, /give a ScheduleExpression/],
    ['one run with an end', { expression: once, end: new Date('2028-01-01') }, /leave end out/],
  ])('%s', (_, schedule, message) => {
    expect(() => checkedSchedule('trips', { expression: HOURLY, ...schedule })).toThrow(
      expect.objectContaining({ code: 'InvalidOption', message: expect.stringMatching(message) }),
    );
  });

  it.each<[string, PipelineSchedule]>([
    ['its time has passed', { expression: ScheduleExpression.at(new Date('2020-01-01T00:00:00Z')) }],
    ['its end, 2020-01-01T00:00:00.000Z, has passed', { expression: HOURLY, end: new Date('2020-01-01T00:00:00Z') }],
  ])('where %s, a deployment is warned and goes on', (why, schedule) => {
    const { template } = withSchedule(schedule);
    template.resourceCountIs('AWS::Scheduler::Schedule', 1);
    const stack = newStack(join(folder, `warned-${++made}`));
    new Pipeline(stack, 'Trips', { plan, handlers, schedule });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp(why));
  });

  it.each(['rate(1 hour)', {}])('%j, which is no schedule', (schedule) => {
    expect(() => synthesize(join(folder, 'wrong'), { handlers, schedule: schedule as never })).toThrow(
      expect.objectContaining({ code: 'InvalidOption', message: expect.stringMatching(/give a ScheduleExpression/) }),
    );
  });

  it('without a schedule there are no runs to miss', () => {
    const { pipeline, template } = synthesize(join(folder, 'none'), { handlers });
    template.resourceCountIs('AWS::Scheduler::Schedule', 0);
    expect(pipeline.alarms.runMissed).toBeUndefined();
    expect(() => pipeline.metricMissedRuns()).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  });
});
