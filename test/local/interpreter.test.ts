import { afterEach, describe, expect, it, vi } from 'vitest';
import { type InterpretOptions, type Invocation, interpret } from '../../local/interpreter.ts';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import { failure, machine, namesUpTo, parallelOf, taskState } from './fixtures.ts';

/** The payload that the compiler gives to every task. */
const PAYLOAD = {
  Parameters: { 'run.$': '$$.Execution.Name', 'input.$': '$$.Execution.Input', 'retryCount.$': '$$.State.RetryCount' },
};

/** Never answers. */
const hang = () => new Promise<never>(() => undefined);

function run(definition: Definition, invoke: InterpretOptions['invoke'], options: Partial<InterpretOptions> = {}) {
  return interpret(definition, { name: 'run-1', input: {}, invoke, ...options });
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a payload', () => {
  const INPUTS: unknown[] = [null, 0, false, '', [], {}, 'text', [1, [2]], { keep: true, nested: { list: [null] } }];

  it.each(INPUTS.map((input) => ({ input })))('has the input $input unchanged', async ({ input }) => {
    const invoke = vi.fn(async (_: Invocation) => ({}));
    await run(machine({ a: taskState(PAYLOAD) }), invoke, { input });
    expect(invoke.mock.calls[0]?.[0].payload).toEqual({ run: 'run-1', input, retryCount: 0 });
  });

  it.each(INPUTS.flatMap((input) => [2, 41].map((branches) => ({ input, branches }))))(
    'in one of $branches branches has the execution input $input, not the branch input',
    async ({ input, branches }) => {
      const inner = machine({ inner: parallelOf(['deep'], PAYLOAD, { Parameters: { out: {} } }) });
      const wide = parallelOf(namesUpTo(branches - 1), PAYLOAD, { Parameters: { out: {} } });
      const payloads: unknown[] = [];
      const definition = machine({ all: { ...wide, Branches: [...(wide['Branches'] as object[]), inner] } });
      const end = await run(definition, async ({ payload }) => payloads.push(payload), { input });
      expect(end.status).toBe('SUCCEEDED');
      expect(payloads).toEqual(Array(branches).fill({ run: 'run-1', input, retryCount: 0 }));
    },
  );

  it("has the execution's start time in a branch too", async () => {
    const times: unknown[] = [];
    const start = { Parameters: { 'at.$': '$$.Execution.StartTime' } };
    const definition = machine({ first: taskState(start), all: parallelOf(['a', 'b'], start), last: taskState(start) });
    await run(definition, async ({ payload }) => {
      times.push((payload as { at: string }).at);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return {};
    });
    expect(times).toHaveLength(4);
    expect(new Set(times).size).toBe(1);
    expect(Date.parse(String(times[0]))).not.toBeNaN();
  });

  it('names the state and its resource', async () => {
    const invoke = vi.fn(async (_: Invocation) => ({}));
    await run(machine({ a: taskState({ Resource: 'arn:x', Parameters: {} }) }), invoke);
    expect(invoke.mock.calls).toEqual([[expect.objectContaining({ state: 'a', resource: 'arn:x', payload: {} })]]);
  });
});

