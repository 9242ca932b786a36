import { describe, expect, it } from 'vitest';
import type { RunOut } from '../../state-machines/contract/marks.ts';
import { outcomeOf } from '../../state-machines/contract/outcome.ts';
import type { RunResult } from '../../state-machines/contract/result.ts';
import type { ExecutionDetail, HookState } from '../../state-machines/contract/task-events.ts';

const SUCCEEDED = { status: 'SUCCEEDED' } as const;
const OMITTED = { status: 'OMITTED' } as const;
const boom = (message: string) => ({ Error: 'Boom', Cause: JSON.stringify({ errorMessage: message, trace: [] }) });
const failure = (task: string, message: string) => ({ task, name: 'Boom', message });

describe('how a run has gone so far', () => {
  it('is how each task has ended that the hook is about: one without a mark was skipped', () => {
    const out: RunOut = { a: SUCCEEDED, b: OMITTED, c: boom('no space left'), elsewhere: SUCCEEDED };
    expect(outcomeOf({ out }, ['a', 'b', 'c', 'd'])).toEqual({
      status: 'FAILED',
      failures: [failure('c', 'no space left')],
      tasks: { a: 'SUCCEEDED', b: 'OMITTED', c: 'FAILED', d: 'SKIPPED' },
    });
  });

  it('lists failures in the order of the tasks, whatever the order of the marks', () => {
    const out: RunOut = { c: boom('3'), _1: [{ b: boom('2') }, { a: boom('1') }] };
    expect(outcomeOf({ out }, ['a', 'b', 'c']).failures).toEqual([
      failure('a', '1'),
      failure('b', '2'),
      failure('c', '3'),
    ]);
  });

  it('is a success where all have succeeded, were omitted or skipped', () => {
    const out: RunOut = { a: SUCCEEDED, b: OMITTED };
    expect(outcomeOf({ out }, ['a', 'b', 'c'])).toMatchObject({ status: 'SUCCEEDED', failures: [] });
    expect(outcomeOf({}, [])).toEqual({ status: 'SUCCEEDED', failures: [], tasks: {} });
  });

  it('is a success for a group though a task outside of it has failed', () => {
    const out: RunOut = { a: boom('elsewhere'), b: SUCCEEDED };
    expect(outcomeOf({ out }, ['b'])).toEqual({ status: 'SUCCEEDED', failures: [], tasks: { b: 'SUCCEEDED' } });
  });

  it('is found in the branches of a Parallel, at any depth', () => {
    const out: RunOut = { _1: [{ a: SUCCEEDED, _2: [{ b: OMITTED }, { c: boom('deep') }] }, { d: SUCCEEDED }] };
    expect(outcomeOf({ out }, ['a', 'b', 'c', 'd']).tasks).toEqual({
      a: 'SUCCEEDED',
      b: 'OMITTED',
      c: 'FAILED',
      d: 'SUCCEEDED',
    });
  });

  it('is found in the state around, at any depth', () => {
    const state: HookState = {
      out: { c: boom('here') },
      up: { out: { b: SUCCEEDED }, up: { out: { _1: [{ a: boom('far') }] } } },
    };
    expect(outcomeOf(state, ['a', 'b', 'c'])).toEqual({
      status: 'FAILED',
      failures: [failure('a', 'far'), failure('c', 'here')],
      tasks: { a: 'FAILED', b: 'SUCCEEDED', c: 'FAILED' },
    });
  });

  it('is found where errors tasks were before: a mark of theirs is no task', () => {
    const state: HookState = { up: { out: { a: SUCCEEDED }, errors: [{ alert: boom('no mail') }] } };
    expect(outcomeOf(state, ['a'])).toEqual({ status: 'SUCCEEDED', failures: [], tasks: { a: 'SUCCEEDED' } });
    expect(outcomeOf(state, ['alert']).tasks).toEqual({ alert: 'FAILED' });
  });

  it.each<[string, string | undefined, string]>([
    ['the message of a Lambda', JSON.stringify({ errorMessage: 'no space left' }), 'no space left'],
    ['the cause, where that is none of a Lambda', 'Task timed out', 'Task timed out'],
    ['the cause, where that is other JSON', '{"why":"no idea"}', '{"why":"no idea"}'],
    ['the cause, where its message is no text', '{"errorMessage":7}', '{"errorMessage":7}'],
    ['the cause, where that is the JSON of nothing', 'null', 'null'],
    ['nothing, where there is none', undefined, ''],
  ])('tells of a failure %s', (_, Cause, message) => {
    const out: RunOut = { a: { Error: 'Boom', ...(Cause !== undefined && { Cause }) } };
    expect(outcomeOf({ out }, ['a']).failures).toEqual([{ task: 'a', name: 'Boom', message }]);
  });
});

describe('why a run was ended', () => {
  const limit = { Error: 'States.DataLimitExceeded', Cause: 'too large' };
  const error = { name: 'States.DataLimitExceeded', message: 'too large' };

  it.each<[string, HookState]>([
    ['beside the notes', { out: { a: SUCCEEDED }, ...limit }],
    ['around', { out: {}, up: { up: { out: { a: SUCCEEDED }, ...limit } } }],
  ])('is told, found %s, and makes it a failure though no task has failed', (_, state) => {
    expect(outcomeOf(state, ['a'])).toEqual({ status: 'FAILED', failures: [], tasks: { a: 'SUCCEEDED' }, error });
  });

  it('is told of a run without any notes', () => {
    expect(outcomeOf({ up: limit }, ['a'])).toEqual({
      status: 'FAILED',
      failures: [],
      tasks: { a: 'SKIPPED' },
      error,
    });
  });

  it("is no error of its own where it was a task's failure", () => {
    const Cause = JSON.stringify({ a: boom('no space left') });
    const state: HookState = { up: { out: { a: boom('no space left') }, Error: 'TaskFailed', Cause } };
    expect(outcomeOf(state, ['a'])).toEqual({
      status: 'FAILED',
      failures: [failure('a', 'no space left')],
      tasks: { a: 'FAILED' },
    });
  });
});

