/** Events as AWS documents and writes them, of which the second opinion's engine has not all: test/opinion/history.suite.ts. */

import type { HistoryEvent as SdkHistoryEvent } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../history/events.ts';
import {
  type AboutExecution,
  ExecutionHistoryReader,
  type HistoryEvent,
} from '../../history/from-execution-history.ts';
import { chunks, json, TaskGraph } from '../../state-machines/index.ts';

const graph = new TaskGraph('flights');
const extract = graph.addTask('extract', { outputs: { raw: json<number>(), days: chunks() }, retries: 2 });
graph.addTask('load', { inputs: { raw: extract.outputs.raw } });
graph.addTask('daily', { each: extract.outputs.days, outputs: { rows: json<number>() } });
graph.addTask('many', { each: extract.outputs.days, maxConcurrency: 500 });
graph.addErrorsTask('alert');
graph.addAfterExecutionTask('notify');
const plan = graph.build();

const about: AboutExecution = {
  plan,
  pipeline: 'flights',
  name: 'r1',
  run: 'r1',
  input: { day: 1 },
  executionArn: 'arn:aws:states:eu-central-1:123456789012:execution:flights:r1',
  role: 'run',
};

type Given = Partial<HistoryEvent> & { readonly type: string };
const at = (id: number) => new Date(Date.UTC(2026, 0, 1) + id * 1000);

/** Numbered, a second apart, each behind the one before it unless it says otherwise. */
function numbered(events: readonly Given[]): HistoryEvent[] {
  return events.map((event, index) => ({
    id: index + 1,
    previousEventId: index,
    timestamp: at(index + 1),
    ...event,
  }));
}

function read(events: readonly Given[], more: Partial<AboutExecution> = {}): RunEvent[] {
  const reader = new ExecutionHistoryReader({ ...about, ...more });
  return numbered(events).flatMap((event) => reader.add(event));
}

const untimed = (events: readonly RunEvent[]) => events.map(({ at: _, ...event }) => event);

const START: Given = { type: 'ExecutionStarted', previousEventId: 0, executionStartedEventDetails: { input: '{}' } };
const entered = (name: string, type = 'Task', more: Partial<Given> = {}): Given => ({
  type: `${type}StateEntered`,
  stateEnteredEventDetails: { name, input: '{}' },
  ...more,
});
const exited = (name: string, type = 'Task'): Given => ({
  type: `${type}StateExited`,
  stateExitedEventDetails: { name, output: '{}' },
});
const RESOURCE = 'arn:aws:lambda:eu-central-1:123456789012:function:f';
const scheduled = (payload: object = { run: 'r1', input: {}, retryCount: 0 }, more: Partial<Given> = {}): Given => ({
  type: 'LambdaFunctionScheduled',
  lambdaFunctionScheduledEventDetails: { resource: RESOURCE, input: JSON.stringify(payload) },
  ...more,
});
const STARTED: Given = { type: 'LambdaFunctionStarted' };
const succeeded = (answer: object = { status: 'SUCCEEDED', bytesIn: 1, bytesOut: 2 }): Given => ({
  type: 'LambdaFunctionSucceeded',
  lambdaFunctionSucceededEventDetails: { output: JSON.stringify(answer) },
});

describe('the history of an execution', () => {
  it('begins the run, of an execution that resumes another too', () => {
    const [event] = read([START]);
    expect(event).toEqual({
      at: '2026-01-01T00:00:01.000Z',
      type: 'run-started',
      pipeline: 'flights',
      run: 'r1',
      input: { day: 1 },
      tasks: ['extract', 'load', 'daily', 'many'],
      executionArn: about.executionArn,
    });
    expect(read([START], { name: 'r2' })[0]).toMatchObject({ run: 'r1', execution: 'r2' });
  });

  it('takes the times of the SDK and of the CLI, and events that it does not know', () => {
    const reader = new ExecutionHistoryReader(about);
    const sdk: SdkHistoryEvent = { id: 1, type: 'ExecutionStarted', timestamp: at(1), previousEventId: 0 };
    expect(reader.add(sdk)).toHaveLength(1);
    const cli = { id: 2, type: 'ExecutionAborted', timestamp: '2026-01-01T01:00:02.500+01:00' };
    expect(reader.add({ id: 2, type: 'SomethingNew', timestamp: undefined })).toEqual([]);
    expect(reader.add({ ...cli, id: 3 })[0]?.at).toBe('2026-01-01T00:00:02.500Z');
  });

  it('that is read from its beginning again tells only what is new', () => {
    const events = numbered([START, entered('extract'), scheduled(), STARTED, succeeded()]);
    const reader = new ExecutionHistoryReader(about);
    const first = events.slice(0, 3).flatMap((event) => reader.add(event));
    const second = events.flatMap((event) => reader.add(event));
    expect(first.map(({ type }) => type)).toEqual(['run-started', 'attempt-started']);
    expect(second.map(({ type }) => type)).toEqual(['attempt-succeeded']);
  });
});