describe('retryCount', () => {
  const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 3 }];

  it('counts for each state by itself, in the payload and beside it', async () => {
    const seen: string[] = [];
    const failing: Record<string, number> = { a: 2, b: 1 };
    const definition = machine({ both: parallelOf(['a', 'b'], { ...PAYLOAD, Retry }), c: taskState(PAYLOAD) });
    const end = await run(
      definition,
      async ({ state, retryCount, payload }) => {
        seen.push(`${state} ${retryCount} ${(payload as { retryCount: number }).retryCount}`);
        if (retryCount < (failing[state] ?? 0)) throw failure('Broken');
        return {};
      },
      { waits: 'none' },
    );
    expect(end.status).toBe('SUCCEEDED');
    expect(seen.toSorted()).toEqual(['a 0 0', 'a 1 1', 'a 2 2', 'b 0 0', 'b 1 1', 'c 0 0']);
  });

  it('starts again when a state that succeeded is entered again', async () => {
    const counts: number[] = [];
    const definition = machine({
      a: taskState({ ...PAYLOAD, Retry }),
      again: { Type: 'Choice', Choices: [{ Variable: '$.again', BooleanEquals: true, Next: 'a' }], Default: 'done' },
      done: { Type: 'Succeed' },
    });
    await run(
      definition,
      async ({ retryCount }) => {
        counts.push(retryCount);
        if (retryCount === 0) throw failure('Broken');
        return { again: counts.length < 4 };
      },
      { waits: 'none' },
    );
    expect(counts).toEqual([0, 1, 0, 1]);
  });

  it('counts an attempt that ran into the timeout of its state', async () => {
    const counts: number[] = [];
    const definition = machine({ a: taskState({ ...PAYLOAD, Retry, TimeoutSeconds: 0.02 }) });
    const end = await run(
      definition,
      async ({ retryCount }) => {
        counts.push(retryCount);
        return counts.length === 1 ? hang() : {};
      },
      { waits: 'none' },
    );
    expect(end.status).toBe('SUCCEEDED');
    expect(counts).toEqual([0, 1]);
  });
});

describe('an execution', () => {
  it('that succeeds answers with the output of its last state', async () => {
    const end = await run(machine({ a: taskState(), b: taskState() }), async ({ state }) => ({ from: state }));
    expect(end).toEqual({ status: 'SUCCEEDED', output: { from: 'b' } });
  });

  it('that fails in a task carries the name and the cause of the error', async () => {
    const end = await run(machine({ a: taskState() }), () => Promise.reject(failure('Broken', '{"why":"this"}')));
    expect(end).toEqual({ status: 'FAILED', error: 'Broken', cause: '{"why":"this"}' });
  });

  it('that ends in a Fail state carries what its paths lead to', async () => {
    const definition = machine({ a: taskState(), fail: { Type: 'Fail', ErrorPath: '$.error', CausePath: '$.cause' } });
    const end = await run(definition, async () => ({ error: 'TaskFailed', cause: 'a long story' }));
    expect(end).toEqual({ status: 'FAILED', error: 'TaskFailed', cause: 'a long story' });
  });

  it('that is aborted while a task runs is ABORTED', async () => {
    const stop = new AbortController();
    const invoke = async () => {
      stop.abort();
      return hang();
    };
    expect(await run(machine({ a: taskState() }), invoke, { signal: stop.signal })).toEqual({ status: 'ABORTED' });
  });

  it('that was aborted before it began is ABORTED', async () => {
    const signal = AbortSignal.abort();
    expect(await run(machine({ a: taskState() }), hang, { signal })).toEqual({ status: 'ABORTED' });
  });

  it('that takes longer than its TimeoutSeconds is TIMED_OUT', async () => {
    const end = await run(machine({ a: taskState() }, { TimeoutSeconds: 0.02 }), hang);
    expect(end).toEqual({ status: 'TIMED_OUT' });
  });

  it('may take longer than 24.8 days', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const end = run(
      machine({ a: taskState() }, { TimeoutSeconds: 31_536_000 }),
      () => new Promise((resolve) => setTimeout(resolve, 1_000, 'done')),
    );
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await end).toEqual({ status: 'SUCCEEDED', output: 'done' });
  });
});

describe('a delay longer than 24.8 days does not end at once:', () => {
  const long = 31_000_000;

  it.each([
    ['of a Retry', taskState({ Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: long, MaxAttempts: 1 }] })],
    ['of a Wait state', { Type: 'Wait', Seconds: long }],
    ['of a Task that may take so long', taskState({ TimeoutSeconds: long })],
  ])('that %s', async (_, state) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const stop = new AbortController();
    const invoke = vi.fn(
      (_: Invocation): Promise<unknown> => ('Retry' in state ? Promise.reject(failure('x')) : hang()),
    );
    const settled = vi.fn();
    const end = run(machine({ a: state }), invoke, { signal: stop.signal });
    end.then(settled);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(settled).not.toHaveBeenCalled();
    expect(invoke.mock.calls.length).toBeLessThanOrEqual(1);
    stop.abort();
    expect(await end).toEqual({ status: 'ABORTED' });
  });
});

