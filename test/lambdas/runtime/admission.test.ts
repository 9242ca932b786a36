import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Leases } from '../../../lambdas/storage/leases.ts';
import type { LeaseRecord } from '../../../state-machines/contract/records.ts';
import { shapeOf } from '../../../state-machines/graph/shape-of.ts';
import { chunks, durable, json, TaskGraph, text } from '../../../state-machines/index.ts';
import {
  BUCKETS,
  intercept,
  interceptRequests,
  loseFirstAnswer,
  type S3Fixture,
  s3Error,
  startS3Fixture,
} from '../s3-fixture.ts';
import { type AnyContext, type AttemptOptions, attempt } from './attempts.ts';

const graph = new TaskGraph('pipe');
const first = graph.addTask('first', { outputs: { rows: json(), list: chunks() } });
graph.addTask('second', { inputs: { rows: first.outputs.rows }, outputs: { note: text() } });
graph.addTask('each', { each: first.outputs.list });
const alarm = graph.addErrorsTask('alarm', { outputs: { report: durable(text()) } });
graph.addFinallyTask('close', { inputs: { report: alarm.outputs.report } });
graph.addAfterExecutionTask('tell');
const plan = graph.build();

let fixture: S3Fixture;
let run: string;
let runs = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
beforeEach(() => {
  run = `run-${++runs}`;
});

const leases = () => new Leases(fixture.s3, BUCKETS.runs);
const keep = (lease: Partial<LeaseRecord> = {}) =>
  leases().keep(
    { pipeline: 'pipe', run },
    {
      until: '2100-01-01T00:00:00.000Z',
      keptAt: '2026-01-01T00:00:00.000Z',
      execution: run,
      holder: 0,
      shape: shapeOf(plan),
      ...lease,
    },
  );
const holders = async () =>
  Promise.all(
    (await fixture.keys(`runs/pipe/${run}/_holders/`)).map(
      async (key) => JSON.parse(await fixture.text(key)).by.execution,
    ),
  );
const writing = async ({ outputs }: AnyContext) => {
  await outputs.rows.write(1);
  await outputs.list.write([{ id: 'a' }]);
};
const resume = (
  execution: string,
  options: AttemptOptions = {},
  s3 = fixture.s3,
  handler: (context: AnyContext) => unknown = writing,
) => attempt(plan, s3, handler, { task: 'first', run, execution, ...options });