it('a run that a task’s failure ended is a failure though the mark was lost', () => {
  expect(outcomeOf({ out: {}, up: { Error: 'TaskFailed', Cause: '{}' } }, ['a']).status).toBe('FAILED');
});

describe('how an execution has ended', () => {
  const result: RunResult = {
    pipeline: 'flights',
    run: 'run-1',
    status: 'FAILED',
    startedAt: '2026-01-02T03:04:05.678Z',
    durationMs: 1234,
    error: { name: 'TaskFailed', message: 'load failed' },
    succeeded: 1,
    failed: 1,
    skipped: 1,
    omitted: 0,
    tasks: {
      extract: { status: 'SUCCEEDED', retriesUsed: 0 },
      load: { status: 'FAILED', retriesUsed: 2, error: { name: 'Boom', message: 'no space left' } },
      report: { status: 'SKIPPED', retriesUsed: 0 },
    },
    released: { objects: 3, bytes: 4, left: 0 },
  };
  const about = ['extract', 'load', 'report'];
  const endOf = (execution: Omit<ExecutionDetail, 'name'>) =>
    outcomeOf({ out: {}, up: { execution: { name: 'run-1', ...execution } } }, about);

  it('is read from the output of one that succeeded', () => {
    const tasks = { extract: { status: 'SUCCEEDED', retriesUsed: 0 } };
    const output = JSON.stringify({ ...result, status: 'SUCCEEDED', error: undefined, tasks });
    expect(endOf({ status: 'SUCCEEDED', output, error: null, cause: null })).toEqual({
      status: 'SUCCEEDED',
      failures: [],
      tasks: { extract: 'SUCCEEDED' },
    });
  });

  it('is read from the cause of one that failed', () => {
    expect(endOf({ status: 'FAILED', output: null, error: 'TaskFailed', cause: JSON.stringify(result) })).toEqual({
      status: 'FAILED',
      failures: [failure('load', 'no space left')],
      tasks: { extract: 'SUCCEEDED', load: 'FAILED', report: 'SKIPPED' },
    });
  });

  it.each(['FinallyFailed', 'CleanupFailed'])('has the error of the run where that is no task, as %s', (name) => {
    const error = { name, message: 'it did not work' };
    const cause = JSON.stringify({ ...result, error });
    expect(endOf({ status: 'FAILED', error: name, cause })).toMatchObject({ status: 'FAILED', error });
  });

  it.each<[string, Omit<ExecutionDetail, 'name'>, object | undefined]>([
    ['timed out', { status: 'TIMED_OUT', output: null, error: null, cause: null }, undefined],
    [
      'was aborted, with a word about it',
      { status: 'ABORTED', error: 'Stopped', cause: 'by hand' },
      { name: 'Stopped', message: 'by hand' },
    ],
    [
      'failed in the machine',
      { status: 'FAILED', error: 'States.Runtime', cause: 'a path is missing' },
      { name: 'States.Runtime', message: 'a path is missing' },
    ],
    ['failed without a cause', { status: 'FAILED', error: 'Odd', cause: null }, { name: 'Odd', message: '' }],
    ['succeeded, but its output was too large for the event', { status: 'SUCCEEDED', output: null }, undefined],
    ['has an output of another machine', { status: 'SUCCEEDED', output: '{"tasks":[1]}' }, undefined],
    ['has an output that is no object', { status: 'SUCCEEDED', output: '"tasks"' }, undefined],
    ['has an output that is cut off', { status: 'SUCCEEDED', output: JSON.stringify(result).slice(0, -9) }, undefined],
  ])('is its status, and why, where it %s', (_, execution, error) => {
    expect(endOf(execution)).toEqual({
      status: execution.status,
      failures: [],
      tasks: {},
      ...(error && { error }),
    });
  });

  it('has the tasks of one that was cut short from the result of its finalizer, and the status from itself', () => {
    const execution = { name: 'run-1', status: 'ABORTED', error: 'Stopped', cause: 'by hand' } as const;
    const state: HookState = { out: {}, up: { up: { execution, ended: { result } } } };
    expect(outcomeOf(state, about)).toEqual({
      status: 'ABORTED',
      failures: [failure('load', 'no space left')],
      tasks: { extract: 'SUCCEEDED', load: 'FAILED', report: 'SKIPPED' },
      error: { name: 'Stopped', message: 'by hand' },
    });
  });

  it('has why it was cut short from the finalizer where it does not say so itself', () => {
    const error = { name: 'States.Timeout', message: 'the run took too long' };
    const execution = { name: 'run-1', status: 'TIMED_OUT' } as const;
    const state = { execution, ended: { result: { ...result, error } } };
    expect(outcomeOf(state, about)).toMatchObject({ status: 'TIMED_OUT', error });
  });

  it('is told where failed tasks have no details, because there were too many', () => {
    const cause = JSON.stringify({ ...result, tasks: { load: { status: 'FAILED', retriesUsed: 2 } } });
    expect(endOf({ status: 'FAILED', error: 'TaskFailed', cause })).toMatchObject({
      status: 'FAILED',
      tasks: { load: 'FAILED' },
    });
  });

  it.each(['{"tasks":{"load":null}}', '{"tasks":{"load":7}}'])('survives a result that is none: %s', (output) => {
    expect(endOf({ status: 'SUCCEEDED', output })).toMatchObject({ status: 'SUCCEEDED', failures: [] });
  });
});
