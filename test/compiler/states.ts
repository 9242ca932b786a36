/** The states that compiled machines are made of, as they are expected. */

import validate from 'asl-validator';
import { expect } from 'vitest';
import type { Branch, Definition } from '../../state-machines/compiler/asl.ts';
import { type CompiledPipeline, compile, type Plan } from '../../state-machines/index.ts';

export const TRANSIENT = {
  ErrorEquals: [
    'Lambda.ClientExecutionTimeoutException',
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
  ],
  MaxAttempts: 6,
  JitterStrategy: 'FULL',
};

/** Of the cleanup. */
export const LONG_TRANSIENT = { ...TRANSIENT, MaxAttempts: 12, MaxDelaySeconds: 60 };

/** The retriers of what must work: the cleanup, and the gathering of chunks. */
export const PATIENT = {
  ErrorEquals: ['States.ALL'],
  MaxAttempts: 3,
  IntervalSeconds: 2,
  BackoffRate: 3,
  JitterStrategy: 'FULL',
};

/** The last state of a branch. */
export const EXIT = { OutputPath: '$.out', End: true };
/** Where a branch ends whose last task has failed, or was skipped. */
export const END = { Type: 'Pass', ...EXIT };

export const RUN = { 'run.$': '$$.Execution.Name', 'input.$': '$$.Execution.Input' };
const RETRY_COUNT = { 'retryCount.$': '$$.State.RetryCount' };

export const markOf = (task: string) => (task.includes('-') ? `$.out['${task}']` : `$.out.${task}`);
export const next = (Next: string) => ({ Next });

/** A Lambda function with defaults, but for its retries. */
export function invocation(name: string, parameters: object, retries = 0) {
  const own = [
    { ErrorEquals: ['NonRetryableError'], MaxAttempts: 0 },
    {
      ErrorEquals: ['States.ALL'],
      MaxAttempts: retries,
      IntervalSeconds: 1,
      BackoffRate: 2,
      MaxDelaySeconds: 60,
      JitterStrategy: 'FULL',
    },
  ];
  return {
    Type: 'Task',
    Resource: `\${${name.replaceAll('-', '_')}}`,
    TimeoutSeconds: 960,
    Parameters: { ...parameters, ...RETRY_COUNT },
    Retry: retries > 0 ? [TRANSIENT, ...own] : [TRANSIENT],
  };
}

export const caught = (task: string, Next: string) => ({
  ErrorEquals: ['States.ALL'],
  ResultPath: markOf(task),
  Next,
});

/** @param options.answered what the machine keeps of the answer besides the status */
export function taskState(
  task: string,
  onFailure: string,
  exit: object,
  { retries = 0, answered = [] }: { readonly retries?: number; readonly answered?: readonly string[] } = {},
) {
  return {
    ...invocation(task, RUN, retries),
    Catch: [caught(task, onFailure)],
    ResultSelector: {
      status: 'SUCCEEDED',
      ...Object.fromEntries(answered.map((field) => [`${field}.$`, `$.${field}`])),
    },
    ResultPath: markOf(task),
    ...exit,
  };
}

/** A hook is sent the state data besides, and fails alone where that is too much. */
export function hookState(hook: string, onFailure: string, exit: object, run: object = RUN) {
  const tooLarge = { ...caught(hook, onFailure), ErrorEquals: ['States.DataLimitExceeded'] };
  return {
    ...taskState(hook, onFailure, exit),
    ...invocation(hook, { ...run, 'state.$': '$' }),
    Catch: [tooLarge, caught(hook, onFailure)],
  };
}

export const omittedState = (task: string, exit: object) => ({
  Type: 'Pass',
  Result: { status: 'OMITTED' },
  ResultPath: markOf(task),
  ...exit,
});

export const present = (Variable: string) => ({ Variable, IsPresent: true });
export const failed = (mark: string) => present(`${mark}.Error`);
export const endedWell = (mark: string) => present(`${mark}.status`);
export const succeeded = (mark: string) => [endedWell(mark), { Variable: `${mark}.status`, StringEquals: 'SUCCEEDED' }];

/** What a plan compiles to, found valid: the definitions pass the validator, with all their paths. */
export function compiled(plan: Plan): CompiledPipeline {
  const pipeline = compile(plan);
  expectValid(pipeline.definition);
  expectValid(pipeline.finalizer);
  return pipeline;
}

export function expectValid(definition: Definition): void {
  const report = validate(structuredClone(definition));
  expect(report.isValid ? '' : report.errorsText('\n')).toBe('');
}

/** What is in `Run`, the only branch of it. */
export function runBranch({ definition }: CompiledPipeline): Branch | undefined {
  const { Run } = definition.States;
  return Run?.Type === 'Parallel' ? Run.Branches[0] : undefined;
}