describe('a resumed execution', () => {
  it('takes the run with the first of its functions, and carries its tasks out there', async () => {
    await keep();
    await resume('again');
    await resume('again', { task: 'second' }, fixture.s3, ({ outputs }) => outputs.note.write('x'));
    expect(await holders()).toEqual(['again']);
    expect(await fixture.keys(`runs/pipe/${run}/second/_committed.json`)).toHaveLength(1);
    expect(await fixture.keys('runs/pipe/again/')).toEqual([]);
  });

  it('is the next holder of a run that was resumed, and kept, before', async () => {
    await keep({ holder: 1, execution: 'once' });
    await fixture.put(`runs/pipe/${run}/_holders/1.json`, '{"version":1,"by":{"execution":"once"}}');
    await resume('again');
    expect(await holders()).toEqual(['once', 'again']);
  });

  it('is admitted where the lease is over and nobody has come to delete the run yet', async () => {
    await keep({ until: '2020-01-01T00:00:00.000Z' });
    expect(await resume('again')).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('holds the run where it took it and the answer was lost', async () => {
    await keep();
    const s3 = fixture.newClient();
    interceptRequests(s3, 'PutObjectCommand', loseFirstAnswer);
    expect(await resume('again', {}, s3)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await holders()).toEqual(['again']);
  });

  it('is one only, where several come at once', async () => {
    await keep();
    const names = ['e1', 'e2', 'e3', 'e4'];
    const outcomes = await Promise.allSettled(names.map((name) => resume(name)));
    const [holder] = await holders();
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(names.map((name) => name === holder));
  });

  it('is admitted once an invocation, however many chunks it is for; a hook is too', async () => {
    await keep();
    const s3 = fixture.newClient();
    const read = vi.fn();
    intercept(s3, 'GetObjectCommand', (input, send) => {
      if (input.Key.endsWith('_lease.json')) read();
      return send();
    });
    await resume('again', {}, fixture.s3, ({ outputs }) =>
      Promise.all([outputs.rows.write(1), outputs.list.write([{ id: 'a' }, { id: 'b' }])]),
    );
    await resume('again', { task: 'each', event: { chunks: ['a', 'b'] } }, s3, () => undefined);
    expect(read).toHaveBeenCalledTimes(1);
    await resume('again', { task: 'each', event: { gather: true } }, s3);
    await resume('again', { task: 'close', event: { state: {} } }, s3, () => undefined);
    expect(read).toHaveBeenCalledTimes(3);
  });
});

describe('a run cannot be resumed, and is left as it is, where', () => {
  const never = vi.fn();
  const held = (by: object | 'reaper') => async () => {
    await keep();
    await fixture.put(`runs/pipe/${run}/_holders/1.json`, JSON.stringify({ version: 1, by, at: '' }));
  };

  it.each<[string, () => Promise<unknown>, readonly string[]]>([
    ['it is gone, or was not kept', async () => undefined, ['nothing is kept', 'start a new run']],
    ['it is of another graph', () => keep({ shape: '0123456789abcdef' }), ['another graph', 'start a new run']],
    ['another execution holds it', held({ execution: 'other' }), ['held by the execution "other"', 'wait']],
    ['it is being deleted', held('reaper'), ['being deleted', 'start a new run']],
    ['the execution itself has kept it, and so has ended', () => keep({ execution: 'again' }), ['"again" has ended']],
  ])('%s', async (_, given, told) => {
    await given();
    const before = await fixture.keys(`runs/pipe/${run}/`);
    const refused = resume('again', {}, fixture.s3, never);
    await expect(refused).rejects.toMatchObject({
      name: 'NonRetryableError',
      message: expect.stringMatching(/^ResumeRefused: /),
    });
    for (const part of told) await expect(refused).rejects.toThrow(part);
    if (!told[0]?.includes('"again"')) await expect(refused).rejects.toThrow(`"${run}"`);
    expect(never).not.toHaveBeenCalled();
    expect(await fixture.keys(`runs/pipe/${run}/`)).toEqual(before);
  });
});

describe('an execution of the run of its own name', () => {
  it('asks nobody', async () => {
    const s3 = fixture.newClient();
    const asked = vi.fn();
    for (const command of ['GetObjectCommand', 'PutObjectCommand'])
      intercept(s3, command, (input, send) => {
        if (/_lease|_holders/.test(input.Key)) asked(input.Key);
        return send();
      });
    await resume(run, {}, s3);
    expect(asked).not.toHaveBeenCalled();
  });
});

describe('an after-execution task', () => {
  it('needs no run to be kept', async () => {
    const state = { execution: { name: 'again', status: 'FAILED' } as const };
    const told = resume('again', { task: 'tell', event: { state } }, fixture.s3, () => undefined);
    expect(await told).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a hook of a resumed execution', () => {
  const reporting =
    (told: string) =>
    ({ outputs }: AnyContext) =>
      outputs.report.write(told);
  const hook = (execution: string, task: string, handler: (context: AnyContext) => unknown) =>
    resume(execution, { task, event: { state: {} } }, fixture.s3, handler);

  it('runs anew, keeps its data apart, and publishes for its own execution', async () => {
    await hook(run, 'alarm', reporting('first'));
    await keep();
    let taken: unknown;
    await hook('again', 'alarm', reporting('second'));
    await hook('again', 'close', async ({ inputs }) => {
      taken = await inputs.report.read();
    });
    expect(taken).toBe('second');
    const results = [run, 'again'].map((id) => fixture.text(`results/pipe/${id}/alarm/report.txt`, BUCKETS.results));
    expect(await Promise.all(results)).toEqual(['first', 'second']);
    expect(await fixture.keys(`runs/pipe/${run}/alarm/_executions/again/_committed.json`)).toHaveLength(1);
  });

  it('takes nothing of what a hook of another execution wrote', async () => {
    await hook(run, 'alarm', reporting('first'));
    await keep();
    let taken: unknown = 'unset';
    await hook('again', 'close', ({ inputs }) => {
      taken = inputs.report;
    });
    expect(taken).toBeUndefined();
  });

  it('that is repeated answers from its record', async () => {
    await keep();
    const once = await hook('again', 'alarm', reporting('second'));
    expect(await hook('again', 'alarm', () => Promise.reject(s3Error('Never', 500)))).toEqual({
      ...once,
      committedBefore: true,
    });
  });
});
