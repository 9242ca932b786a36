/** Failures to inject: `--fail aggregate`, `aggregate:1`, `aggregate:1:TransientError`. */

import { UsageError } from '../state-machines/contract/errors.ts';
import { COMMIT_RECORD } from '../state-machines/contract/keys.ts';
import { nearest } from '../state-machines/graph/nearest.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import type { Refusal, S3Request } from './s3.ts';

export interface Failure {
  readonly task: string;
  /** How many attempts fail. */
  readonly times: number;
  readonly error: string;
}

const ERROR_NAME = /^[A-Za-z_][\w.]{0,79}$/;
const TIMES = /^[1-9][0-9]{0,5}$/;

/** @throws UsageError */
export function parseFailures(texts: readonly string[], plan: Plan): Failure[] {
  const failures = texts.map((text) => parseFailure(text, plan));
  for (const [index, { task }] of failures.entries()) {
    if (failures.findIndex((failure) => failure.task === task) === index) continue;
    throw new UsageError(
      'InvalidOption',
      `fail: "${task}" is named twice; say once how often it fails, and with what error`,
    );
  }
  return failures;
}

function parseFailure(text: string, plan: Plan): Failure {
  const [task = '', times, error = 'InjectedFailure', ...rest] = text.split(':');
  const form = 'say task, task:times or task:times:ErrorName';
  if (!plan.task(task)) {
    const names = plan.tasks.map(({ name }) => name);
    const meant = nearest(task, names);
    const hint = meant ? `did you mean "${meant}"?` : `there are ${names.join(', ')}`;
    throw new UsageError('UnknownTask', `fail: "${plan.pipeline}" has no task "${task}"; ${hint}`);
  }
  if (times !== undefined && !TIMES.test(times)) {
    throw new UsageError('InvalidOption', `fail: "${text}": "${times}" is not a number of attempts; ${form}`);
  }
  if (!ERROR_NAME.test(error) || rest.length > 0) {
    throw new UsageError('InvalidOption', `fail: "${text}": "${[error, ...rest].join(':')}" is no error name; ${form}`);
  }
  return { task, times: times === undefined ? Number.POSITIVE_INFINITY : Number(times), error };
}

/**
 * Makes attempts fail at the worst moment: all work done, all outputs stored, the commit refused. Everything else is
 * as real as in any run, so what it shows of retries, skipping and cleanup is too.
 */
export function refuseCommits(failures: readonly Failure[]): (request: S3Request) => Refusal | undefined {
  const refused = new Map(failures.map(({ task }) => [task, new Set<unknown>()]));
  return ({ method, key, headers }) => {
    const failure =
      method === 'PUT' ? failures.find(({ task }) => key.endsWith(`/${task}/${COMMIT_RECORD}`)) : undefined;
    const requests = failure && refused.get(failure.task);
    // The SDK's own retries of a request carry the same id; they are still the same attempt.
    const request = headers['amz-sdk-invocation-id'];
    if (!failure || !requests || (requests.size >= failure.times && !requests.has(request))) return undefined;
    requests.add(request);
    return {
      status: 400,
      code: failure.error,
      message: `injected into attempt ${requests.size} by fail: ${failure.task}`,
    };
  };
}
