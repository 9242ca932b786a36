import { describe, expect, it, vi } from 'vitest';
import { observeAfterExecution } from '../../local/after-execution.ts';
import { finalize } from '../../local/finalize.ts';
import type { Functions } from '../../local/functions.ts';
import { definitionsOf } from '../../local/in-process.ts';
import type { Invocation } from '../../local/interpreter.ts';
import { TaskGraph } from '../../state-machines/index.ts';
import { failure } from './fixtures.ts';

const graph = new TaskGraph('trips');
graph.addTask('extract');
graph.addAfterExecutionTask('notify', { retries: 2 });
graph.addAfterExecutionTask('count');
const plan = graph.build();
const { finalizer } = definitionsOf(plan);

const ended = {
  run: 'r1',
  input: { day: 1 },
  startedAt: '2026-11-20T21:35:00.000Z',
  end: { status: 'SUCCEEDED', output: { tasks: {} } },
} as const;
const functions = { nameOf: (resource: string) => resource.split(':').at(-1) } as unknown as Functions;

async function runAfter(behaviour: (invocation: Invocation) => unknown) {
  const invoke = vi.fn(async (invocation: Invocation) => behaviour(invocation));
  const after = observeAfterExecution(plan, functions, invoke);
  await finalize(finalizer, ended, { invoke: after.invoke, waits: 'none' });
  return { invoke, hooks: after.results() };
}

describe('after-execution tasks', () => {
  it('are called with the run that they are about, its input, and how it ended', async () => {
    const { invoke } = await runAfter(() => ({ status: 'SUCCEEDED' }));
    const payloads = invoke.mock.calls.map(([{ state, payload }]) => [state, payload]);
    expect(payloads.map(([state]) => state).toSorted()).toEqual(['count', 'notify']);
    for (const [, payload] of payloads) {
      expect(payload).toMatchObject({ run: 'r1', input: { day: 1 }, retryCount: 0 });
      // Deeper where several of them run side by side.
      expect(JSON.stringify(payload)).toContain('"execution":{"name":"r1","status":"SUCCEEDED"');
    }
  });

  it('report how each of them ended, retries and all', async () => {
    const { hooks } = await runAfter(({ state, retryCount }) => {
      if (state === 'notify' && retryCount < 1) throw failure('Broken', 'no');
      if (state === 'count') throw failure('Odd', 'why');
      return { status: 'SUCCEEDED' };
    });
    expect(hooks).toMatchObject({
      notify: { status: 'SUCCEEDED', retriesUsed: 1, durationMs: expect.any(Number), startedAt: expect.any(String) },
      count: { status: 'FAILED', retriesUsed: 0, error: { name: 'Odd', message: 'why' } },
    });
  });

  it('that were never reached are SKIPPED', () => {
    const skipped = { status: 'SKIPPED', retriesUsed: 0 };
    expect(observeAfterExecution(plan, functions, vi.fn()).results()).toEqual({ notify: skipped, count: skipped });
  });
});
