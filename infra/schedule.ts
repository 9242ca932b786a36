/** Starts runs of a pipeline by the clock: EventBridge Scheduler, which knows time zones. */

import { Duration, Stack, Token } from 'aws-cdk-lib';
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
  } = checkedSchedule(isExpression(given) ? { expression: given } : given);
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
export function checkedSchedule(schedule: PipelineSchedule): PipelineSchedule {
  const { expression, flexibleWindow, input, start, end } = schedule;
  if (!isObject(schedule) || !isExpression(expression))
    throw refused(
      `${show(schedule)} is none; give a ScheduleExpression, such as ScheduleExpression.rate(Duration.hours(1)), or an object with one as its "expression"`,
    );
  const unknown = Object.keys(schedule).filter((key) => !KNOWN.includes(key));
  if (unknown.length > 0) throw refused(`it has no ${unknown.join(', ')}; it may have ${KNOWN.join(', ')}`);
  if (flexibleWindow) {
    const minutes = flexibleWindow.toMinutes({ integral: false });
    if (!Number.isSafeInteger(minutes) || minutes < 1 || minutes > LONGEST_WINDOW.toMinutes())
      throw refused(
        `flexibleWindow is ${flexibleWindow.toSeconds({ integral: false })} seconds; it must be whole minutes, one at the least and ${LONGEST_WINDOW.toMinutes()} at the most`,
      );
  }
  for (const [name, date] of Object.entries({ start, end })) {
    if (date && !(date instanceof Date && !Number.isNaN(date.getTime()))) throw refused(`${name} is no Date`);
    if (date && expression.expressionString.startsWith('at('))
      throw refused(`${name} is given for ${expression.expressionString}, which starts one run; leave ${name} out`);
  }
  if (start && end && start >= end)
    throw refused(`start is ${start.toISOString()}, and end ${end.toISOString()}: end must come later`);
  if (input !== undefined) checkInput(input);
  return schedule;
}

function checkInput(input: unknown): void {
  let text: string | undefined;
  try {
    text = JSON.stringify(input);
  } catch {
    text = undefined;
  }
  if (text === undefined) throw refused('input is no JSON value');
  const bytes = Buffer.byteLength(text);
  if (bytes > PAYLOAD_LIMIT) throw refused(`input is ${bytes} bytes long; Step Functions takes ${PAYLOAD_LIMIT}`);
  if (!isObject(input)) return;
  const { resume, keep } = input;
  if (resume !== undefined)
    throw refused(
      `input has "resume": ${show(resume)}; a run is resumed once, and each start of a schedule is a run of its own: start that execution by hand`,
    );
  if (keep !== undefined && typeof keep !== 'boolean' && !Token.isUnresolved(keep))
    throw refused(`input has "keep": ${show(keep)}; it must be true or false`);
}

function refused(why: string): UsageError {
  return new UsageError('InvalidOption', `schedule: ${why}`);
}
