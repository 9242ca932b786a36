import { describe, expect, it, vi } from 'vitest';
import { type InterpretOptions, type Invocation, interpret } from '../../local/interpreter.ts';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import { failure, machine, namesUpTo, parallelOf, taskState } from './fixtures.ts';

function run(definition: Definition, invoke: InterpretOptions['invoke'], options: Partial<InterpretOptions> = {}) {
  return interpret(definition, { name: 'run-1', input: {}, invoke, waits: 'none', ...options });
}

/** Lets whatever can go on go on. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a Parallel of 100 branches', () => {
  it('runs all of them at once', async () => {
    const gate = Promise.withResolvers<void>();
    const invoke = vi.fn(async ({ state }: Invocation) => {
      await gate.promise;
      return state;
    });
    const end = run(machine({ all: parallelOf(namesUpTo(100)) }), invoke);
    await vi.waitFor(() => expect(invoke).toHaveBeenCalledTimes(100));
    gate.resolve();
    expect(await end).toEqual({ status: 'SUCCEEDED', output: namesUpTo(100) });
  });

  it('may lie in another one', async () => {
    const outer = Array.from({ length: 41 }, (_, index) =>
      machine({ [`inner ${index}`]: parallelOf(namesUpTo(41).map((name) => `${name} of ${index}`)) }),
    );
    const end = await run(machine({ all: { Type: 'Parallel', Branches: outer } }), async () => 1);
    expect(end).toEqual({ status: 'SUCCEEDED', output: Array(41).fill(Array(41).fill(1)) });
  });
});

describe.each([3, 40, 41, 100])('a Parallel of %i branches', (branches) => {
  const tasks = namesUpTo(branches);
  const caught = { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'after' }] };
  const after = { Type: 'Pass', End: true };
  const failOne = async ({ state }: Invocation) => {
    if (state === 't2') throw failure('Broken', '{"errorMessage":"no"}');
    return {};
  };

  it('hands its input to each branch and shapes its result as it says', async () => {
    const all = parallelOf(
      tasks,
      {},
      {
        Parameters: { 'from.$': '$.x' },
        ResultSelector: { 'first.$': '$[0]' },
        ResultPath: '$.all',
      },
    );
    const end = await run(machine({ all }), async ({ payload }) => payload, { input: { x: 1 } });
    expect(end).toEqual({ status: 'SUCCEEDED', output: { x: 1, all: { first: { from: 1 } } } });
  });

  it('whose branch fails is caught with the error and the cause of the branch', async () => {
    const end = await run(machine({ all: parallelOf(tasks, {}, caught), after }), failOne);
    const failed = { Error: 'Broken', Cause: '{"errorMessage":"no"}' };
    expect(end).toEqual({ status: 'SUCCEEDED', output: { failure: failed } });
  });

  it('whose branch fails, and which has no Catch, fails the execution with the same', async () => {
    const end = await run(machine({ all: parallelOf(tasks) }), failOne);
    expect(end).toEqual({ status: 'FAILED', error: 'Broken', cause: '{"errorMessage":"no"}' });
  });

  it('whose branch fails starts no further state in the other branches', async () => {
    const gate = Promise.withResolvers<void>();
    const Branches = tasks.map((task) => machine({ [task]: taskState(), [`${task} next`]: taskState() }));
    const invoke = vi.fn(async ({ state }: Invocation) => {
      if (state === 't2') throw failure('Broken');
      await gate.promise;
      return {};
    });
    const end = await run(machine({ all: { Type: 'Parallel', Branches } }), invoke);
    gate.resolve();
    await settle();
    expect(end.status).toBe('FAILED');
    expect(invoke.mock.calls.filter(([{ state }]) => state.endsWith(' next'))).toEqual([]);
  });

  it('starts no further state once the execution is aborted', async () => {
    const stop = new AbortController();
    const gate = Promise.withResolvers<void>();
    const Branches = tasks.map((task) => machine({ [task]: taskState(), [`${task} next`]: taskState() }));
    const invoke = vi.fn(async (_: Invocation) => gate.promise);
    const end = run(machine({ all: { Type: 'Parallel', Branches } }), invoke, { signal: stop.signal });
    await vi.waitFor(() => expect(invoke.mock.calls.length).toBe(branches));
    stop.abort();
    expect(await end).toEqual({ status: 'ABORTED' });
    gate.resolve();
    await settle();
    expect(invoke).toHaveBeenCalledTimes(branches);
  });

  it('retries no task once the execution is aborted', async () => {
    const stop = new AbortController();
    const killed = Promise.withResolvers<never>();
    const Retry = [{ ErrorEquals: ['States.ALL'], MaxAttempts: 3, IntervalSeconds: 1 }];
    const invoke = vi.fn(async (_: Invocation) => killed.promise);
    const definition = machine({ all: parallelOf(tasks, { Retry }) });
    const end = run(definition, invoke, { signal: stop.signal, waits: 'real' });
    await vi.waitFor(() => expect(invoke.mock.calls.length).toBe(branches));
    stop.abort();
    expect(await end).toEqual({ status: 'ABORTED' });
    // What the functions' end by a kill looks like.
    killed.reject(failure('Runtime.ExitError'));
    await settle();
    expect(invoke).toHaveBeenCalledTimes(branches);
  });
});