describe("waits: 'none'", () => {
  const slow = machine({
    wait: { Type: 'Wait', Seconds: 3600 },
    a: taskState({ Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 3600, MaxAttempts: 2 }] }),
    all: parallelOf(['b', 'c'], { Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 3600, MaxAttempts: 2 }] }),
  });
  const failTwice = async ({ retryCount }: Invocation) => {
    if (retryCount < 2) throw failure('Broken');
    return {};
  };

  it('skips the delays of Retry and of Wait states, in branches too', async () => {
    expect((await run(slow, failTwice, { waits: 'none' })).status).toBe('SUCCEEDED');
  });

  it('can be a number of milliseconds instead, for each delay', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const settled = vi.fn();
    const end = run(slow, failTwice, { waits: 50 });
    end.then(settled);
    // The wait, two retries of a, two of b and c side by side.
    await vi.advanceTimersByTimeAsync(249);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect((await end).status).toBe('SUCCEEDED');
  });

  it('is not the default', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const settled = vi.fn();
    const end = run(slow, failTwice);
    end.then(settled);
    await vi.advanceTimersByTimeAsync(5 * 3_600_000);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(30 * 3_600_000);
    expect((await end).status).toBe('SUCCEEDED');
  });
});

describe('what a definition may say, and the library does not understand:', () => {
  const to = (name: string) => ({ [name]: { Type: 'Pass', Result: name, End: true } });

  it('States.JsonToString keeps backslashes, in a Pass, in a payload and deep in it', async () => {
    const value = { Error: 'Broken', Cause: '{"errorMessage":"a \\"quoted\\" word"}' };
    const Parameters = { given: { 'json.$': 'States.JsonToString($.x)' }, 'x.$': '$.x' };
    const invoke = vi.fn(async ({ payload }: Invocation) => payload);
    const end = await run(machine({ a: { Type: 'Pass', Parameters }, b: taskState({ Parameters }) }), invoke, {
      input: { x: value },
    });
    const expected = { given: { json: JSON.stringify(value) }, x: value };
    expect(invoke.mock.calls[0]?.[0].payload).toEqual(expected);
    expect(end).toEqual({ status: 'SUCCEEDED', output: expected });
  });

  it('a Fail state whose cause is made by an intrinsic function', async () => {
    const fail = { Type: 'Fail', Error: 'TaskFailed', CausePath: 'States.JsonToString($.out)' };
    const out = { a: { Error: 'Broken', Cause: '{"errorMessage":"why"}' } };
    const end = await run(machine({ fail }), hang, { input: { out } });
    expect(end).toEqual({ status: 'FAILED', error: 'TaskFailed', cause: JSON.stringify(out) });
  });

  it('such a Fail state in a branch, which is caught around it', async () => {
    const fail = { Type: 'Fail', Error: 'TaskFailed', CausePath: 'States.JsonToString($)' };
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'after' }];
    const all = { Type: 'Parallel', Branches: [machine({ fail })], Catch };
    const end = await run(machine({ all, after: { Type: 'Pass' } }), hang, { input: { x: 1 } });
    expect(end).toEqual({ status: 'SUCCEEDED', output: { Error: 'TaskFailed', Cause: '{"x":1}' } });
  });

  it("ResultPath '$' puts the result in the place of everything, in a Catch too", async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], ResultPath: '$', Next: 'after' }];
    const definition = machine({ a: taskState({ Catch, ResultPath: '$' }), after: { Type: 'Pass' } });
    const input = { old: 1 };
    expect(await run(definition, async () => 'new', { input })).toMatchObject({ output: 'new' });
    expect(await run(definition, () => Promise.reject(failure('Broken', 'why')), { input })).toMatchObject({
      output: { Error: 'Broken', Cause: 'why' },
    });
  });

  it.each([0, false, '', null, [], {}].map((Result) => ({ Result })))(
    'the Result $Result of a Pass',
    async ({ Result }) => {
      const end = await run(machine({ a: { Type: 'Pass', Result, ResultPath: '$.is' } }), hang);
      expect(end).toEqual({ status: 'SUCCEEDED', output: { is: Result } });
    },
  );

  it.each<[object, string]>([
    [{ Variable: '$.none', IsPresent: false }, 'yes'],
    [{ Variable: '$.text', IsPresent: false }, 'no'],
    [{ Variable: '$.text', IsNumeric: false }, 'yes'],
    [{ Not: { Variable: '$.text', NumericLessThan: 10 } }, 'yes'],
    [{ Variable: '$.text', NumericLessThan: 10 }, 'no'],
    [{ Variable: '$.number', NumericLessThan: 10 }, 'yes'],
    [{ Variable: '$.number', StringGreaterThanEquals: '0' }, 'no'],
    [{ Variable: '$.text', StringGreaterThanEquals: '0' }, 'yes'],
    [
      {
        And: [
          { Variable: '$.none', IsPresent: true },
          { Variable: '$.none', NumericLessThan: 1 },
        ],
      },
      'no',
    ],
    [{ Or: [{ Variable: '$.nothing', IsNull: true }] }, 'yes'],
    [{ Variable: "$$.Execution.Input['text']", StringEquals: '5' }, 'yes'],
  ])('the choice %j', async (rule, answer) => {
    const choose = { Type: 'Choice', Choices: [{ ...rule, Next: 'yes' }], Default: 'no' };
    const inner = machine({ choose, ...to('yes'), ...to('no') });
    const definition = machine({ all: { Type: 'Parallel', Branches: [inner] } });
    const end = await run(definition, hang, { input: { text: '5', number: 5, nothing: null } });
    expect(end).toEqual({ status: 'SUCCEEDED', output: [answer] });
  });
});

