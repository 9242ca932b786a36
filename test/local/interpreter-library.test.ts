/**
 * What the interpreter does by itself, as of the version that is pinned. Where one of these fails after an upgrade, the
 * library has learnt something, and local/interpreter.ts may be able to do without its own way.
 */

import { readFileSync } from 'node:fs';
import { ExecutionTimeoutError, type RunOptions, StateMachine } from 'aws-local-stepfunctions';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import { compile } from '../../state-machines/index.ts';
import { branchesIn } from '../compiler/definitions.ts';
import { diamond, failure, machine, namesUpTo, parallelOf, taskState } from './fixtures.ts';

type Handler = (payload: unknown) => Promise<unknown>;

function run(
  definition: Definition,
  handlers: Record<string, Handler>,
  input: unknown = {},
  context: RunOptions['context'] = {},
) {
  const bare = new StateMachine(definition as never, { validationOptions: { noValidate: true } });
  return bare.run(input as never, { context, overrides: { taskResourceLocalHandlers: handlers as never } });
}

afterEach(() => {
  vi.useRealTimers();
});

describe('aws-local-stepfunctions by itself', () => {
  it('is version 3.0.0', () => {
    const { dependencies } = JSON.parse(readFileSync(`${import.meta.dirname}/../../package.json`, 'utf8'));
    expect(dependencies['aws-local-stepfunctions']).toBe('3.0.0');
  });

  it('has no $$.State.RetryCount: a state that asks for it fails', async () => {
    const definition = machine({ a: taskState({ Parameters: { 'count.$': '$$.State.RetryCount' } }) });
    const execution = run(definition, { a: async () => ({}) });
    await expect(execution.result).rejects.toMatchObject({ cause: { name: 'States.Runtime' } });
  });

  it('leaves a $$.State.RetryCount that it is given as it is, however often it retries', async () => {
    const definition = machine({
      a: taskState({
        Parameters: { 'count.$': '$$.State.RetryCount' },
        Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 0.001, MaxAttempts: 2 }],
      }),
    });
    const payloads: unknown[] = [];
    const a = async (payload: unknown) => {
      payloads.push(payload);
      if (payloads.length < 3) throw failure('Once more');
      return {};
    };
    await run(definition, { a }, {}, { State: { RetryCount: 0 } }).result;
    expect(payloads).toEqual([{ count: 0 }, { count: 0 }, { count: 0 }]);
  });

  it("takes a branch's input for $$.Execution.Input", async () => {
    const branch = { Parameters: { 'seen.$': '$$.Execution.Input' } };
    const definition = machine({ all: parallelOf(['a'], branch, { Parameters: { out: {} } }) });
    const a = vi.fn(async () => ({}));
    await run(definition, { a }, { of: 'the execution' }).result;
    expect(a).toHaveBeenCalledWith({ seen: { out: {} } });
  });

  it('runs 40 branches at once and lets the others wait', async () => {
    const tasks = namesUpTo(100);
    const handler = vi.fn(() => new Promise<unknown>(() => undefined));
    const definition = machine({ all: parallelOf(tasks) });
    const execution = run(definition, Object.fromEntries(tasks.map((task) => [task, handler])));
    await vi.waitFor(() => expect(handler).toHaveBeenCalledTimes(40));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(handler).toHaveBeenCalledTimes(40);
    execution.abort();
    await expect(execution.result).rejects.toThrow();
  });

  it('gives a Task without TimeoutSeconds 60 seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const definition = machine({ a: { Type: 'Task', Resource: 'arn:of-a-function' } });
    const settled = vi.fn();
    const execution = run(definition, { a: () => new Promise(() => undefined) });
    execution.result.catch(settled);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalledWith(
      expect.objectContaining({ cause: expect.objectContaining({ name: 'States.Timeout' }) }),
    );
  });

  it('times an execution out at once where it may take longer than 24.8 days', async () => {
    const definition = machine({ a: taskState() }, { TimeoutSeconds: 2_147_484 });
    const execution = run(definition, { a: () => new Promise((resolve) => setTimeout(resolve, 100, {})) });
    await expect(execution.result).rejects.toBeInstanceOf(ExecutionTimeoutError);
  });

  it('retries at once where the delay is longer than 24.8 days', async () => {
    const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 31_000_000, MaxAttempts: 1 }];
    const a = vi.fn(async (): Promise<unknown> => ({}));
    a.mockRejectedValueOnce(failure('Broken'));
    await run(machine({ a: taskState({ Retry }) }), { a }).result;
    expect(a).toHaveBeenCalledTimes(2);
  });
});

it('every Task of a compiled definition has a TimeoutSeconds, so the 60 seconds never apply', () => {
  const states = branchesIn(compile(diamond().plan).definition).flatMap(({ States }) => Object.values(States));
  const timeouts = states.flatMap((state) => (state.Type === 'Task' ? [state.TimeoutSeconds] : []));
  expect(timeouts).toEqual([960, 960, 960, 960, 960, 960]);
});