describe('an attempt', () => {
  const attempt = { task: 'extract', attempt: 1 };
  const begun = [START, entered('extract'), scheduled()];

  it('of a function by its ARN succeeds, with what the function answered', () => {
    const released = { 'a.b': 3 };
    const events = [...begun, STARTED, succeeded({ status: 'SUCCEEDED', bytesIn: 1, bytesOut: 2, released })];
    expect(untimed(read(events)).slice(1)).toEqual([
      { type: 'attempt-started', ...attempt },
      { type: 'attempt-succeeded', ...attempt, durationMs: 2_000, bytesIn: 1, bytesOut: 2, released },
    ]);
  });

  it('of lambda:invoke does too', () => {
    const payload = { run: 'r1', input: {}, retryCount: 1 };
    const details = { resourceType: 'lambda', resource: 'invoke' };
    const events: Given[] = [
      START,
      entered('extract'),
      {
        type: 'TaskScheduled',
        taskScheduledEventDetails: {
          ...details,
          parameters: JSON.stringify({ FunctionName: RESOURCE, Payload: payload }),
        },
      },
      { type: 'TaskStarted' },
      {
        type: 'TaskSucceeded',
        taskSucceededEventDetails: {
          ...details,
          output: JSON.stringify({ StatusCode: 200, Payload: { status: 'SUCCEEDED', bytesOut: 2 } }),
        },
      },
    ];
    expect(untimed(read(events)).slice(1)).toEqual([
      { type: 'attempt-started', ...attempt, attempt: 2 },
      { type: 'attempt-succeeded', ...attempt, attempt: 2, durationMs: 2_000, bytesOut: 2 },
    ]);
  });

  it.each<[string, Given, { name: string; message: string }]>([
    [
      'fails with what the handler threw',
      {
        type: 'LambdaFunctionFailed',
        lambdaFunctionFailedEventDetails: {
          error: 'TypeError',
          cause: JSON.stringify({ errorType: 'TypeError', errorMessage: 'x is undefined', trace: ['…'] }),
        },
      },
      { name: 'TypeError', message: 'x is undefined' },
    ],
    [
      'times out',
      { type: 'LambdaFunctionTimedOut', lambdaFunctionTimedOutEventDetails: { error: 'States.Timeout' } },
      { name: 'States.Timeout', message: '' },
    ],
    ['times out, read without data', { type: 'LambdaFunctionTimedOut' }, { name: 'States.Timeout', message: '' }],
    ['fails, read without data', { type: 'LambdaFunctionFailed' }, { name: 'States.TaskFailed', message: '' }],
    [
      'cannot be started',
      {
        type: 'LambdaFunctionStartFailed',
        lambdaFunctionStartFailedEventDetails: { error: 'Lambda.TooManyRequestsException', cause: 'Rate exceeded' },
      },
      { name: 'Lambda.TooManyRequestsException', message: 'Rate exceeded' },
    ],
    [
      'of lambda:invoke times out',
      { type: 'TaskTimedOut', taskTimedOutEventDetails: { error: 'States.Timeout', cause: '' } },
      { name: 'States.Timeout', message: '' },
    ],
  ])('%s', (_, end, error) => {
    expect(untimed(read([...begun, end])).at(-1)).toEqual({
      type: 'attempt-failed',
      ...attempt,
      durationMs: 1_000,
      error,
    });
  });

  it('that cannot even be scheduled has begun and failed', () => {
    const details = { error: 'Lambda.AccessDeniedException', cause: 'no' };
    const refused: Given = { type: 'LambdaFunctionScheduleFailed', lambdaFunctionScheduleFailedEventDetails: details };
    expect(untimed(read([START, entered('extract'), refused])).slice(1)).toEqual([
      { type: 'attempt-started', ...attempt },
      { type: 'attempt-failed', ...attempt, durationMs: 0, error: { name: details.error, message: 'no' } },
    ]);
    expect(read([...begun, refused])).toHaveLength(3);
  });

  it('has the number that it was sent, or else its place among them', () => {
    const failed: Given = { type: 'LambdaFunctionFailed', lambdaFunctionFailedEventDetails: { error: 'E' } };
    const numbers = (events: readonly Given[]) =>
      read(events).flatMap((event) => (event.type === 'attempt-started' ? [event.attempt] : []));
    const sent = (retryCount: number) => scheduled({ run: 'r1', retryCount });
    expect(numbers([START, entered('extract'), sent(0), failed, sent(1), failed, sent(2)])).toEqual([1, 2, 3]);
    const untold: Given = { type: 'LambdaFunctionScheduled', lambdaFunctionScheduledEventDetails: {} };
    expect(numbers([START, entered('extract'), untold, failed, untold])).toEqual([1, 2]);
  });

  /** `extract` at 4, and at 6 its function; `load` at 5 and 7. */
  const twoAtOnce: readonly Given[] = [
    START,
    entered('Run', 'Parallel', { previousEventId: 0 }),
    { type: 'ParallelStateStarted' },
    entered('extract', 'Task', { previousEventId: 3 }),
    entered('load', 'Task', { previousEventId: 3 }),
    scheduled({}, { previousEventId: 4 }),
    scheduled({}, { previousEventId: 5 }),
  ];

  it('is found by the chain that it is in, whatever else goes on', () => {
    const events: Given[] = [
      ...twoAtOnce,
      { ...succeeded(), previousEventId: 6 },
      { type: 'LambdaFunctionFailed', previousEventId: 7 },
    ];
    expect(read(events).map((event) => [event.type, 'task' in event && event.task])).toEqual([
      ['run-started', false],
      ['attempt-started', 'extract'],
      ['attempt-started', 'load'],
      ['attempt-succeeded', 'extract'],
      ['attempt-failed', 'load'],
    ]);
  });

  it('of a task that the plan does not have is told all the same', () => {
    expect(untimed(read([START, entered('older'), scheduled(), succeeded({})])).slice(1)).toEqual([
      { type: 'attempt-started', task: 'older', attempt: 1 },
      { type: 'attempt-succeeded', task: 'older', attempt: 1, durationMs: 1_000 },
    ]);
  });

  it('whose answer cannot be read has succeeded', () => {
    const cut: Given = { type: 'LambdaFunctionSucceeded', lambdaFunctionSucceededEventDetails: { output: '{"bytes' } };
    expect(untimed(read([...begun, cut])).at(-1)).toEqual({
      type: 'attempt-succeeded',
      ...attempt,
      durationMs: 1_000,
    });
  });

  /** As AWS writes it: the events of states that are aborted follow the failure, not the chain that they end. */
  it('beside a task that ends the run is stopped when the run is left', () => {
    const events: Given[] = [
      ...twoAtOnce,
      { type: 'LambdaFunctionFailed', previousEventId: 7 },
      { type: 'TaskStateAborted', previousEventId: 8 },
      { type: 'ParallelStateFailed', previousEventId: 8 },
      exited('Run', 'Parallel'),
      // As an emulator goes on: it is nobody's any more.
      { type: 'LambdaFunctionFailed', previousEventId: 6 },
      entered('Errors', 'Parallel'),
    ];
    expect(untimed(read(events)).at(-1)).toEqual({
      type: 'attempt-failed',
      ...attempt,
      durationMs: 5_000,
      error: { name: 'Stopped', message: expect.any(String) },
    });
  });
});

