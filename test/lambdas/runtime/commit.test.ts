import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyPrefix } from '../../../lambdas/cleanup/empty-prefix.ts';
import type { CommitRecord } from '../../../state-machines/contract/records.ts';
import { durable, json, ndjson, TaskGraph, text } from '../../../state-machines/index.ts';
import { BUCKETS, intercept, loseFirstAnswer, type S3Fixture, s3Error, startS3Fixture } from '../s3-fixture.ts';
import { type AnyContext, type AttemptOptions, attempt } from './attempts.ts';

const graph = new TaskGraph('pipe');
const first = graph.addTask('first', { outputs: { rows: ndjson<{ n: number }>() } });
graph.addTask('second', {
  inputs: { rows: first.outputs.rows },
  outputs: { note: text(), total: durable(json<number>()) },
  retries: 2,
});
const plan = graph.build();

describe('an attempt', () => {
  let fixture: S3Fixture;
  let run: string;
  let runs = 0;

  beforeAll(async () => {
    fixture = await startS3Fixture();
  });
  afterAll(() => fixture.stop());
  beforeEach(async () => {
    run = `run-${++runs}`;
    await attempt(plan, fixture.s3, ({ outputs }) => outputs.rows.writeRows([{ n: 1 }, { n: 2 }]), {
      task: 'first',
      run,
    });
  });

  const writing = (total: number) =>
    vi.fn(async ({ outputs }: AnyContext) => {
      await outputs.note.write(`by ${total}`);
      await outputs.total.write(total);
    });
  const second = (handler: Parameters<typeof attempt>[2], options: AttemptOptions = {}, s3 = fixture.s3) =>
    attempt(plan, s3, handler, { run, ...options });
  const record = async (): Promise<CommitRecord> =>
    JSON.parse(await fixture.text(`runs/pipe/${run}/second/_committed.json`));
  const result = () => fixture.text(`results/pipe/${run}/second/total.json`, 'results-bucket');
  const stored = async () =>
    (await fixture.keys(`runs/pipe/${run}/second/`)).filter((key) => !key.endsWith('_attempt.json'));

  it('commits what it wrote, publishes what is durable, and answers with its figures', async () => {
    const answer = await second(async ({ inputs, outputs }) => {
      let total = 0;
      for await (const { n } of inputs.rows.rows()) total += n;
      await outputs.note.write('done');
      await outputs.total.write(total);
    });
    expect(answer).toEqual({
      status: 'SUCCEEDED',
      attempt: 1,
      retriesUsed: 0,
      durationMs: expect.any(Number),
      bytesIn: 16,
      bytesOut: 5,
      released: { 'first.rows': 16 },
    });
    const { outputs, attemptId } = await record();
    expect(await stored()).toEqual([
      `runs/pipe/${run}/second/${attemptId}/note`,
      `runs/pipe/${run}/second/${attemptId}/total`,
      `runs/pipe/${run}/second/_committed.json`,
    ]);
    expect(outputs['total']).toEqual({
      key: `runs/pipe/${run}/second/${attemptId}/total`,
      bytes: 1,
      resultKey: `results/pipe/${run}/second/total.json`,
    });
    expect(await result()).toBe('3');
  });

  it('answers from the record and does no work where the task has committed', async () => {
    const before = await second(writing(1));
    const again = writing(2);
    expect(await second(again, { retryCount: 1 })).toEqual({ ...before, committedBefore: true });
    expect(again).not.toHaveBeenCalled();
    expect(await result()).toBe('1');
  });

  it('that comes second discards its own outputs and answers with the record that won', async () => {
    const bothWrote = Promise.withResolvers<void>();
    let wrote = 0;
    const twin = (total: number) => async (context: AnyContext) => {
      await writing(total)(context);
      if (++wrote === 2) bothWrote.resolve();
      await bothWrote.promise;
    };
    const answers = await Promise.all([second(twin(1)), second(twin(2))]);
    expect(answers[0]).toEqual(answers[1]);
    const { attemptId, outputs } = await record();
    expect(await stored()).toEqual([
      `runs/pipe/${run}/second/${attemptId}/note`,
      `runs/pipe/${run}/second/${attemptId}/total`,
      `runs/pipe/${run}/second/_committed.json`,
    ]);
    expect(await result()).toBe(await fixture.text(outputs['total']?.key ?? ''));
  });

  it('that is over its time and still running cannot replace what the next one committed', async () => {
    const goOn = Promise.withResolvers<void>();
    const late = second(async ({ outputs }) => {
      await goOn.promise;
      await outputs.note.write('late');
      await outputs.total.write(9);
    });
    await second(writing(1), { retryCount: 1 });
    goOn.resolve();
    expect(await late).toMatchObject({ attempt: 2 });
    expect(await result()).toBe('1');
    expect((await stored()).length).toBe(3);
  });

  it('that outlives its run, and the cleanup of it, commits and publishes nothing', async () => {
    const cleanedUp = Promise.withResolvers<void>();
    const wrote = Promise.withResolvers<void>();
    const late = second(async (context) => {
      await writing(9)(context);
      wrote.resolve();
      await cleanedUp.promise;
    });
    await wrote.promise;
    await second(writing(1), { retryCount: 1 });
    await emptyPrefix(fixture.s3, BUCKETS.runs, { pipeline: 'pipe', run }, () => true);
    cleanedUp.resolve();
    await expect(late).rejects.toMatchObject({ name: 'NonRetryableError' });
    expect(await stored()).toEqual([]);
    expect(await result()).toBe('1');
  });

  it('never replaces a result that is published', async () => {
    await second(writing(1));
    await emptyPrefix(fixture.s3, BUCKETS.runs, { pipeline: 'pipe', run }, () => true);
    const again = { task: 'first', run };
    await attempt(plan, fixture.s3, ({ outputs }) => outputs.rows.writeRows([]), again);
    await second(writing(2));
    expect(await result()).toBe('1');
  });

  it('knows its own record where the commit succeeded and its answer was lost', async () => {
    const s3 = fixture.newClient();
    intercept(s3, 'PutObjectCommand', async (input, send, call) =>
      input.Key.endsWith('_committed.json') && call > 0 ? loseOnce(input, send) : send(),
    );
    let lost = false;
    const loseOnce = async (input: unknown, send: () => Promise<unknown>) => {
      if (lost) return send();
      lost = true;
      return loseFirstAnswer(input, send, 1);
    };
    await expect(second(writing(1), {}, s3)).rejects.toThrow('socket hang up');
    // The attempt failed as far as it knew, and its outputs are committed: they must not have been discarded.
    expect(await second(writing(2), { retryCount: 1 })).toMatchObject({ attempt: 1 });
    expect(await result()).toBe('1');
    expect(await fixture.text((await record()).outputs['note']?.key ?? '')).toBe('by 1');
  });

  it.each([
    ['InternalError', 500],
    ['AccessDenied', 403],
  ])('publishes what the one before it committed and could not publish (%s)', async (name, status) => {
    const s3 = fixture.newClient();
    intercept(s3, 'CopyObjectCommand', async () => {
      const error = s3Error(name, status);
      error.$metadata.attempts = 1;
      throw error;
    });
    await expect(second(writing(1), {}, s3)).rejects.toMatchObject({ name });
    await expect(result()).rejects.toMatchObject({ name: 'NoSuchKey' });
    await second(writing(2), { retryCount: 1 });
    expect(await result()).toBe('1');
  });

  it('that fails leaves no output, and a marker that tells how', async () => {
    const failing = second(async ({ outputs }) => {
      await outputs.note.write('half');
      throw Object.assign(new Error('no more'), { name: 'Broken' });
    });
    await expect(failing).rejects.toMatchObject({ name: 'Broken', message: 'no more' });
    expect(await stored()).toEqual([]);
    const [marker = ''] = await fixture.keys(`runs/pipe/${run}/second/`);
    expect(JSON.parse(await fixture.text(marker))).toMatchObject({ failed: { name: 'Broken', message: 'no more' } });
  });

  it('counts the attempts that began before it, a number that began twice once', async () => {
    const failing = () => second(() => Promise.reject(new Error('not yet')), { retryCount: 0 }).catch(() => undefined);
    await Promise.all([failing(), failing()]);
    expect(await second(writing(1), { retryCount: 3 })).toMatchObject({ attempt: 4, retriesUsed: 1 });
  });

  it('cuts a message that is too long for the state data', async () => {
    const failing = second(() => Promise.reject(new Error('long '.repeat(100_000))));
    await expect(failing).rejects.toSatisfy(
      (error: Error) => error.message.length <= 1_000 && (error.stack ?? '').length < 3_000,
    );
  });
});
