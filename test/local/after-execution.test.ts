import { describe, expect, it, vi } from 'vitest';
import { runAfterExecution } from '../../local/after-execution.ts';
import type { Functions } from '../../local/functions.ts';
import { definitionsOf } from '../../local/in-process.ts';
import type { Invocation } from '../../local/interpreter.ts';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import { TaskGraph } from '../../state-machines/index.ts';
import { failure, machine } from './fixtures.ts';

const graph = new TaskGraph('trips');
graph.addTask('extract');
graph.addAfterExecutionTask('notify', { retries: 2 });
graph.addAfterExecutionTask('count');
const plan = graph.build();
const afterExecution = definitionsOf(plan).afterExecution as Definition;

const detail = { name: 'r1', status: 'SUCCEEDED', input: '{"day":1}', output: '{}', error: null, cause: null } as const;
const functions = { nameOf: (resource: string) => resource.split(':').at(-1) } as unknown as Functions;

function runAfter(behaviour: (invocation: Invocation) => unknown, definition = afterExecution) {
  const invoke = vi.fn(async (invocation: Invocation) => behaviour(invocation));
  return { invoke, hooks: runAfterExecution(definition, detail, { plan, functions }, { invoke, waits: 'none' }) };
}

describe('after-execution tasks', () => {
  it('are called with the run that they are about, and how it ended', async () => {
    const { invoke, hooks } = runAfter(() => ({ status: 'SUCCEEDED' }));
    await hooks;
    const payloads = invoke.mock.calls.map(([{ state, payload }]) => [state, payload]);
    expect(payloads.map(([state]) => state).toSorted()).toEqual(['count', 'notify']);
    for (const [, payload] of payloads) {
      expect(payload).toMatchObject({ run: 'r1', retryCount: 0 });
      // Deeper where several of them run side by side.
      expect(JSON.stringify(payload)).toContain(`"execution":${JSON.stringify(detail)}`);
    }
  });

  it('report how each of them ended, retries and all', async () => {
    const { hooks } = runAfter(({ state, retryCount }) => {
      if (state === 'notify' && retryCount < 1) throw failure('Broken', 'no');
      if (state === 'count') throw failure('Odd', 'why');
      return { status: 'SUCCEEDED' };
    });
    expect(await hooks).toMatchObject({
      notify: { status: 'SUCCEEDED', retriesUsed: 1, durationMs: expect.any(Number), startedAt: expect.any(String) },
      count: { status: 'FAILED', retriesUsed: 0, error: { name: 'Odd', message: 'why' } },
    });
  });

  it('that were never reached are SKIPPED', async () => {
    const { hooks } = runAfter(() => ({}), machine({ fail: { Type: 'Fail', Error: 'Odd', Cause: 'why' } }));
    const skipped = { status: 'SKIPPED', retriesUsed: 0 };
    expect(await hooks).toEqual({ notify: skipped, count: skipped });
  });
});
