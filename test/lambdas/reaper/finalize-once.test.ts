import { describe, expect, it } from 'vitest';
import type { ExecutionState } from '../../../lambdas/reaper/executions.ts';
import { type FinalizeOptions, finalizeOnce } from '../../../lambdas/reaper/finalize-once.ts';
import { FINALIZER_INPUT_LIMIT } from '../../../lambdas/reaper/finalizer-input.ts';
import { CAUSE_LIMIT, PAYLOAD_LIMIT } from '../../../state-machines/contract/result.ts';
import { fc } from '../../fast-check.ts';
import { failedResult, InMemoryExecutions, STARTED_AT } from './executions.ts';

const RESULT = failedResult('run-1');

type Ending = Partial<ExecutionState> & Pick<ExecutionState, 'status'>;

async function finalized(ending: Ending, options: FinalizeOptions = { afterExecution: false }, cleaning = false) {
  const executions = new InMemoryExecutions();
  executions.add('run-1', ending);
  if (cleaning) executions.cleaning.add('run-1');
  const answer = await finalizeOnce('run-1', executions, options);
  return { answer, started: executions.started };
}

async function inputFor(ending: Ending) {
  const { started } = await finalized(ending, { afterExecution: true });
  const [input] = started;
  if (!input) throw new Error('nothing was started');
  return input;
}

const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

describe('what is left to do', () => {
  const ABORTED = { status: 'ABORTED' } as const;
  const CLEAN = { status: 'FAILED', error: 'TaskFailed', cause: JSON.stringify(RESULT) } as const;
  it.each<[string, Ending, boolean, string]>([
    ['after an abort: the hooks', ABORTED, false, 'hooks'],
    ['after an abort in the cleanup: the cleanup', ABORTED, true, 'cleanup'],
    ['after a timeout: the hooks', { status: 'TIMED_OUT' }, false, 'hooks'],
    [
      'after an error that could not be caught: the hooks',
      { status: 'FAILED', error: 'States.Runtime' },
      false,
      'hooks',
    ],
    [
      'after a cleanup that failed: the cleanup',
      { status: 'FAILED', error: 'CleanupFailed', cause: 'Boom' },
      true,
      'cleanup',
    ],
    ['after a run that failed and has cleaned up: the sweep', CLEAN, true, 'sweep'],
    ['after a cause that looks like a result: the hooks', { status: 'FAILED', cause: '{"tasks":{}}' }, false, 'hooks'],
    ['after a success: the tasks after the execution', { status: 'SUCCEEDED', output: '{}' }, true, 'after-execution'],
  ])('%s', async (_, ending, cleaning, todo) => {
    const { answer, started } = await finalized(ending, { afterExecution: true }, cleaning);
    expect({ answer, todo: started.map((input) => input.todo) }).toEqual({ answer: 'started', todo: [todo] });
  });

  it('after a success without tasks after the execution: nothing', async () => {
    expect(await finalized({ status: 'SUCCEEDED' })).toEqual({ answer: 'nothing to do', started: [] });
  });

  it('while it is running: nothing', async () => {
    expect(await finalized({ status: 'RUNNING' })).toEqual({ answer: 'running', started: [] });
  });

  it('of an execution that nobody knows: nothing', async () => {
    const executions = new InMemoryExecutions();
    expect(await finalizeOnce('run-1', executions, { afterExecution: true })).toBe('unknown');
    expect(executions.started).toEqual([]);
  });
});

describe('once', () => {
  it('whatever number of times it is asked for, one after the other or at once', async () => {
    const executions = new InMemoryExecutions();
    executions.add('run-1', { status: 'ABORTED' });
    const ask = () => finalizeOnce('run-1', executions, { afterExecution: false });
    expect((await Promise.all([ask(), ask(), ask()])).toSorted()).toEqual(['already', 'already', 'started']);
    executions.finalizers.set('run-1', 'over');
    expect(await ask()).toBe('already');
    expect(executions.started).toHaveLength(1);
  });

  it('also where the execution is redriven and ends again', async () => {
    const executions = new InMemoryExecutions();
    const ask = () => finalizeOnce('run-1', executions, { afterExecution: false });
    executions.add('run-1', { status: 'ABORTED' });
    await ask();
    executions.finalizers.set('run-1', 'over');
    executions.add('run-1', { status: 'RUNNING' });
    expect(await ask()).toBe('running');
    executions.add('run-1', { status: 'TIMED_OUT' });
    expect(await ask()).toBe('already');
    expect(executions.started).toHaveLength(1);
  });
});