describe('States.DataLimitExceeded', () => {
  const large = 'x'.repeat(262_144);

  it('is what a payload of more than 256 KiB fails with, and its function is not called', async () => {
    const invoke = vi.fn(hang);
    const end = await run(machine({ a: taskState() }), invoke, { input: { large } });
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect(invoke).not.toHaveBeenCalled();
  });

  it('is what an answer of more than 256 KiB fails with', async () => {
    const end = await run(machine({ a: taskState() }), async () => large);
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  it('is caught by its name, and neither retried nor caught by States.ALL', async () => {
    const Retry = [{ ErrorEquals: ['States.ALL'], MaxAttempts: 3 }];
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'a failed' }];
    const inner = machine({ a: taskState({ Retry, Catch, End: true }), 'a failed': { Type: 'Pass' } });
    const all = {
      Type: 'Parallel',
      Branches: [inner],
      Catch: [{ ErrorEquals: ['States.DataLimitExceeded'], ResultPath: '$.why', Next: 'after' }],
    };
    const invoke = vi.fn(async () => large);
    const end = await run(machine({ all, after: { Type: 'Pass' } }), invoke);
    expect(end).toMatchObject({ status: 'SUCCEEDED', output: { why: { Error: 'States.DataLimitExceeded' } } });
    expect(invoke).toHaveBeenCalledTimes(1);
  });
});

it('a branch that was aborted because another one failed retries nothing while the execution goes on', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 3600, MaxAttempts: 1 }];
  const Branches = [machine({ slow: taskState({ Retry }) }), machine({ broken: taskState() })];
  const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'wait' }];
  const definition = machine({ both: { Type: 'Parallel', Branches, Catch }, wait: { Type: 'Wait', Seconds: 60 } });
  const calls: string[] = [];
  const end = run(definition, async ({ state }) => {
    calls.push(state);
    if (state === 'broken') await new Promise((resolve) => setTimeout(resolve, 10));
    throw failure('Broken');
  });
  await vi.advanceTimersByTimeAsync(61_000);
  expect((await end).status).toBe('SUCCEEDED');
  expect(calls).toEqual(['slow', 'broken']);
});

