/** What a task may ask for: the defaults, and the limits of Lambda and Step Functions behind them. */

import { isObject } from '../contract/objects.ts';
import { show } from '../contract/show.ts';
import { type GraphProblem, type GraphProblemCode, problem } from './errors.ts';
import { didYouMeanOneOf } from './nearest.ts';
import type { ResourceReq, RetryDef } from './settings.ts';
import type { FunctionDef, TaskDef } from './task.ts';

export const DEFAULTS = {
  retries: 0,
  retry: { intervalSeconds: 1, backoffRate: 2, maxDelaySeconds: 60, jitter: 'full' } satisfies Required<RetryDef>,
  timeoutSeconds: 900,
  resources: { memoryMiB: 512, ephemeralStorageMiB: 512 } satisfies Required<ResourceReq>,
};

/** A first delay that is longer than the longest by default makes itself the longest. */
export function retryOf({ retry }: FunctionDef): Required<RetryDef> {
  const maxDelaySeconds = Math.max(DEFAULTS.retry.maxDelaySeconds, retry?.intervalSeconds ?? 0);
  return { ...DEFAULTS.retry, maxDelaySeconds, ...retry };
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const RESOURCES: Record<keyof ResourceReq, Range> = {
  memoryMiB: { min: 128, max: 10_240, integer: true },
  ephemeralStorageMiB: { min: 512, max: 10_240, integer: true },
};

/** https://states-language.net/spec.html#errors; MaxDelaySeconds must be below 31,622,400 (a year of seconds). */
export const RETRY: Record<'intervalSeconds' | 'backoffRate' | 'maxDelaySeconds', Range> = {
  intervalSeconds: { min: 1, max: 31_622_399, integer: true },
  backoffRate: { min: 1, max: 1_000, integer: false },
  maxDelaySeconds: { min: 1, max: 31_622_399, integer: true },
};

/** Lambda's longest. */
export const TIMEOUT_SECONDS: Range = { min: 1, max: 900, integer: true };
export const RETRIES: Range = { min: 0, max: 1_000, integer: true };
export const EXPECTED_SECONDS: Range = { min: 0, max: 31_622_399, integer: false };

const OPTIONS = ['inputs', 'outputs', 'retries', 'retry', 'timeoutSeconds', 'resources'];
const TASK_OPTIONS = ['expectedSeconds', 'release', 'when', 'each', 'maxConcurrency', 'toleratedFailures', 'batchSize'];

/** A problem where a value is given and out of its range. */
export function check(
  code: GraphProblemCode,
  task: string,
  option: string,
  range: Range,
  value: unknown,
): GraphProblem[] {
  if (value === undefined || within(range, value)) return [];
  const kind = range.integer ? 'a whole number' : 'a number';
  const allowed = `${kind} from ${show(range.min)} to ${show(range.max)}`;
  return [problem(code, `task "${task}": ${option} is ${show(value)}; it must be ${allowed}`)];
}

/** A problem for each option that there is not: what it was to say would not hold. */
export function checkOptions(code: GraphProblemCode, what: string, given: unknown, known: string[]): GraphProblem[] {
  if (!isObject(given)) return [problem(code, `${what} has options ${show(given)}, which is no object`)];
  return Object.keys(given).flatMap((option) => {
    if (known.includes(option)) return [];
    return [problem(code, `${what} has no "${option}"${didYouMeanOneOf(option, known)}`)];
  });
}

export function checkLimits(task: string, definition: TaskDef, kind: 'task' | 'hook'): GraphProblem[] {
  const { resources = {}, retry = {} } = definition;
  const options = kind === 'task' ? [...OPTIONS, ...TASK_OPTIONS] : OPTIONS;
  const problems = [
    ...checkOptions('InvalidTask', `task "${task}": a ${kind}`, definition, options),
    ...checkOptions('InvalidResource', `task "${task}": resources`, resources, Object.keys(RESOURCES)),
    ...checkOptions('InvalidRetry', `task "${task}": retry`, retry, [...Object.keys(RETRY), 'jitter']),
  ];

  for (const [option, range] of Object.entries(RESOURCES)) {
    problems.push(
      ...check(
        'InvalidResource',
        task,
        `resources.${option}`,
        range,
        definition.resources?.[option as keyof ResourceReq],
      ),
    );
  }
  for (const [option, range] of Object.entries(RETRY)) {
    problems.push(
      ...check('InvalidRetry', task, `retry.${option}`, range, definition.retry?.[option as keyof typeof RETRY]),
    );
  }
  problems.push(...check('InvalidRetry', task, 'retries', RETRIES, definition.retries));
  problems.push(...check('InvalidResource', task, 'timeoutSeconds', TIMEOUT_SECONDS, definition.timeoutSeconds));
  problems.push(...check('InvalidTask', task, 'expectedSeconds', EXPECTED_SECONDS, definition.expectedSeconds));
  const { intervalSeconds, maxDelaySeconds } = retryOf(definition);
  if (within(RETRY.maxDelaySeconds, maxDelaySeconds) && intervalSeconds > maxDelaySeconds) {
    problems.push(
      problem(
        'InvalidRetry',
        `task "${task}": retry.intervalSeconds is ${show(intervalSeconds)}, more than retry.maxDelaySeconds, ${show(maxDelaySeconds)}`,
      ),
    );
  }
  const jitter = definition.retry?.jitter;
  if (jitter !== undefined && jitter !== 'full' && jitter !== 'none') {
    problems.push(
      problem('InvalidRetry', `task "${task}": retry.jitter is ${show(jitter)}; it must be "full" or "none"`),
    );
  }
  return problems;
}

function within(range: Range, value: unknown): boolean {
  return (
    typeof value === 'number' && value >= range.min && value <= range.max && (!range.integer || Number.isInteger(value))
  );
}
