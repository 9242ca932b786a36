import { expect, it, vi } from 'vitest';
import { observeAfterExecution } from '../../../local/ending/after-execution.ts';
import { definitionsOf } from '../../../local/functions/in-process.ts';
import { type Invocation, interpret } from '../../../local/interpreter.ts';
import type { FinalizerInput } from '../../../state-machines/contract/finalizer.ts';
import { TaskGraph } from '../../../state-machines/index.ts';
import { failure } from '../fixtures.ts';

const graph = new TaskGraph('trips');
graph.addTask('extract');
graph.addAfterExecutionTask('notify', { retries: 2 });
graph.addAfterExecutionTask('count');
const plan = graph.build();

const detail = { name: 'r1', status: 'SUCCEEDED', output: '{}' } as const;
const ENDED: FinalizerInput = {
  execution: 'r1',
  status: 'SUCCEEDED',
  startedAt: '2026-11-20T21:35:00.000Z',
  input: { day: 1 },
  todo: 'after-execution',
  end: { Error: '' },
  detail,
};

async function runAfter(behaviour: (invocation: Invocation) => unknown, input: object = ENDED) {
  const invoke = vi.fn(async (invocation: Invocation) => behaviour(invocation));
  const nameOf = (resource: string) => resource.split(':').at(-1);
  const after = observeAfterExecution(plan, { nameOf }, invoke);
  await interpret(definitionsOf(plan).finalizer, { name: 'r1', input, invoke: after.invoke, waits: 'none' });
  return { invoke, results: after.results() };
}

it('after-execution tasks are called with the run that they are about, and how it ended', async () => {
  const { invoke } = await runAfter(() => ({ status: 'SUCCEEDED' }));
  const payloads = invoke.mock.calls.map(([{ state, payload }]) => [state, payload]);
  expect(payloads.map(([state]) => state).toSorted()).toEqual(['count', 'notify']);
  for (const [, payload] of payloads) {
    expect(payload).toMatchObject({ run: 'r1', input: { day: 1 }, retryCount: 0 });
    // Deeper where several of them run side by side.
    expect(JSON.stringify(payload)).toContain(`"execution":${JSON.stringify(detail)}`);
  }
});

it('after-execution tasks report how each of them ended, retries and all', async () => {
  const { results } = await runAfter(({ state, retryCount }) => {
    if (state === 'notify' && retryCount < 1) throw failure('Broken', 'no');
    if (state === 'count') throw failure('Odd', 'why');
    return { status: 'SUCCEEDED' };
  });
  expect(results).toMatchObject({
    notify: { status: 'SUCCEEDED', retriesUsed: 1, durationMs: expect.any(Number), startedAt: expect.any(String) },
    count: { status: 'FAILED', retriesUsed: 0, error: { name: 'Odd', message: 'why' } },
  });
});

it('after-execution tasks that were never reached are SKIPPED', async () => {
  const { results } = await runAfter(() => ({}), {});
  const skipped = { status: 'SKIPPED', retriesUsed: 0 };
  expect(results).toEqual({ notify: skipped, count: skipped });
});
