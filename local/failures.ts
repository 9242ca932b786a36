/** Failures to inject: `--fail aggregate`, `aggregate:1`, `aggregate:1:TransientError`, `extract/2026-11-20:1`. */

import { UsageError } from '../state-machines/contract/errors.ts';
import { CHUNKS, COMMIT_RECORD } from '../state-machines/contract/keys.ts';
import { CHUNK_ID, explainName, isName } from '../state-machines/contract/names.ts';
import { didYouMeanOneOf } from '../state-machines/graph/nearest.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import type { Refusal, S3Request } from './s3/endpoint.ts';

export interface Failure {
  /** A task or a hook. */
  readonly task: string;
  /** One chunk of a chunk-parallel task; without it each of them fails. */
  readonly chunk?: string;
  readonly chunked: boolean;
  /** How many attempts fail; of a chunk-parallel task, how many of each chunk. */
  readonly times: number;
  readonly error: string;
}

const ERROR_NAME = /^[A-Za-z_][\w.]{0,79}$/;
const TIMES = /^[1-9][0-9]{0,5}$/;

/** @throws UsageError */
export function parseFailures(texts: readonly string[], plan: Plan): Failure[] {
  const failures = texts.map((text) => parseFailure(text, plan));
  const named = failures.map(nameOf);
  const twice = named.find((name, index) => named.indexOf(name) !== index);
  if (twice === undefined) return failures;
  throw new UsageError(
    'InvalidOption',
    `fail: "${twice}" is named twice; say once how often it fails, and with what error`,
  );
}

function parseFailure(text: string, plan: Plan): Failure {
  const [what = '', times, error = 'InjectedFailure', ...rest] = text.split(':');
  const form = 'say task, task:times or task:times:ErrorName';
  const named = parseName(what, text, plan);
  if (times !== undefined && !TIMES.test(times)) {
    throw new UsageError('InvalidOption', `fail: "${text}": "${times}" is not a number of attempts; ${form}`);
  }
  if (!ERROR_NAME.test(error) || rest.length > 0) {
    throw new UsageError('InvalidOption', `fail: "${text}": "${[error, ...rest].join(':')}" is no error name; ${form}`);
  }
  return { ...named, times: times === undefined ? Number.POSITIVE_INFINITY : Number(times), error };
}

function parseName(what: string, text: string, plan: Plan): Pick<Failure, 'task' | 'chunk' | 'chunked'> {
  const slash = what.indexOf('/');
  const [task, chunk] = slash < 0 ? [what] : [what.slice(0, slash), what.slice(slash + 1)];
  const hook = plan.hook(task);
  const found = plan.task(task) ?? hook;
  if (!found) {
    const hint = didYouMeanOneOf(
      task,
      plan.functions.map(({ name }) => name),
    );
    const kinds = plan.hooks.length > 0 ? 'task or hook' : 'task';
    throw new UsageError('UnknownTask', `fail: "${plan.pipeline}" has no ${kinds} "${task}"${hint}`);
  }
  if (hook?.hook === 'after-execution') {
    throw new UsageError(
      'InvalidOption',
      `fail: "${task}" runs after the execution and commits nothing that could be refused; let its handler throw`,
    );
  }
  const chunked = found.each !== undefined;
  if (chunk === undefined) return { task, chunked };
  if (!chunked) {
    throw new UsageError('InvalidOption', `fail: "${text}": "${task}" has no chunks; say ${task}, without "/${chunk}"`);
  }
  if (!isName(CHUNK_ID, chunk)) {
    throw new UsageError('InvalidOption', `fail: "${text}": ${explainName('chunk id', CHUNK_ID, chunk)}`);
  }
  return { task, chunk, chunked };
}

/** As it was asked for: `task`, or `task/chunk`. */
export function nameOf({ task, chunk }: Failure): string {
  return chunk === undefined ? task : `${task}/${chunk}`;
}

/**
 * Makes attempts fail at the worst moment: all work done, all outputs stored, the commit refused. Everything else is
 * as real as in any run, so what it shows of retries, skipping and cleanup is too.
 *
 * @param onReached is told of each attempt that is made to fail
 */
export function refuseCommits(
  failures: readonly Failure[],
  onReached: (failure: Failure) => void = () => undefined,
): (request: S3Request) => Refusal | undefined {
  // What is said of one chunk goes before what is said of all.
  const specificFirst = failures.toSorted((a, b) => Number(b.chunk !== undefined) - Number(a.chunk !== undefined));
  const refused = new Map<string, Set<unknown>>();
  return ({ method, key, headers }) => {
    if (method !== 'PUT') return undefined;
    const failure = specificFirst.find((candidate) => commits(key, candidate));
    if (!failure) return undefined;
    const requests = refused.get(key) ?? new Set<unknown>();
    refused.set(key, requests);
    // The SDK's own retries of a request carry the same id; they are still the same attempt.
    const request = headers['amz-sdk-invocation-id'];
    if (requests.size >= failure.times && !requests.has(request)) return undefined;
    requests.add(request);
    onReached(failure);
    return {
      status: 400,
      code: failure.error,
      message: `injected into attempt ${requests.size} by fail: ${nameOf(failure)}`,
    };
  };
}

/** Of a chunk-parallel task its chunks fail, not the gathering of what they left. */
function commits(key: string, { task, chunk, chunked }: Failure): boolean {
  if (!chunked) return key.endsWith(`/${task}/${COMMIT_RECORD}`);
  const [, ofChunk] = key.split(`/${task}/${CHUNKS}`);
  const [id, ...rest] = ofChunk?.split('/') ?? [];
  return rest.join('/') === COMMIT_RECORD && (chunk === undefined || chunk === id);
}