describe('a hook', () => {
  const kindIn = (events: readonly Given[], more: Partial<AboutExecution> = {}) =>
    read(events, more).flatMap((event) => (event.type === 'attempt-started' ? [[event.task, event.hook]] : []));

  it('has the kind that the plan says, and its own name behind the run too', () => {
    expect(kindIn([START, entered('alert'), scheduled()])).toEqual([['alert', 'errors']]);
    expect(kindIn([START, entered('alert late'), scheduled()])).toEqual([['alert', 'errors']]);
  });

  it.each([
    ['Errors', 'errors'],
    ['Finally', 'finally'],
    ['After execution', 'after-execution'],
  ])('that the plan does not have is of the kind in whose phase it is: %s', (phase, kind) => {
    expect(kindIn([START, entered(phase, 'Parallel'), entered('older'), scheduled()])).toEqual([['older', kind]]);
  });

  it('of the finalizer is told without a start or an end of the run', () => {
    const events = [
      START,
      entered('Errors', 'Parallel'),
      entered('alert'),
      scheduled(),
      succeeded({}),
      { type: 'ExecutionSucceeded' },
    ];
    expect(read(events, { role: 'finalizer' }).map(({ type }) => type)).toEqual([
      'attempt-started',
      'attempt-succeeded',
    ]);
  });

  it('that is under way when the finalizer is ended is stopped', () => {
    const events = [START, entered('alert'), scheduled(), { type: 'ExecutionAborted' }];
    expect(untimed(read(events, { role: 'finalizer' })).at(-1)).toMatchObject({
      type: 'attempt-failed',
      error: { name: 'Stopped' },
    });
  });
});

