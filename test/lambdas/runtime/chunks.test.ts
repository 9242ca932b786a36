import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyPrefix } from '../../../lambdas/cleanup/empty-prefix.ts';
import { NonRetryableError, TaskTimedOutError } from '../../../lambdas/runtime/errors.ts';
import type { AttemptMarker } from '../../../state-machines/contract/records.ts';
import { chunks, durable, json, TaskGraph, text } from '../../../state-machines/index.ts';
import { BUCKETS, intercept, loseFirstAnswer, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import type { AnyContext } from './attempts.ts';
import { ChunkedRun, failing } from './chunked.ts';

const graph = new TaskGraph('pipe');
const split = graph.addTask('split', { outputs: { list: chunks<{ day?: number }>(), note: text() } });
const config = graph.addTask('config', { outputs: { rates: json<{ rate: number }>() } });
graph.addTask('work', {
  each: split.outputs.list,
  inputs: { rates: config.outputs.rates },
  outputs: { figure: json<number>(), report: durable(text()) },
  batchSize: 10,
});
const plan = graph.build();

let fixture: S3Fixture;
let run: ChunkedRun;
let runs = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
beforeEach(async () => {
  run = new ChunkedRun(plan, fixture, `run-${++runs}`);
  const list = ['a', 'b', 'c'].map((id, day) => ({ id, day }));
  await run.attempt('split', ({ outputs }) => Promise.all([outputs.list.write(list), outputs.note.write('')]));
  await run.attempt('config', ({ outputs }) => outputs.rates.write({ rate: 2 }));
});

const working = () =>
  vi.fn(async ({ chunk, outputs }: AnyContext) => {
    await outputs.figure.write(chunk.day);
    await outputs.report.write(`by ${chunk.id}`);
  });
/** Works for all chunks but some. */
const workingBut = (chunks: Readonly<Record<string, () => Promise<never>>>) => {
  const work = working();
  return vi.fn((context: AnyContext) => chunks[context.chunk.id]?.() ?? work(context));
};
const chunksOf = (handler: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } }) =>
  handler.mock.calls.map(([context]) => (context as AnyContext).chunk.id);

describe('a chunk', () => {
  it('is given to the handler as the list describes it, with the inputs of its task', async () => {
    const seen: unknown[] = [];
    await run.work(['b'], async ({ chunk, inputs, input, attempt, outputs, run }) => {
      seen.push(chunk, await inputs.rates.read(), input, attempt, run);
      await Promise.all([outputs.figure.write(1), outputs.report.write('')]);
    });
    expect(seen).toEqual([{ id: 'b', day: 1 }, { rate: 2 }, {}, 1, run.run]);
  });

  it('commits on its own, in a folder of its own, and publishes nothing yet', async () => {
    expect(await run.work(['b'], working())).toMatchObject({ status: 'SUCCEEDED', attempt: 1, bytesOut: 5 });
    const { attemptId, outputs, bytesIn } = await run.record('work/_chunks/b');
    expect(await run.stored()).toEqual([
      `_chunks/b/${attemptId}/figure`,
      `_chunks/b/${attemptId}/report`,
      '_chunks/b/_committed.json',
    ]);
    const key = `runs/pipe/${run.run}/work/_chunks/b/${attemptId}/report`;
    expect(outputs['report']).toEqual({ key, bytes: 4 });
    expect(bytesIn).toBe(0);
    await expect(fixture.text(`results/pipe/${run.run}/work/report/b.txt`, BUCKETS.results)).rejects.toThrow();
  });

  it('that is repeated answers from its record, and does no work', async () => {
    const first = await run.work(['b'], working());
    const again = working();
    expect(await run.work(['b'], again, { retryCount: 1 })).toMatchObject({ bytesOut: first.bytesOut });
    expect(again).not.toHaveBeenCalled();
    expect(await run.record('work/_chunks/b')).toMatchObject({ attempt: 1 });
  });

  it('whose commit succeeded and whose answer was lost is there once', async () => {
    const s3 = fixture.newClient();
    let lost = 0;
    intercept(s3, 'PutObjectCommand', (input, send) =>
      input.Key.endsWith('_committed.json') ? loseFirstAnswer(input, send, ++lost) : send(),
    );
    await expect(run.work(['b'], working(), {}, s3)).rejects.toThrow('socket hang up');
    const again = working();
    await run.work(['b'], again, { retryCount: 1 });
    expect(again).not.toHaveBeenCalled();
    expect(await run.stored()).toHaveLength(3);
  });

  it('that a twin carries out at the same time is there once', async () => {
    const bothWrote = Promise.withResolvers<void>();
    let wrote = 0;
    const twin = async (context: AnyContext) => {
      await working()(context);
      if (++wrote === 2) bothWrote.resolve();
      await bothWrote.promise;
    };
    const [one, other] = await Promise.all([run.work(['b'], twin), run.work(['b'], twin)]);
    expect(one).toEqual(other);
    const { attemptId } = await run.record('work/_chunks/b');
    expect(await run.stored()).toEqual([
      `_chunks/b/${attemptId}/figure`,
      `_chunks/b/${attemptId}/report`,
      '_chunks/b/_committed.json',
    ]);
  });

  it('that outlives its run commits nothing', async () => {
    const cleanedUp = Promise.withResolvers<void>();
    const wrote = Promise.withResolvers<void>();
    const late = run.work(['b'], async (context) => {
      await working()(context);
      wrote.resolve();
      await cleanedUp.promise;
    });
    await wrote.promise;
    await emptyPrefix(fixture.s3, BUCKETS.runs, { pipeline: 'pipe', run: run.run }, () => true);
    cleanedUp.resolve();
    await expect(late).rejects.toMatchObject({ name: 'NonRetryableError' });
    expect(await run.stored()).toEqual([]);
  });

  it('that fails leaves no output, a marker that tells how, and an error that names it', async () => {
    const failed = run.work(['b'], failing('Broken', 'no more'));
    await expect(failed).rejects.toMatchObject({ name: 'Broken', message: 'chunk "b": no more' });
    expect(await run.stored()).toEqual([]);
    const [key = ''] = await fixture.keys(`runs/pipe/${run.run}/work/_chunks/b/`);
    const marker: AttemptMarker = JSON.parse(await fixture.text(key));
    expect(marker.failed).toMatchObject({ name: 'Broken', message: 'no more' });
  });

  it('that is in no list is not tried again', async () => {
    const error = { name: 'NonRetryableError', message: expect.stringMatching(/no chunk "z" in the list split\.list/) };
    await expect(run.work(['z'], working())).rejects.toMatchObject(error);
  });

  it('without an input that it needs fails with a marker too', async () => {
    const bare = new ChunkedRun(plan, fixture, `run-${++runs}`);
    await expect(bare.work(['a'], working())).rejects.toMatchObject({ name: 'InputMissing' });
    const [key = ''] = await fixture.keys(`runs/pipe/${bare.run}/work/_chunks/a/`);
    expect(JSON.parse(await fixture.text(key)).failed).toMatchObject({ name: 'InputMissing' });
  });
});

