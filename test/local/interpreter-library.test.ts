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
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const definition = machine({ a: taskState() }, { TimeoutSeconds: 2_147_484 });
    const execution = run(definition, { a: () => new Promise((resolve) => setTimeout(resolve, 100, {})) });
    await expect(execution.result).rejects.toBeInstanceOf(ExecutionTimeoutError);
    expect(warned).toHaveBeenCalledWith(expect.anything(), 'TimeoutOverflowWarning');
  });

  it('retries at once where the delay is longer than 24.8 days', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 31_000_000, MaxAttempts: 1 }];
    const a = vi.fn(async (): Promise<unknown> => ({}));
    a.mockRejectedValueOnce(failure('Broken'));
    await run(machine({ a: taskState({ Retry }) }), { a }).result;
    expect(a).toHaveBeenCalledTimes(2);
    expect(warned).toHaveBeenCalledWith(expect.anything(), 'TimeoutOverflowWarning');
  });

  it('goes on with the items of a Map after one has failed', async () => {
    const seen: unknown[] = [];
    const one = async (item: unknown) => {
      seen.push(item);
      throw failure('Broken');
    };
    const map = { Type: 'Map', MaxConcurrency: 1, ItemProcessor: machine({ one: taskState() }) };
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'wait' }];
    const definition = machine({ all: { ...map, Catch }, wait: { Type: 'Wait', Seconds: 0.02 } });
    await run(definition, { one }, [1, 2, 3]).result;
    expect(seen).toEqual([1, 2, 3]);
  });

  it('retries a branch at once that was aborted because another one failed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 3600, MaxAttempts: 1 }];
    const slow = vi.fn(() => Promise.reject(failure('Slow')));
    const broken = () => new Promise((_, reject) => setTimeout(reject, 10, failure('Broken')));
    const Branches = [machine({ slow: taskState({ Retry }) }), machine({ broken: taskState() })];
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'wait' }];
    const definition = machine({ both: { Type: 'Parallel', Branches, Catch }, wait: { Type: 'Wait', Seconds: 60 } });
    const execution = run(definition, { slow, broken });
    await vi.advanceTimersByTimeAsync(20);
    expect(slow).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(60_000);
    await execution.result;
  });

  it('has no $$.Map.Item inside an item', async () => {
    const one = taskState({ Parameters: { 'item.$': '$$.Map.Item.Value' } });
    const execution = run(machine({ all: { Type: 'Map', ItemProcessor: machine({ one }) } }), {}, ['x']);
    await expect(execution.result).rejects.toMatchObject({ cause: { name: 'States.Runtime' } });
  });

  it('runs more items of an inline Map at once than Step Functions does', async () => {
    const one = vi.fn(() => new Promise<unknown>(() => undefined));
    const map = { Type: 'Map', MaxConcurrency: 60, ItemProcessor: machine({ one: taskState() }) };
    const execution = run(machine({ all: map }), { one }, namesUpTo(60));
    await vi.waitFor(() => expect(one).toHaveBeenCalledTimes(60));
    execution.abort();
    await expect(execution.result).rejects.toThrow();
  });

  it('reads no items from anywhere for a Distributed Map', async () => {
    const processor = { ...machine({ one: taskState() }), ProcessorConfig: { Mode: 'DISTRIBUTED' } };
    const ItemReader = { Resource: 'arn:aws:states:::s3:getObject', Parameters: { Bucket: 'b', Key: 'k' } };
    const execution = run(machine({ all: { Type: 'Map', ItemReader, ItemProcessor: processor } }), {});
    await expect(execution.result).rejects.toMatchObject({ cause: { name: 'States.Runtime' } });
  });

  it('catches States.DataLimitExceeded with States.ALL', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'after' }];
    const definition = machine({ a: taskState({ Catch }), after: { Type: 'Pass', Result: 'caught' } });
    const a = () => Promise.reject(failure('States.DataLimitExceeded'));
    expect(await run(definition, { a }).result).toBe('caught');
  });

  it('loses the backslashes in what States.JsonToString gives', async () => {
    const definition = machine({ a: { Type: 'Pass', Parameters: { 'text.$': 'States.JsonToString($.x)' } } });
    expect(await run(definition, {}, { x: 'a "quote"' }).result).toEqual({ text: '"a "quote""' });
  });

  it('takes no intrinsic function for the cause of a Fail state', async () => {
    const fail = { Type: 'Fail', ErrorPath: '$.error', CausePath: 'States.JsonToString($)' };
    const execution = run(machine({ fail }), {}, { error: 'Broken' });
    await expect(execution.result).rejects.toMatchObject({ cause: { name: 'States.Runtime' } });
  });

  it("makes a field of the ResultPath '$'", async () => {
    const definition = machine({ a: { Type: 'Pass', Result: 'new', ResultPath: '$' } });
    expect(await run(definition, {}, { old: 1 }).result).toEqual({ old: 1, $: 'new' });
  });

  it('takes a falsy Result of a Pass state for none', async () => {
    const definition = machine({ a: { Type: 'Pass', Result: 0, ResultPath: '$.n' } });
    expect(await run(definition, {}, { old: 1 }).result).toEqual({ old: 1, n: { old: 1 } });
  });

  const choice = (rule: object) =>
    machine({
      choose: { Type: 'Choice', Choices: [{ ...rule, Next: 'yes' }], Default: 'no' },
      yes: { Type: 'Pass', Result: 'yes', End: true },
      no: { Type: 'Pass', Result: 'no', End: true },
    });

  it.each([
    ['takes a value that is not there for one that is', { Variable: '$.none', IsPresent: false }, 'no'],
    ['compares a text with a number', { Variable: '$.text', NumericLessThan: 10 }, 'yes'],
    ['compares a number with a text', { Variable: '$.number', StringGreaterThan: '0' }, 'yes'],
  ])('%s in a Choice', async (_, rule, answer) => {
    expect(await run(choice(rule), {}, { text: '5', number: 5 }).result).toBe(answer);
  });

  it.each([
    ['$$.Execution.Input', { Variable: "$$.Execution.Input['mode']", StringEquals: 'full' }],
    ['a name with a dot', { Variable: "$.out['check'].values['stats.rows']", NumericGreaterThan: 3 }],
    ['null', { Variable: '$.nothing', IsNull: true }],
  ])('sees %s in a Choice', async (_, rule) => {
    const input = { mode: 'full', out: { check: { values: { 'stats.rows': 4 } } }, nothing: null };
    expect(await run(choice(rule), {}, input).result).toBe('yes');
  });
});

it('every Task of a compiled definition has a TimeoutSeconds, so the 60 seconds never apply', () => {
  const states = branchesIn(compile(diamond().plan).definition).flatMap(({ States }) => Object.values(States));
  const timeouts = states.flatMap((state) => (state.Type === 'Task' ? [state.TimeoutSeconds] : []));
  expect(timeouts).toEqual([960, 960, 960, 960, 960, 960]);
});