describe('the cleanup', () => {
  const result = (left: number) => ({
    ...{ pipeline: 'flights', run: 'r1', status: 'SUCCEEDED', tasks: {} },
    released: { objects: 1, bytes: 1, left },
  });

  it('is told each time that it is called, and what was left by it', () => {
    const again: Given = entered('Verdict', 'Choice');
    const events = [
      START,
      entered('Cleanup'),
      scheduled(),
      succeeded({ done: false, result: result(1) }),
      again,
      entered('Cleanup'),
      scheduled(),
      succeeded({ done: true, result: result(0) }),
    ];
    expect(untimed(read(events)).slice(1)).toEqual([
      { type: 'cleanup-started' },
      { type: 'cleanup-ended', done: false },
      { type: 'cleanup-started' },
      { type: 'cleanup-ended', done: true, left: 0 },
    ]);
  });

  it('without the notes is one too, and one that fails is not done', () => {
    const events = [START, entered('Cleanup from records'), scheduled(), { type: 'LambdaFunctionTimedOut' }];
    expect(untimed(read(events)).slice(1)).toEqual([
      { type: 'cleanup-started' },
      { type: 'cleanup-ended', done: false },
    ]);
  });

  it('whose answer is not told is done, unless it is called again', () => {
    const silent: Given = { type: 'LambdaFunctionSucceeded' };
    expect(untimed(read([START, entered('Cleanup'), scheduled(), silent])).at(-1)).toEqual({
      type: 'cleanup-ended',
      done: true,
    });
  });

  it.each(['Notes from records', 'Last sweep'])('is not what its function does in "%s"', (state) => {
    expect(read([START, entered(state), scheduled(), succeeded({ done: true })])).toHaveLength(1);
    expect(read([START, entered(state), scheduled(), { type: 'LambdaFunctionFailed' }])).toHaveLength(1);
  });
});

