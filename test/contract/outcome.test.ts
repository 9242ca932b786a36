import { describe, expect, it } from 'vitest';
import type { HookState } from '../../state-machines/contract/events.ts';
import { executionIn, inputOf, outcomeOf } from '../../state-machines/contract/outcome.ts';

const SUCCEEDED = { status: 'SUCCEEDED' } as const;
const boom = (message: string) => ({ Error: 'Boom', Cause: JSON.stringify({ errorMessage: message }) });

describe('the outcome that a hook is told', () => {
  it('is a success where nothing failed, omitted tasks or not', () => {
    const state: HookState = { out: { a: SUCCEEDED, b: { status: 'OMITTED' } } };
    expect(outcomeOf(state, ['a', 'b'])).toEqual({
      status: 'SUCCEEDED',
      failures: [],
      tasks: { a: 'SUCCEEDED', b: 'OMITTED' },
    });
  });

  it('has the failures in the order of the tasks, wherever in the state their marks are', () => {
    const state: HookState = { out: { '1': [{ c: boom('third') }] }, up: { out: { a: boom('first'), b: SUCCEEDED } } };
    expect(outcomeOf(state, ['a', 'b', 'c', 'd'])).toEqual({
      status: 'FAILED',
      failures: [
        { task: 'a', name: 'Boom', message: 'first' },
        { task: 'c', name: 'Boom', message: 'third' },
      ],
      tasks: { a: 'FAILED', b: 'SUCCEEDED', c: 'FAILED', d: 'SKIPPED' },
    });
  });

  it('is about the tasks that the hook is about, and no others', () => {
    expect(outcomeOf({ out: { a: SUCCEEDED, b: boom('elsewhere') } }, ['a']).status).toBe('SUCCEEDED');
  });

  it('is a failure where the run was ended by an error, which it names', () => {
    const state: HookState = { out: {}, up: { Error: 'States.Timeout', Cause: 'too long', out: { a: SUCCEEDED } } };
    expect(outcomeOf(state, ['a'])).toEqual({
      status: 'FAILED',
      failures: [],
      tasks: { a: 'SUCCEEDED' },
      error: { name: 'States.Timeout', message: 'too long' },
    });
  });

  it('is a failure too where a task’s failure ended the run, and its mark was lost', () => {
    expect(outcomeOf({ out: {}, up: { Error: 'TaskFailed', Cause: '{}' } }, ['a']).status).toBe('FAILED');
  });

  it('of a run that a task’s failure stopped is that failure, and no other error', () => {
    const state: HookState = { up: { Error: 'TaskFailed', Cause: '{}', out: { a: boom('no') } } };
    expect(outcomeOf(state, ['a'])).toEqual({
      status: 'FAILED',
      failures: [{ task: 'a', name: 'Boom', message: 'no' }],
      tasks: { a: 'FAILED' },
    });
  });
});

describe('after the execution', () => {
  it.each([
    ['output', 'SUCCEEDED'],
    ['cause', 'FAILED'],
  ] as const)('the result in its %s is told', (place, status) => {
    const result = { tasks: { a: { status: 'FAILED', error: { name: 'Boom', message: 'no' } }, b: SUCCEEDED } };
    const execution = { name: 'x', status, [place]: JSON.stringify(result) };
    expect(outcomeOf({ up: { execution } }, [])).toEqual({
      status,
      failures: [{ task: 'a', name: 'Boom', message: 'no' }],
      tasks: { a: 'FAILED', b: 'SUCCEEDED' },
    });
  });

  it.each([null, undefined, '', 'x', '5', '{}'])(
    'an output that is %j tells nothing more than the status',
    (output) => {
      const execution = { name: 'x', status: 'TIMED_OUT' as const, ...(output !== undefined && { output }) };
      expect(outcomeOf({ execution }, ['a'])).toEqual({ status: 'TIMED_OUT', failures: [], tasks: {} });
    },
  );

  it('its input is found at any depth', () => {
    const execution = { name: 'x', status: 'SUCCEEDED' as const, input: '{"mode":"full"}' };
    expect(inputOf(executionIn({ up: { up: { execution } } }))).toEqual({ mode: 'full' });
    expect(inputOf(executionIn({ up: {} }))).toBeUndefined();
  });
});
