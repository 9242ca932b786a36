/** The Task states: one function, the payload that it gets, and what is done about its errors. */

import { GATHER_ERROR, NON_RETRYABLE_ERROR, TRANSIENT_ERRORS } from '../../contract/error-names.ts';
import { isDistributed, type PlannedEach, type PlannedTask } from '../../graph/plan.ts';
import { type Catcher, catchAnything, type MapState, type Retrier, type State, type TaskState } from '../asl.ts';
import { PARTITION_PLACEHOLDER, RUNS_BUCKET_PLACEHOLDER } from '../placeholders.ts';

export const RETRY_TRANSIENT: Retrier = {
  ErrorEquals: TRANSIENT_ERRORS,
  // After 1, 2, 4 … seconds, which are the defaults: half a minute at the longest.
  MaxAttempts: 6,
  JitterStrategy: 'FULL',
};

/** Of the cleanup: what throttles an account for minutes must not keep a run from it. */
export const RETRY_TRANSIENT_LONG: Retrier = { ...RETRY_TRANSIENT, MaxAttempts: 12, MaxDelaySeconds: 60 };

/** Of what is not a handler's work but ours: cleaning up, gathering chunks. */
export const RETRY_OUR_WORK: Retrier = {
  ErrorEquals: ['States.ALL'],
  MaxAttempts: 3,
  IntervalSeconds: 2,
  BackoffRate: 3,
  JitterStrategy: 'FULL',
};

/**
 * How much longer than the function itself the state waits for it: a function's timeout does not count its cold start.
 * The function's own timeout comes first, so no state is left while its function goes on.
 */
export const TIMEOUT_MARGIN_SECONDS = 60;

/** The run's own name and input, wherever the machine is. */
export const RUN_PARAMETERS = { 'run.$': '$$.Execution.Name', 'input.$': '$$.Execution.Input' };
const RETRY_COUNT = { 'retryCount.$': '$$.State.RetryCount' };

export type Exit = { readonly Next: string } | { readonly OutputPath: '$.out'; readonly End: true };

export interface FunctionPlace {
  /** Stands for the function's ARN. */
  readonly placeholder: string;
  /** Where the task leaves its mark: its status, or the error that was caught. */
  readonly mark: string;
  /** The state to go on with when the task has failed. */
  readonly onFailure: string;
  readonly exit: Exit;
}

export function taskState(task: PlannedTask, place: FunctionPlace): TaskState {
  return {
    ...invocation(task, place.placeholder, RUN_PARAMETERS),
    Catch: [catchAll(place)],
    ResultSelector: answerOf(task),
    ResultPath: place.mark,
    ...place.exit,
  };
}

/** @param run where the run's name and input are, in the state data at this place */
export function hookState(
  hook: PlannedTask,
  place: FunctionPlace,
  run: Readonly<Record<string, string>> = RUN_PARAMETERS,
): TaskState {
  return {
    ...invocation(hook, place.placeholder, { ...run, 'state.$': '$' }),
    // The input and the state data can be too much together. A hook that fails for it must take nobody else with it.
    Catch: catchAnything({ ResultPath: place.mark, Next: place.onFailure }),
    ResultSelector: { status: 'SUCCEEDED' },
    ResultPath: place.mark,
    ...place.exit,
  };
}

/** A chunk-parallel task: a Map over its chunks, then one more invocation that makes what they wrote its outputs. */
export function chunkStates(
  task: PlannedTask & { readonly each: PlannedEach },
  place: FunctionPlace,
  names: { readonly chunk: string; readonly chunkFailed: string; readonly gather: string },
  /** The chunks in the state data: in batches, or for a Distributed Map the key of their list. */
  chunks: string,
): Record<string, State> {
  const { placeholder } = place;
  const map = isDistributed(task.each) ? distributedMap : inlineMap;
  return {
    [task.name]: {
      ...map(task, placeholder, names, chunks),
      MaxConcurrency: task.each.maxConcurrency,
      ResultPath: null,
      Catch: [
        // Gathering says which chunks failed, and why.
        { ErrorEquals: ['States.ExceedToleratedFailureThreshold'], ResultPath: null, Next: names.gather },
        catchAll(place),
      ].slice(isDistributed(task.each) ? 0 : 1),
      Next: names.gather,
    },
    [names.gather]: {
      ...invocation(task, placeholder, { ...RUN_PARAMETERS, gather: true }),
      Retry: [RETRY_TRANSIENT, { ErrorEquals: [NON_RETRYABLE_ERROR, GATHER_ERROR], MaxAttempts: 0 }, RETRY_OUR_WORK],
      Catch: [catchAll(place)],
      ResultSelector: answerOf(task),
      ResultPath: place.mark,
      ...place.exit,
    },
  };
}