describe('what the finalizer is told', () => {
  it('is all that is known of the execution', async () => {
    const input = { day: '2026-01-02', keep: true };
    expect(await inputFor({ status: 'FAILED', input, error: 'States.Runtime', cause: 'no such path' })).toEqual({
      execution: 'run-1',
      status: 'FAILED',
      startedAt: STARTED_AT,
      input,
      todo: 'hooks',
      end: { Error: 'States.Runtime', Cause: 'no such path' },
      detail: { name: 'run-1', status: 'FAILED', error: 'States.Runtime', cause: 'no such path' },
    });
  });

  it.each<[string, Ending, { Error: string; Cause: string }]>([
    ['an abort', { status: 'ABORTED' }, { Error: 'Aborted', Cause: 'the run was stopped' }],
    ['an abort with its reason', { status: 'ABORTED', cause: 'too dear' }, { Error: 'Aborted', Cause: 'too dear' }],
    ['an abort with an error', { status: 'ABORTED', error: 'TooDear' }, { Error: 'Aborted', Cause: 'TooDear' }],
    [
      'a timeout',
      { status: 'TIMED_OUT' },
      { Error: 'States.Timeout', Cause: "the run took longer than its pipeline's timeout" },
    ],
    ['an error without a name', { status: 'FAILED' }, { Error: 'States.Runtime', Cause: '' }],
  ])('says of %s what it was', async (_, ending, end) => {
    expect((await inputFor(ending)).end).toEqual(end);
  });

  it('has a null for an input that is none', async () => {
    expect(JSON.parse(JSON.stringify(await inputFor({ status: 'ABORTED', input: undefined })))).toHaveProperty(
      'input',
      null,
    );
  });
});

describe('what the finalizer is told is never too large:', () => {
  it('the input stays whole where output and cause can be shorter', async () => {
    const input = { rows: 'x'.repeat(100_000) };
    const long = { status: 'FAILED', input, error: 'Boom', cause: '"'.repeat(CAUSE_LIMIT) } as const;
    const told = await inputFor(long);
    expect(sizeOf(told)).toBeLessThanOrEqual(FINALIZER_INPUT_LIMIT);
    expect(told.input).toEqual(input);
    expect(told.end.Cause?.length).toBeGreaterThan(1_000);
  });

  it('a result is shortened as a result, so that it can still be read', async () => {
    const tasks = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [
        `task-${index}`,
        { status: 'FAILED' as const, retriesUsed: 0, error: { name: 'Boom', message: 'x'.repeat(300) } },
      ]),
    );
    const output = JSON.stringify({ ...RESULT, status: 'SUCCEEDED', tasks });
    const told = await inputFor({ status: 'SUCCEEDED', input: { rows: 'x'.repeat(100_000) }, output });
    expect(sizeOf(told)).toBeLessThanOrEqual(FINALIZER_INPUT_LIMIT);
    expect(JSON.parse(told.detail.output ?? '')).toMatchObject({ run: 'run-1', failed: 1 });
  });

  it('of an input as large as there can be, the largest members go, never those that say which run it is', async () => {
    const input = {
      rows: 'x'.repeat(PAYLOAD_LIMIT - 200),
      day: '2026-01-02',
      resume: 'run-0',
      keep: true,
    };
    expect(sizeOf(input)).toBeLessThanOrEqual(PAYLOAD_LIMIT);
    const told = await inputFor({ status: 'ABORTED', input });
    expect(told.input).toEqual({ day: '2026-01-02', resume: 'run-0', keep: true });
  });

  it.each([
    ['a text', 'é'.repeat(PAYLOAD_LIMIT / 2 - 2)],
    ['a list', Array(PAYLOAD_LIMIT / 2 - 1).fill(1)],
  ])('an input that is %s and too large is as good as none', async (_, input) => {
    expect((await inputFor({ status: 'ABORTED', input })).input).toEqual({});
  });

  it('whatever input, error and cause there are', async () => {
    const text = (maxLength: number) =>
      fc
        .tuple(fc.constantFrom('x', '"', '\u0001', 'é', '😀', '\ud83d'), fc.integer({ min: 0, max: maxLength }))
        .map(([unit, length]) => unit.repeat(length));
    const members = fc.dictionary(fc.constantFrom('resume', 'keep', 'a', 'b', 'c'), text(90_000));
    const endings = fc.record({
      status: fc.constantFrom('FAILED' as const, 'ABORTED' as const, 'TIMED_OUT' as const, 'SUCCEEDED' as const),
      input: fc.oneof(members, text(200_000)),
      output: text(200_000),
      error: text(256),
      cause: text(CAUSE_LIMIT),
    });
    await fc.assert(
      fc.asyncProperty(endings, async (ending) => {
        expect(sizeOf(await inputFor(ending))).toBeLessThanOrEqual(FINALIZER_INPUT_LIMIT);
      }),
      { numRuns: 100 },
    );
  });
});
