/** Starts runs of a pipeline by the clock: EventBridge Scheduler, which knows time zones. */

import { Annotations, Duration, Stack, Token } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule, type ScheduleExpression, ScheduleTargetInput, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { UsageError } from '../state-machines/contract/errors.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { PAYLOAD_LIMIT } from '../state-machines/contract/result.ts';
import { show } from '../state-machines/contract/show.ts';
import { createDeadLetterQueue } from './dead-letters.ts';
import { durationOf } from './durations.ts';
import { isOver, misfitOf } from './schedule-expression.ts';

export interface PipelineSchedule {
  /** When, and in which time zone: `ScheduleExpression.cron({ minute: '0', hour: '6', timeZone: TimeZone.of('Europe/Oslo') })`. */
  readonly expression: ScheduleExpression;
  /** A run starts at any moment within that time after its own: whole minutes, a day at the most. @default within its minute */
  readonly flexibleWindow?: Duration;
  /**
   * The input of each execution: a JSON value. Texts in it may hold what the schedule knows, `ContextAttribute.scheduledTime`
   * say, and values that are known only when the stack is deployed. `keep: true` keeps each run; `resume` it cannot have.
   *
   * @default {}
   */
  readonly input?: unknown;
  /** @default true */
  readonly enabled?: boolean;
  /** Not before then; left out once it has passed. @default from now on */
  readonly start?: Date;
  /** Not after then. @default for ever */
  readonly end?: Date;
}

export interface ScheduledRuns {
  readonly schedule: Schedule;
  /** Starts that were given up; each message is the input of one. */
  readonly missedRuns: Queue;
}

/** A start that comes later than that is for somebody to decide about: the next one may be near. */
const RETRIED_FOR = Duration.hours(1);
/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_FlexibleTimeWindow.html */
const LONGEST_WINDOW = Duration.days(1);

/** @throws UsageError where the schedule is not one that AWS takes, or its input not one that a run can have */
export function scheduleRuns(
  scope: Construct,
  pipeline: string,
  stateMachine: StateMachine,
  given: ScheduleExpression | PipelineSchedule,
): ScheduledRuns {
  const {
    expression,
    flexibleWindow,
    input = {},
    enabled = true,
    start,
    end,
  } = checkedSchedule(pipeline, isExpression(given) ? { expression: given } : given);
  const within = new Construct(scope, 'Schedule');
  const missedRuns = createDeadLetterQueue(within, 'MissedRuns', "the schedule's target");
  const schedule = new Schedule(within, 'Schedule', {
    description: 'Ebbtide: starts runs',
    schedule: expression,
    target: new StepFunctionsStartExecution(stateMachine, {
      input: ScheduleTargetInput.fromObject(input),
      role: roleFor(within),
      deadLetterQueue: missedRuns,
      maxEventAge: RETRIED_FOR,
    }),
    enabled,
    timeWindow: flexibleWindow ? TimeWindow.flexible(flexibleWindow) : TimeWindow.off(),
    // Scheduler takes no start that lies back: it would refuse every later change of the schedule.
    ...(start && start.getTime() > Date.now() && { start }),
    ...(end && { end }),
  });
  // What the machine may do is there before a run is started; the machine itself is what it starts.
  const { children, defaultChild } = stateMachine.node;
  schedule.node.addDependency(...children.filter((child) => child !== defaultChild));
  warnWhereOver(schedule, pipeline, expression, end);
  return { schedule, missedRuns };
}

/**
 * A role of the pipeline's own: the one that CDK would make lies in the stack. Only schedules of this account may use it;
 * what a condition on the source can name is the group of a schedule, not the schedule itself.
 *
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
 */
function roleFor(scope: Construct): Role {
  const stack = Stack.of(scope);
  const group = stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' });
  return new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': group } },
    }),
  });
}

function isExpression(given: unknown): given is ScheduleExpression {
  return isObject(given) && 'expressionString' in given;
}

const KNOWN = ['expression', 'flexibleWindow', 'input', 'enabled', 'start', 'end'];