describe('a batch of chunks', () => {
  it('is carried out in order, with one look at the list and the inputs', async () => {
    const s3 = fixture.newClient();
    const read: string[] = [];
    intercept(s3, 'GetObjectCommand', (input, send) => {
      read.push(input.Key.replace(/.*\/run-\d+\//, '').replace(/\d-[0-9a-f]{8}/, 'attempt'));
      return send();
    });
    const work = working();
    const answer = await run.work(['c', 'a', 'b'], work, {}, s3);
    expect(chunksOf(work)).toEqual(['c', 'a', 'b']);
    expect(read.toSorted()).toEqual(['config/_committed.json', 'split/_committed.json', 'split/attempt/list']);
    expect(answer).toMatchObject({ status: 'SUCCEEDED', retriesUsed: 0, bytesOut: 15 });
  });

  it('counts the bytes of an input for each chunk that opens it', async () => {
    await run.work(['a', 'b'], async (context) => {
      if (context.chunk.id === 'b') await context.inputs.rates.read();
      await working()(context);
    });
    expect((await run.record('work/_chunks/a')).bytesIn).toBe(0);
    expect((await run.record('work/_chunks/b')).bytesIn).toBe(10);
  });

  it('of which one chunk fails carries out the others, and a retry redoes that one only', async () => {
    const first = workingBut({ b: failing('Broken') });
    const error = { name: 'Broken', message: 'chunk "b": no room' };
    await expect(run.work(['a', 'b', 'c'], first)).rejects.toMatchObject(error);
    expect(chunksOf(first)).toEqual(['a', 'b', 'c']);
    const second = working();
    expect(await run.work(['a', 'b', 'c'], second, { retryCount: 1 })).toMatchObject({ retriesUsed: 1 });
    expect(chunksOf(second)).toEqual(['b']);
    expect(await run.record('work/_chunks/b')).toMatchObject({ attempt: 2, retriesUsed: 1 });
  });

  it('of which several fail names them all', async () => {
    const work = workingBut({ a: failing('Broken'), c: failing('Odd', 'what?') });
    await expect(run.work(['a', 'b', 'c'], work)).rejects.toMatchObject({
      name: 'Broken',
      message: '2 of 3 chunks failed: chunk "a": Broken: no room; chunk "c": Odd: what?',
    });
  });

  it('is tried again unless none of the failed chunks can be', async () => {
    const never = () => Promise.reject(new NonRetryableError('never'));
    await expect(run.work(['a', 'b'], workingBut({ a: never, b: failing('Broken') }))).rejects.toMatchObject({
      name: 'Broken',
    });
    await expect(run.work(['a', 'b'], workingBut({ a: never, b: never }))).rejects.toMatchObject({
      name: 'NonRetryableError',
    });
  });

  it('starts no further chunk when its time is over', async () => {
    const stop = new AbortController();
    const work = vi.fn(async (context: AnyContext) => {
      await working()(context);
      if (context.chunk.id === 'b') {
        stop.abort(new TaskTimedOutError('over'));
        await new Promise(() => undefined);
      }
    });
    const error = { name: 'TaskTimedOut', message: expect.stringMatching(/chunk "b".*chunk "c"/) };
    await expect(run.work(['a', 'b', 'c'], work, { signal: stop.signal })).rejects.toMatchObject(error);
    expect(chunksOf(work)).toEqual(['a', 'b']);
    expect((await run.stored()).filter((key) => key.endsWith('_committed.json'))).toEqual([
      '_chunks/a/_committed.json',
    ]);
    expect(await fixture.keys(`runs/pipe/${run.run}/work/_chunks/c/`)).toEqual([]);
  });
});

describe('an event of another build than the function', () => {
  it.each([
    ['work', {}, 'is chunk-parallel'],
    ['split', { chunks: ['a'] }, 'is not chunk-parallel'],
    ['split', { gather: true as const }, 'is not chunk-parallel'],
  ])('for %s with %j is refused for good', async (task, event, message) => {
    const error = { name: 'NonRetryableError', message: expect.stringContaining(message) };
    await expect(run.attempt(task, working(), { event })).rejects.toMatchObject(error);
  });
});