describe('inline chunks', () => {
  const state = {
    out: {},
    up: { out: { extract: { status: 'SUCCEEDED', chunks: { daily: [['a', 'b'], ['c']] } } } },
  };
  const inline = (input: string | undefined): Given[] => [
    START,
    { type: 'MapStateEntered', stateEnteredEventDetails: { name: 'daily', input } },
    { type: 'MapStateStarted', mapStateStartedEventDetails: { length: 2 } },
    { type: 'MapIterationStarted', mapIterationStartedEventDetails: { name: 'daily', index: 0 } },
    {
      type: 'MapIterationStarted',
      previousEventId: 3,
      mapIterationStartedEventDetails: { name: 'daily', index: 1 },
    },
    entered('daily chunk', 'Task', { previousEventId: 4 }),
    entered('daily chunk', 'Task', { previousEventId: 5 }),
  ];
  const called = (payload: (chunks: string[]) => object): Given[] => [
    scheduled(payload(['a', 'b']), { previousEventId: 6 }),
    scheduled(payload(['c']), { previousEventId: 7 }),
    { ...succeeded({ bytesOut: 1 }), previousEventId: 9 },
    { type: 'LambdaFunctionFailed', previousEventId: 8 },
  ];

  it('are counted where their Map begins, and each attempt has those that it was sent', () => {
    const events = [...inline(JSON.stringify(state)), ...called((ids) => ({ chunks: ids, retryCount: 0 }))];
    const ab = { task: 'daily', attempt: 1, chunks: ['a', 'b'] };
    const c = { task: 'daily', attempt: 1, chunks: ['c'] };
    expect(untimed(read(events)).slice(1)).toEqual([
      { type: 'chunks-started', task: 'daily', count: 3 },
      { type: 'attempt-started', ...ab },
      { type: 'attempt-started', ...c },
      { type: 'attempt-succeeded', ...c, durationMs: 1_000, bytesOut: 1 },
      { type: 'attempt-failed', ...ab, durationMs: 3_000, error: { name: 'States.TaskFailed', message: '' } },
    ]);
  });

  it('read without data are told apart by their place', () => {
    const told = read([...inline(undefined), ...called(() => ({}))]);
    expect(untimed(told)[1]).toEqual({ type: 'chunks-started', task: 'daily', count: 2 });
    expect(told.flatMap((event) => ('chunks' in event ? event.chunks : []))).toEqual(['#0', '#1', '#1', '#0']);
  });

  it('are gathered behind their Map, in no item of it', () => {
    const events = [
      ...inline(JSON.stringify(state)),
      ...called((ids) => ({ chunks: ids, retryCount: 0 })),
      { type: 'MapStateSucceeded', previousEventId: 10 },
      exited('daily', 'Map'),
      entered('daily gather'),
      scheduled({ gather: true, retryCount: 0 }),
    ];
    expect(untimed(read(events)).at(-1)).toEqual({
      type: 'attempt-started',
      task: 'daily',
      attempt: 1,
      gather: true,
    });
  });

  it('of which an item fails as nothing catches make their task fail, and stop the others', () => {
    const events: Given[] = [
      ...inline(JSON.stringify(state)),
      ...called((ids) => ({ chunks: ids, retryCount: 0 })).slice(0, 2),
      {
        type: 'LambdaFunctionFailed',
        previousEventId: 8,
        lambdaFunctionFailedEventDetails: { error: 'States.DataLimitExceeded', cause: 'too large' },
      },
      { type: 'MapIterationFailed', mapIterationFailedEventDetails: { name: 'daily', index: 0 } },
      { type: 'TaskStateAborted', previousEventId: 10 },
      { type: 'MapIterationAborted', previousEventId: 10 },
      { type: 'MapStateFailed', previousEventId: 10 },
    ];
    const error = { name: 'States.DataLimitExceeded', message: 'too large' };
    expect(untimed(read(events)).slice(-3)).toEqual([
      expect.objectContaining({ chunks: ['c'], error: { name: 'Stopped', message: expect.any(String) } }),
      { type: 'attempt-started', task: 'daily', attempt: 1 },
      { type: 'attempt-failed', task: 'daily', attempt: 1, durationMs: 0, error },
    ]);
  });
});

describe('a Distributed Map', () => {
  const arn = 'arn:aws:states:eu-central-1:123456789012:mapRun:flights/many:1';
  const begun: Given[] = [
    START,
    { type: 'MapStateEntered', stateEnteredEventDetails: { name: 'many', input: '{"out":{}}' } },
    { type: 'MapStateStarted', mapStateStartedEventDetails: { length: 0 } },
    { type: 'MapRunStarted', mapRunStartedEventDetails: { mapRunArn: arn } },
  ];

  it('is there to be asked for its counts, from its start to its end', () => {
    const reader = new ExecutionHistoryReader(about);
    const events = numbered([...begun, { type: 'MapRunSucceeded' }]);
    const told = events.slice(0, 4).flatMap((event) => reader.add(event));
    expect(untimed(told).slice(1)).toEqual([{ type: 'chunks-started', task: 'many', count: 0 }]);
    expect(reader.mapRuns).toEqual([{ task: 'many', mapRunArn: arn, over: false }]);
    for (const event of events) reader.add(event);
    expect(reader.mapRuns).toEqual([{ task: 'many', mapRunArn: arn, over: true }]);
  });

  const failing = (error: string): Given[] => [
    ...begun,
    { type: 'MapRunFailed', mapRunFailedEventDetails: { error, cause: 'why' } },
    { type: 'MapStateFailed' },
    exited('many', 'Map'),
  ];

  it('that cannot read its items makes its task fail, for nothing is gathered', () => {
    const error = { name: 'States.ItemReaderFailed', message: 'why' };
    expect(untimed(read(failing(error.name))).slice(2)).toEqual([
      { type: 'attempt-started', task: 'many', attempt: 1 },
      { type: 'attempt-failed', task: 'many', attempt: 1, durationMs: 0, error },
    ]);
  });

  it('of which too many chunks fail leaves it to the gathering to say so', () => {
    expect(read(failing('States.ExceedToleratedFailureThreshold'))).toHaveLength(2);
  });
});

