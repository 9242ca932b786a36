/** Where the second engine is not Step Functions, by AWS's documentation: what it says there proves nothing. */

import { afterAll, describe, expect, it, vi } from 'vitest';
import type { RunEnd } from '../../state-machines/contract/marks.ts';
import { chunks, compile, json, TaskGraph } from '../../state-machines/index.ts';
import { machine, parallelOf, taskState } from '../local/fixtures.ts';
import { allMarks, execute, startedIn } from '../semantics/run.ts';
import { planOf } from '../semantics/spec.ts';
import { SecondEngine } from './engine.ts';

const engine = new SecondEngine();
const asItIs = await vi.hoisted(async () => {
  const { SecondEngine } = await import('./engine.ts');
  return new SecondEngine({ asItIs: true });
});
vi.mock('../../local/interpreter.ts', () => ({ interpret: asItIs.interpret.bind(asItIs) }));
afterAll(() => Promise.all([engine.stop(), asItIs.stop()]));

const TOO_LARGE = Object.assign(new Error('300 KiB'), { name: 'States.DataLimitExceeded' });
const run = { name: 'run-1', input: {}, waits: 'none' as const };
const tooLarge = async () => {
  throw TOO_LARGE;
};
const caughtBy = (...ErrorEquals: string[]) => ({ Catch: [{ ErrorEquals, Next: 'caught' }] });
const CAUGHT = { missed: { Type: 'Succeed' }, caught: { Type: 'Pass', Result: 'caught', End: true } };

/** https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
describe('corrected in engine.py:', () => {
  it('States.ALL catches States.DataLimitExceeded there', async () => {
    const definition = machine({ a: taskState(caughtBy('States.ALL')), ...CAUGHT });
    expect(await asItIs.interpret(definition, { ...run, invoke: tooLarge })).toMatchObject({ output: 'caught' });
    expect(await engine.interpret(definition, { ...run, invoke: tooLarge })).toMatchObject({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
    });
  });

  it('and if it were so, a task with such an answer would fail as any other, with hooks and cleanup', async () => {
    const tasks = [{ name: 'big' }, { name: 'after', takes: ['big'] }, { name: 'beside' }];
    const hooks = [
      { name: 'alert', kind: 'errors' as const },
      { name: 'always', kind: 'finally' as const },
    ];
    const trace = await execute(planOf({ tasks, hooks }), { breaking: new Set(['big']) });
    expect(startedIn(trace).toSorted()).toEqual(['alert', 'always', 'beside', 'big']);
    expect(allMarks(trace.cleanups[0]?.state as RunEnd)).toMatchObject({
      big: { Error: 'States.DataLimitExceeded' },
      beside: { status: 'SUCCEEDED' },
    });
    expect(trace.steps.at(-1)).toBe('cleanup');
    expect(trace.end).toMatchObject({ status: 'FAILED', error: 'TaskFailed' });
  });

  it('an error of Step Functions’ own that leaves a Parallel cannot be caught there', async () => {
    const definition = machine({ all: parallelOf(['a'], {}, caughtBy('States.DataLimitExceeded')), ...CAUGHT });
    expect(await asItIs.interpret(definition, { ...run, invoke: tooLarge })).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
    });
    expect(await engine.interpret(definition, { ...run, invoke: tooLarge })).toMatchObject({ output: 'caught' });
  });

  it('a Fail state cannot pass on such an error there', async () => {
    const definition = machine({ a: { Type: 'Fail', ErrorPath: '$.Error', CausePath: '$.Cause' } });
    const options = { ...run, input: { Error: 'States.Timeout', Cause: 'late' }, invoke: tooLarge };
    expect(await asItIs.interpret(definition, options)).toMatchObject({ error: 'States.Runtime' });
    expect(await engine.interpret(definition, options)).toMatchObject({ error: 'States.Timeout', cause: 'late' });
  });
});

describe('not to be had there:', () => {
  it('a Distributed Map with batches, which is what chunks in executions of their own are', async () => {
    const graph = new TaskGraph('test');
    const list = graph.addTask('list', { outputs: { parts: chunks() } });
    graph.addTask('each', { each: list.outputs.parts, outputs: { rows: json() }, maxConcurrency: 100 });
    const { definition } = compile(graph.build());
    await expect(engine.interpret(definition, { ...run, invoke: tooLarge })).rejects.toThrow('"ItemBatcher"');
  });

  it('an input that is too large for a state, which is sent', async () => {
    const large = { text: 'x'.repeat(200 * 1024) };
    const Parameters = { 'one.$': '$', 'two.$': '$' };
    const definition = machine({ a: taskState({ Parameters }) });
    const end = await engine.interpret(definition, { ...run, input: large, invoke: async () => 'sent' });
    expect(end).toMatchObject({ output: 'sent' });
  });
});
