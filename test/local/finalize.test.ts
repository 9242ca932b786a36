import { describe, expect, it, vi } from 'vitest';
import { executionDetail, finalize } from '../../local/finalize.ts';
import { definitionsOf } from '../../local/in-process.ts';
import type { Invocation } from '../../local/interpreter.ts';
import { TaskGraph } from '../../state-machines/index.ts';

function hooked() {
  const graph = new TaskGraph('hooked');
  graph.addTask('extract');
  graph.addErrorsTask('alert');
  graph.addFinallyTask('report');
  return graph.build();
}

const RUN = { run: 'r1', input: { day: 1 }, startedAt: '2026-11-20T21:35:00.000Z' };
const RESULT = { pipeline: 'hooked', run: 'r1', status: 'FAILED', tasks: {}, released: { objects: 0 } };
const DONE = { done: true, result: RESULT };
const SWEPT = { done: true, objects: 0, bytes: 0 };
const ABORTED = { Error: 'Aborted', Cause: 'the run was stopped' };

describe('a run that ended before its hooks and its cleanup', () => {
  function finalizing(behaviour: (invocation: Invocation) => unknown) {
    const invoke = vi.fn(async (invocation: Invocation) => behaviour(invocation));
    const { finalizer } = definitionsOf(hooked());
    const run = { ...RUN, end: { status: 'ABORTED' } as const };
    const result = finalize(finalizer, run, { invoke, waits: 'none' });
    return { result, states: () => invoke.mock.calls.map(([{ state }]) => state), invoke };
  }

  it('gets them, as the run itself would have: notes, errors, finally, cleanup; then a last sweep', async () => {
    const { result, invoke, states } = finalizing(({ state }) => {
      if (state === 'Notes from records') return { out: { extract: { status: 'SUCCEEDED' } }, ...ABORTED };
      if (state === 'Last sweep') return SWEPT;
      return state === 'Cleanup' ? DONE : { status: 'SUCCEEDED' };
    });
    expect(await result).toEqual({ ...RESULT, status: 'ABORTED' });
    expect(states()).toEqual(['Notes from records', 'alert', 'report', 'Cleanup', 'Last sweep']);
    const payloads = Object.fromEntries(invoke.mock.calls.map(([{ state, payload }]) => [state, payload]));
    expect(payloads['Notes from records']).toMatchObject({ run: 'r1', notesOnly: true, state: ABORTED });
    expect(payloads['alert']).toMatchObject({ run: 'r1', input: { day: 1 }, state: { up: ABORTED } });
    expect(payloads['Cleanup']).toMatchObject({
      run: 'r1',
      input: { day: 1 },
      startedAt: RUN.startedAt,
      state: ABORTED,
    });
  });

  it('is cleaned up though its hooks fail', async () => {
    const { result, states } = finalizing(({ state }) => {
      if (state === 'Cleanup') return DONE;
      if (state === 'Last sweep') return SWEPT;
      throw Object.assign(new Error('no'), { name: 'Broken' });
    });
    expect(await result).toMatchObject({ status: 'ABORTED' });
    expect(states().at(-2)).toBe('Cleanup');
    expect(states()).toContain('report');
  });

  it('is cleaned up until that is done', async () => {
    const answers: object[] = [{ done: false, result: RESULT, Error: 'Aborted' }, DONE];
    const { result, states } = finalizing(({ state }) => {
      if (state === 'Last sweep') return SWEPT;
      return state === 'Cleanup' ? answers.shift() : { out: {} };
    });
    expect(await result).toMatchObject({ status: 'ABORTED' });
    expect(states().filter((state) => state === 'Cleanup')).toHaveLength(2);
  });

  it('whose cleanup cannot be run is an error that says so', async () => {
    const { result } = finalizing(({ state }) => {
      if (state !== 'Cleanup' && state !== 'Last sweep') return { out: {} };
      throw Object.assign(new Error('no disk'), { name: 'Broken' });
    });
    await expect(result).rejects.toThrow(/r1 could not be cleaned up.*no disk/);
  });
});

describe('the event of the end of an execution', () => {
  it.each([
    [
      { status: 'SUCCEEDED', output: { all: 'well' } } as const,
      { status: 'SUCCEEDED', output: '{"all":"well"}', error: null, cause: null },
    ],
    [
      { status: 'FAILED', error: 'TaskFailed', cause: '{}' } as const,
      { status: 'FAILED', output: null, error: 'TaskFailed', cause: '{}' },
    ],
    [{ status: 'ABORTED' } as const, { status: 'ABORTED', output: null, error: null, cause: null }],
  ])('of %j is as Step Functions sends it', (end, detail) => {
    expect(executionDetail({ ...RUN, end })).toEqual({ name: 'r1', input: '{"day":1}', ...detail });
  });

  it('leaves out an input, and an output, that are too large for an event', () => {
    const large = 'x'.repeat(200_000);
    const end = { status: 'SUCCEEDED', output: large } as const;
    const both = executionDetail({ ...RUN, input: large, end });
    expect([both.input, both.output?.length]).toEqual([null, 200_002]);
    const larger = executionDetail({ ...RUN, end: { ...end, output: large.repeat(2) } });
    expect(larger.output).toBeNull();
  });
});