describe('the end of an execution', () => {
  it.each<[string, Given, object]>([
    ['with success', { type: 'ExecutionSucceeded' }, { status: 'SUCCEEDED' }],
    ['by an abort', { type: 'ExecutionAborted' }, { status: 'ABORTED' }],
    [
      'by an abort, with empty words for why',
      { type: 'ExecutionAborted', executionAbortedEventDetails: { error: '', cause: '' } },
      { status: 'ABORTED' },
    ],
    [
      'by an abort, with why',
      { type: 'ExecutionAborted', executionAbortedEventDetails: { error: 'Enough', cause: 'of it' } },
      { status: 'ABORTED', error: { name: 'Enough', message: 'of it' } },
    ],
    ['by its timeout', { type: 'ExecutionTimedOut' }, { status: 'TIMED_OUT' }],
    [
      'by an error of Step Functions',
      { type: 'ExecutionFailed', executionFailedEventDetails: { error: 'States.Runtime', cause: 'a path' } },
      { status: 'FAILED', error: { name: 'States.Runtime', message: 'a path' } },
    ],
    [
      'by the failure that its result tells',
      {
        type: 'ExecutionFailed',
        executionFailedEventDetails: {
          error: 'TaskFailed',
          cause: JSON.stringify({
            run: 'r1',
            status: 'FAILED',
            tasks: {},
            released: {},
            error: { name: 'TaskFailed', message: 'load failed' },
          }),
        },
      },
      { status: 'FAILED', error: { name: 'TaskFailed', message: 'load failed' } },
    ],
  ])('%s', (_, end, told) => {
    const events = read([START, entered('extract'), scheduled(), { ...end, previousEventId: 0 }]);
    expect(untimed(events).slice(2)).toEqual([{ type: 'execution-ended', ...told }]);
  });
});

/** As an emulator has it that enters no states inside of a Parallel, and chains nothing. */
describe('a history without chains', () => {
  const functions = { 'arn:extract': 'extract', 'arn:load': 'load', 'arn:daily': 'daily' };
  const told = (events: readonly Given[]) =>
    untimed(
      read(
        [START, entered('Run', 'Parallel'), ...events].map((event) => ({ ...event, previousEventId: undefined })),
        { functions },
      ),
    ).slice(1);
  const task = (type: string, resource: string, more = {}): Given => ({
    type: `Task${type}`,
    [`task${type}EventDetails`]: { resource, ...more },
  });

  it('is read by the functions that it names', () => {
    const events = [
      task('Scheduled', 'arn:extract'),
      task('Scheduled', 'arn:load'),
      task('Failed', 'arn:extract', { error: 'E', cause: 'c' }),
      task('Scheduled', 'arn:extract'),
      task('Succeeded', 'arn:load', { output: '{"bytesOut":1}' }),
    ];
    expect(told(events)).toEqual([
      { type: 'attempt-started', task: 'extract', attempt: 1 },
      { type: 'attempt-started', task: 'load', attempt: 1 },
      {
        type: 'attempt-failed',
        task: 'extract',
        attempt: 1,
        durationMs: 2_000,
        error: { name: 'E', message: 'c' },
      },
      { type: 'attempt-started', task: 'extract', attempt: 2 },
      { type: 'attempt-succeeded', task: 'load', attempt: 1, durationMs: 3_000, bytesOut: 1 },
    ]);
  });

  it('tells of the cleanup by the state that was entered last, and of no chunks', () => {
    expect(told([task('Scheduled', 'arn:daily'), task('Succeeded', 'arn:daily', { output: '{}' })])).toEqual([]);
    const events = [
      entered('Cleanup'),
      task('Scheduled', 'arn:cleanup'),
      task('Succeeded', 'arn:cleanup', { output: '{"done":false}' }),
    ];
    expect(told(events)).toEqual([{ type: 'cleanup-started' }, { type: 'cleanup-ended', done: false }]);
  });
});