describe('an invocation is told', () => {
  const reasonsOf = async (definition: Definition, options: Partial<InterpretOptions> = {}) => {
    const reasons = new Map<string, string | undefined>();
    await run(
      definition,
      ({ state, abandoned }) => {
        reasons.set(state, undefined);
        abandoned.addEventListener('abort', () => reasons.set(state, abandoned.reason.name));
        if (state === 'slow') return hang();
        return state === 'broken' ? Promise.reject(failure('Broken')) : Promise.resolve({});
      },
      options,
    );
    return Object.fromEntries(reasons);
  };
  const slowBesideBroken = () => [machine({ slow: taskState() }), machine({ broken: taskState() })];

  it('at once that a branch beside its own has failed, while the execution goes on', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'next' }];
    const definition = machine({ both: { Type: 'Parallel', Branches: slowBesideBroken(), Catch }, next: taskState() });
    expect(await reasonsOf(definition)).toEqual({ slow: 'Stopped', broken: undefined, next: undefined });
  });

  it('that the execution was aborted', async () => {
    const signal = AbortSignal.timeout(20);
    expect(await reasonsOf(machine({ slow: taskState() }), { signal })).toEqual({ slow: 'Stopped' });
  });

  it('that its state timed out', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const reasons = reasonsOf(machine({ slow: taskState({ TimeoutSeconds: 2 }) }));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await reasons).toEqual({ slow: 'States.Timeout' });
  });
});

it('an execution may be entered with other data than its own input', async () => {
  const execution = { input: { original: true }, startedAt: '2026-11-20T21:35:00.000Z' };
  const Parameters = {
    'name.$': '$$.Execution.Name',
    'input.$': '$$.Execution.Input',
    'startedAt.$': '$$.Execution.StartTime',
    'state.$': '$',
  };
  const invoke = vi.fn(async (_: Invocation) => ({}));
  await run(machine({ a: taskState({ Parameters }) }), invoke, { input: { Error: 'Aborted' }, execution });
  expect(invoke.mock.calls[0]?.[0].payload).toEqual({
    name: 'run-1',
    input: { original: true },
    startedAt: '2026-11-20T21:35:00.000Z',
    state: { Error: 'Aborted' },
  });
});

it('the time that an invocation waits for its turn does not count to the timeout of its state', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const turn = Promise.withResolvers<void>();
  const admit = async <T>(_: string, invocation: () => Promise<T>) => {
    await turn.promise;
    return invocation();
  };
  const slow = () => new Promise((resolve) => setTimeout(resolve, 1_000, 'done'));
  const end = run(machine({ a: taskState({ TimeoutSeconds: 2 }) }), slow, { admit });
  await vi.advanceTimersByTimeAsync(60_000);
  turn.resolve();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await end).toEqual({ status: 'SUCCEEDED', output: 'done' });
});

it('an invocation that still waits for its turn when the execution is aborted never has it', async () => {
  const turn = Promise.withResolvers<void>();
  const stop = new AbortController();
  const invoke = vi.fn(hang);
  const admitted = vi.fn();
  const admit = async <T>(_: string, invocation: () => Promise<T>) => {
    await turn.promise;
    return invocation().finally(admitted);
  };
  const end = run(machine({ a: taskState() }), invoke, { admit, signal: stop.signal });
  stop.abort();
  expect(await end).toEqual({ status: 'ABORTED' });
  turn.resolve();
  await vi.waitFor(() => expect(admitted).toHaveBeenCalled());
  expect(invoke).not.toHaveBeenCalled();
});

it('an invocation that goes on behind the end of its execution keeps nobody else from a turn', async () => {
  const stop = new AbortController();
  const invoked = Promise.withResolvers<void>();
  const over = vi.fn();
  const admit = <T>(_: string, invocation: () => Promise<T>) => invocation().finally(over);
  const invoke = () => {
    invoked.resolve();
    return hang();
  };
  const end = run(machine({ a: taskState() }), invoke, { admit, signal: stop.signal });
  await invoked.promise;
  expect(over).not.toHaveBeenCalled();
  stop.abort();
  expect(await end).toEqual({ status: 'ABORTED' });
  await vi.waitFor(() => expect(over).toHaveBeenCalled());
});