/** JavaScript checks no types. @throws UsageError */
export function checkedSchedule(pipeline: string, schedule: PipelineSchedule): PipelineSchedule {
  const refused = (why: string) => new UsageError('InvalidOption', `the schedule of "${pipeline}": ${why}`);
  if (!isObject(schedule) || !isExpression(schedule.expression))
    throw refused(
      `${show(schedule)} is none; give a ScheduleExpression, such as ScheduleExpression.rate(Duration.hours(1)), or an object with one as its "expression"`,
    );
  const { expression, flexibleWindow, input, enabled, start, end } = schedule;
  const unknown = Object.keys(schedule).filter((key) => !KNOWN.includes(key));
  if (unknown.length > 0) throw refused(`it has no ${unknown.join(', ')}; it may have ${KNOWN.join(', ')}`);
  const { expressionString } = expression;
  const misfit = Token.isUnresolved(expressionString) ? undefined : misfitOf(expressionString);
  if (misfit !== undefined) throw refused(`EventBridge Scheduler would not take ${expressionString}: ${misfit}`);
  if (flexibleWindow !== undefined) {
    const minutes = durationOf(flexibleWindow, `the schedule of "${pipeline}": flexibleWindow`).toMinutes({
      integral: false,
    });
    if (!Number.isSafeInteger(minutes) || minutes < 1 || minutes > LONGEST_WINDOW.toMinutes())
      throw refused(
        `flexibleWindow is ${flexibleWindow.toHumanString()}; it must be whole minutes, one at the least and ${LONGEST_WINDOW.toMinutes()} at the most`,
      );
  }
  if (enabled !== undefined && typeof enabled !== 'boolean')
    throw refused(`enabled is ${show(enabled)}; it must be true or false`);
  for (const [name, date] of Object.entries({ start, end })) {
    if (date === undefined) continue;
    if (!(date instanceof Date) || Number.isNaN(date.getTime()))
      throw refused(`${name} is ${show(date)}; give a Date, such as new Date('2027-01-31T00:00:00Z')`);
    if (expressionString.startsWith('at('))
      throw refused(`${name} is given for ${expressionString}, which starts one run; leave ${name} out`);
  }
  if (start && end && start >= end)
    throw refused(`start is ${start.toISOString()}, and end ${end.toISOString()}: end must come later`);
  const misinput = input === undefined ? undefined : misfitOfInput(input);
  if (misinput !== undefined) throw refused(misinput);
  return schedule;
}

/** No error: it was right once, and the stack must still deploy. */
function warnWhereOver(
  schedule: Schedule,
  pipeline: string,
  { expressionString }: ScheduleExpression,
  end: Date | undefined,
): void {
  const now = new Date();
  const over = Token.isUnresolved(expressionString) ? undefined : isOver(expressionString, now);
  const why = end && end <= now ? `its end, ${end.toISOString()}, has passed` : over && `${expressionString}: ${over}`;
  if (why)
    Annotations.of(schedule).addWarningV2(
      'ebbtide:schedule-over',
      `the schedule of "${pipeline}" starts no more runs: ${why}`,
    );
}

/** @returns what keeps it from being a run's input; undefined where nothing does */
function misfitOfInput(input: unknown): string | undefined {
  const odd = noJsonIn(input, 'input');
  if (odd !== undefined) return odd;
  const text = JSON.stringify(input);
  const bytes = Buffer.byteLength(text);
  if (bytes > PAYLOAD_LIMIT) return `input is ${bytes} bytes long; Step Functions takes ${PAYLOAD_LIMIT}`;
  if (typeof input === 'string' && holdsJson(input))
    return `input is a text with JSON in it, ${show(input)}; give the value itself, without JSON.stringify`;
  if (!isObject(input)) return undefined;
  const { resume, keep } = input;
  if (resume !== undefined)
    return `input has "resume": ${show(resume)}; a run is resumed once, and each start of a schedule is a run of its own: start that execution by hand`;
  if (keep !== undefined && typeof keep !== 'boolean' && !Token.isUnresolved(keep))
    return `input has "keep": ${show(keep)}; it must be true or false`;
  return undefined;
}

/** JSON has no such value, and would leave it out or make null of it. @returns where the first one is, and what it is */
function noJsonIn(value: unknown, where: string, around: readonly unknown[] = []): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Token.isUnresolved(value))
    return undefined;
  if (Number.isFinite(value)) return undefined;
  if (value instanceof Date) return `${where} is a Date; give its text, as in new Date(…).toISOString()`;
  if (around.includes(value)) return `${where} holds itself, which no JSON value does`;
  const inside = [...around, value];
  if (Array.isArray(value))
    return value.map((item, index) => noJsonIn(item, `${where}[${index}]`, inside)).find((odd) => odd !== undefined);
  const isPlain = isObject(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain) return `${where} is ${describe(value)}, which is no JSON value`;
  return Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => noJsonIn(part, `${where}.${key}`, inside))
    .find((odd) => odd !== undefined);
}

function describe(value: unknown): string {
  return isObject(value) ? `a ${value.constructor?.name ?? 'thing'}` : show(value);
}

function holdsJson(text: string): boolean {
  try {
    return isObject(JSON.parse(text)) || Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