type Map = Omit<MapState, 'MaxConcurrency' | 'ResultPath' | 'Catch' | 'Next'>;
type ChunkNames = Parameters<typeof chunkStates>[2];

function inlineMap(task: PlannedTask, placeholder: string, names: ChunkNames, chunks: string): Map {
  return {
    Type: 'Map',
    ItemsPath: chunks,
    ItemSelector: { ...RUN_PARAMETERS, 'chunks.$': '$$.Map.Item.Value' },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'INLINE' },
      StartAt: names.chunk,
      States: {
        [names.chunk]: {
          ...invocation(task, placeholder, { 'run.$': '$.run', 'input.$': '$.input', 'chunks.$': '$.chunks' }),
          // The other chunks go on: how many may fail is decided when all are over.
          Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: names.chunkFailed }],
          ResultSelector: {},
          End: true,
        },
        [names.chunkFailed]: { Type: 'Pass', Result: {}, End: true },
      },
    },
  };
}

function distributedMap(
  task: PlannedTask & { readonly each: PlannedEach },
  placeholder: string,
  names: ChunkNames,
  chunks: string,
): Map {
  const { batchSize, toleratedFailures } = task.each;
  return {
    Type: 'Map',
    ItemReader: {
      Resource: `arn:\${${PARTITION_PLACEHOLDER}}:states:::s3:getObject`,
      ReaderConfig: { InputType: 'JSON' },
      Parameters: { Bucket: `\${${RUNS_BUCKET_PLACEHOLDER}}`, 'Key.$': chunks },
    },
    ItemSelector: { 'id.$': '$$.Map.Item.Value.id' },
    ItemBatcher: { MaxItemsPerBatch: batchSize, BatchInput: RUN_PARAMETERS },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: names.chunk,
      States: {
        [names.chunk]: {
          ...invocation(task, placeholder, {
            'run.$': '$.BatchInput.run',
            'input.$': '$.BatchInput.input',
            'chunks.$': '$.Items[*].id',
          }),
          ResultSelector: {},
          End: true,
        },
      },
    },
    // A batch fails as a whole, so this many items may be in it for each chunk that failed. Gathering counts exactly.
    ...('count' in toleratedFailures
      ? { ToleratedFailureCount: toleratedFailures.count * batchSize }
      : { ToleratedFailurePercentage: Math.min(100, toleratedFailures.percentage * batchSize) }),
  };
}

function invocation(task: PlannedTask, placeholder: string, parameters: Readonly<Record<string, unknown>>) {
  return {
    Type: 'Task',
    Resource: `\${${placeholder}}`,
    TimeoutSeconds: task.timeoutSeconds + TIMEOUT_MARGIN_SECONDS,
    Parameters: { ...parameters, ...RETRY_COUNT },
    Retry: [RETRY_TRANSIENT, ...ownRetries(task)],
  } as const;
}

function catchAll({ mark, onFailure }: FunctionPlace): Catcher {
  return { ErrorEquals: ['States.ALL'], ResultPath: mark, Next: onFailure };
}

/**
 * What the state data keeps of an answer. Reading a path that is not there would end the run uncatchably, so only what
 * the harness is certain to answer is read.
 */
function answerOf({ outputs }: PlannedTask): Record<string, string> {
  const all = Object.values(outputs);
  return {
    status: 'SUCCEEDED',
    ...(all.some(({ reported }) => reported) && { 'values.$': '$.values' }),
    ...(all.some(({ chunksOf }) => chunksOf) && { 'chunks.$': '$.chunks' }),
  };
}

function ownRetries(task: PlannedTask): Retrier[] {
  if (task.retries === 0) return [];
  const { intervalSeconds, backoffRate, maxDelaySeconds, jitter } = task.retry;
  return [
    { ErrorEquals: [NON_RETRYABLE_ERROR], MaxAttempts: 0 },
    {
      ErrorEquals: ['States.ALL'],
      MaxAttempts: task.retries,
      IntervalSeconds: intervalSeconds,
      BackoffRate: backoffRate,
      MaxDelaySeconds: maxDelaySeconds,
      JitterStrategy: jitter === 'full' ? 'FULL' : 'NONE',
    },
  ];
}
