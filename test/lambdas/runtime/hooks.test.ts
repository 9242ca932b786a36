import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TaskTimedOutError } from '../../../lambdas/runtime/errors.ts';
import type { RunResult } from '../../../state-machines/contract/result.ts';
import type { HookState } from '../../../state-machines/contract/task-events.ts';
import { ndjson, TaskGraph, text } from '../../../state-machines/index.ts';
import { type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { type AnyContext, type AttemptOptions, attempt } from './attempts.ts';

const graph = new TaskGraph('pipe');
const load = graph.addTask('load', { outputs: { rows: ndjson<{ n: number }>() } });
const group = graph.group('night');
const check = group.addTask('check', { inputs: { rows: load.outputs.rows }, outputs: { note: text() } });
const inputs = { rows: load.outputs.rows, note: check.outputs.note };
graph.addErrorsTask('alarm', { inputs, outputs: { report: text() } });
graph.addFinallyTask('close', { inputs });
group.addFinallyTask('tidy');
load.addErrorsTask('undo');
graph.addAfterExecutionTask('tell');
const plan = graph.build();

let fixture: S3Fixture;
let runs = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
const newRun = () => `run-${++runs}`;
const run = (task: string, handler: (context: AnyContext) => unknown, options: AttemptOptions) =>
  attempt(plan, fixture.s3, handler, { task, ...options });

const BOOM = { Error: 'Boom', Cause: '{"errorType":"Boom","errorMessage":"no room"}' };
const BOOM_TOLD = { name: 'Boom', message: 'no room' };

describe('a hook', () => {
  it('gets the outcome of the tasks that it is about, and inputs that may be missing', async () => {
    const id = newRun();
    await run('load', ({ outputs }) => outputs.rows.writeRows([{ n: 1 }]), { run: id });
    let seen: unknown;
    const alarm = async ({ inputs, outcome, outputs }: AnyContext) => {
      seen = { outcome, rows: await Array.fromAsync(inputs.rows.rows()), note: inputs.note };
      await outputs.report.write('told');
    };
    const state: HookState = { up: { out: { load: { status: 'SUCCEEDED' }, check: BOOM } } };
    await run('alarm', alarm, { run: id, event: { state } });
    expect(seen).toEqual({
      outcome: {
        status: 'FAILED',
        tasks: { load: 'SUCCEEDED', check: 'FAILED' },
        failures: [{ task: 'check', ...BOOM_TOLD }],
      },
      rows: [{ n: 1 }],
      note: undefined,
    });
  });

  it.each<[string, readonly string[]]>([
    ['close', ['load', 'check']],
    ['tidy', ['check']],
    ['undo', ['load']],
  ])('%s is told of %j', async (hook, about) => {
    let tasks = {};
    const look = ({ outcome }: AnyContext) => {
      ({ tasks } = outcome);
    };
    const state = { out: { load: { status: 'OMITTED' as const } } };
    await run(hook, look, { run: newRun(), event: { state } });
    expect(Object.keys(tasks)).toEqual(about);
  });

  it('commits as a task does, and answers from its record when it is repeated', async () => {
    const id = newRun();
    const state = {};
    const first = await run('alarm', ({ outputs }) => outputs.report.write('once'), { run: id, event: { state } });
    const again = { run: id, retryCount: 1, event: { state } };
    expect(await run('alarm', () => Promise.reject(new Error('not again')), again)).toEqual({
      ...first,
      committedBefore: true,
    });
    expect(await fixture.keys(`runs/pipe/${id}/alarm/_committed.json`)).toHaveLength(1);
  });
});

describe('an after-execution task', () => {
  const result = {
    run: 'x',
    status: 'FAILED',
    released: { objects: 0, bytes: 0, left: 0 },
    error: { name: 'TaskFailed', message: 'check failed' },
    tasks: {
      load: { status: 'SUCCEEDED', retriesUsed: 0 },
      check: { status: 'FAILED', retriesUsed: 2, error: BOOM_TOLD },
    },
  } as unknown as RunResult;
  const execution = { name: 'x', status: 'FAILED', error: 'TaskFailed', cause: JSON.stringify(result) } as const;

  it('gets the final outcome and the input of the execution, and leaves nothing under the run', async () => {
    const id = newRun();
    let seen: unknown;
    const tell = ({ outcome, input, run, attempt, inputs, outputs }: AnyContext) => {
      seen = { outcome, input, run, attempt, inputs, outputs };
    };
    const state: HookState = { out: {}, up: { execution } };
    const input = { mode: 'full' };
    expect(await run('tell', tell, { run: id, retryCount: 1, input, event: { state } })).toEqual({
      status: 'SUCCEEDED',
      attempt: 2,
      retriesUsed: 1,
      durationMs: expect.any(Number),
      bytesIn: 0,
      bytesOut: 0,
    });
    expect(seen).toEqual({
      outcome: {
        status: 'FAILED',
        tasks: { load: 'SUCCEEDED', check: 'FAILED' },
        failures: [{ task: 'check', ...BOOM_TOLD }],
      },
      input: { mode: 'full' },
      run: id,
      attempt: 2,
      inputs: {},
      outputs: {},
    });
    expect(await fixture.keys(`runs/pipe/${id}/`)).toEqual([]);
  });

  it('is told of an execution that was stopped by how it was', async () => {
    let seen: unknown;
    const tell = ({ outcome }: AnyContext) => {
      seen = outcome;
    };
    const state = { execution: { name: 'x', status: 'ABORTED', cause: 'too late', error: 'Stop' } as const };
    await run('tell', tell, { run: newRun(), event: { state } });
    expect(seen).toEqual({
      status: 'ABORTED',
      tasks: {},
      failures: [],
      error: { name: 'Stop', message: 'too late' },
    });
  });

  it('that fails, or has no time left, fails with its error and leaves nothing either', async () => {
    const id = newRun();
    const event = { state: { execution } };
    const failing = () => Promise.reject(new Error('long '.repeat(1_000)));
    await expect(run('tell', failing, { run: id, event })).rejects.toSatisfy(
      (error: Error) => error.message.length <= 1_000,
    );
    const stop = new AbortController();
    const stuck = () => {
      stop.abort(new TaskTimedOutError('over'));
      return new Promise(() => undefined);
    };
    const stopped = run('tell', stuck, { run: id, event, signal: stop.signal });
    await expect(stopped).rejects.toMatchObject({ name: 'TaskTimedOut' });
    expect(await fixture.keys(`runs/pipe/${id}/`)).toEqual([]);
  });
});
