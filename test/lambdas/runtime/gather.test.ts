import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunks, durable, json, ndjson, TaskGraph } from '../../../state-machines/index.ts';
import { BUCKETS, intercept, loseFirstAnswer, type S3Fixture, s3Error, startS3Fixture } from '../s3-fixture.ts';
import type { AnyContext } from './attempts.ts';
import { ChunkedRun, failing } from './chunked.ts';

/** The same graph with another tolerance. */
function planTolerating(toleratedFailures: number | `${number}%`) {
  const graph = new TaskGraph('pipe');
  const split = graph.addTask('split', { outputs: { list: chunks({ max: 20_000 }) } });
  graph.addTask('work', {
    each: split.outputs.list,
    outputs: { rows: ndjson<{ n: number }>(), report: durable(json<string>()) },
    toleratedFailures,
  });
  return graph.build();
}
const plan = planTolerating(0);

let fixture: S3Fixture;
let runs = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
const newRun = (tolerated?: number | `${number}%`) =>
  new ChunkedRun(tolerated === undefined ? plan : planTolerating(tolerated), fixture, `run-${++runs}`);

const working = async ({ chunk, outputs }: AnyContext) => {
  await outputs.rows.writeRows([{ n: 1 }, { n: 2 }].slice(0, chunk.id === 'b' ? 1 : 2));
  await outputs.report.write(chunk.id);
};
const published = async (run: ChunkedRun, chunk: string) =>
  fixture.text(`results/pipe/${run.run}/work/report/${chunk}.json`, BUCKETS.results);

async function workedRun(...ids: string[]): Promise<ChunkedRun> {
  const run = newRun();
  await run.split(...ids);
  for (const id of ids) await run.work([id], working);
  return run;
}

describe('gathering', () => {
  it('makes what the chunks committed the outputs of their task, in the order of the list', async () => {
    const run = newRun();
    await run.split('c', 'a', 'b');
    await run.work(['a', 'b'], working);
    await run.work(['c'], failing('Broken')).catch(() => undefined);
    await run.work(['c'], working, { retryCount: 1 });
    const answer = await run.gather();
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((chunk) => run.record(`work/_chunks/${chunk}`)));
    const durationMs = expect.any(Number);
    expect(answer).toEqual({
      status: 'SUCCEEDED',
      attempt: 1,
      retriesUsed: 1,
      durationMs,
      bytesIn: 0,
      bytesOut: 49,
      released: { 'split.list': 34 },
    });
    const folder = `results/pipe/${run.run}/work/report/`;
    expect(await run.record('work')).toEqual({
      version: 1,
      attemptId: expect.any(String),
      attempt: 1,
      retriesUsed: 1,
      startedAt: a?.startedAt,
      durationMs,
      bytesIn: 0,
      chunks: { total: 3, succeeded: 3, failed: 0 },
      outputs: {
        rows: {
          key: `runs/pipe/${run.run}/work/_chunks/`,
          bytes: 40,
          rows: 5,
          parts: [
            { chunk: 'c', key: c?.outputs['rows']?.key, bytes: 16, rows: 2 },
            { chunk: 'a', key: a?.outputs['rows']?.key, bytes: 16, rows: 2 },
            { chunk: 'b', key: b?.outputs['rows']?.key, bytes: 8, rows: 1 },
          ],
        },
        report: {
          key: `runs/pipe/${run.run}/work/_chunks/`,
          bytes: 9,
          resultKey: folder,
          parts: [
            { chunk: 'c', key: c?.outputs['report']?.key, bytes: 3, resultKey: `${folder}c.json` },
            { chunk: 'a', key: a?.outputs['report']?.key, bytes: 3, resultKey: `${folder}a.json` },
            { chunk: 'b', key: b?.outputs['report']?.key, bytes: 3, resultKey: `${folder}b.json` },
          ],
        },
      },
    });
    expect(await Promise.all(['a', 'b', 'c'].map((chunk) => published(run, chunk)))).toEqual(['"a"', '"b"', '"c"']);
  });

  it('of no chunks at all gives empty outputs', async () => {
    const run = await workedRun();
    expect(await run.gather()).toMatchObject({ status: 'SUCCEEDED', retriesUsed: 0, bytesOut: 0 });
    expect(await run.record('work')).toMatchObject({
      chunks: { total: 0, succeeded: 0, failed: 0 },
      outputs: { rows: { bytes: 0, rows: 0, parts: [] }, report: { bytes: 0, parts: [] } },
    });
  });

  it('that is repeated answers from its record', async () => {
    const run = await workedRun('a');
    const first = await run.gather();
    expect(await run.gather({ retryCount: 1 })).toEqual({ ...first, committedBefore: true });
  });

  it('that is done twice at the same time is one set of outputs', async () => {
    const run = await workedRun('a', 'b');
    const [one, other] = await Promise.all([run.gather(), run.gather()]);
    expect(one).toEqual(other);
    expect(await published(run, 'a')).toBe('"a"');
  });

  it('that comes second answers with the record that won, and deletes nothing: the objects are the same', async () => {
    const run = await workedRun('a', 'b');
    const before = await run.stored();
    const s3 = fixture.newClient();
    let first: unknown;
    intercept(s3, 'PutObjectCommand', async (input, send) => {
      if (input.Key.endsWith('_committed.json')) first = await run.gather();
      return send();
    });
    expect(await run.gather({}, s3)).toEqual(first);
    expect(await run.stored()).toEqual([...before, '_committed.json']);
  });

  it('whose commit succeeded and whose answer was lost is done when it is tried again', async () => {
    const run = await workedRun('a');
    const s3 = fixture.newClient();
    let lost = 0;
    intercept(s3, 'PutObjectCommand', (input, send) =>
      input.Key.endsWith('_committed.json') ? loseFirstAnswer(input, send, ++lost) : send(),
    );
    await expect(run.gather({}, s3)).rejects.toThrow('socket hang up');
    // What it had committed are the chunks' own objects: none may be gone.
    expect(await run.gather({ retryCount: 1 })).toMatchObject({ attempt: 1, bytesOut: 19 });
    expect(await published(run, 'a')).toBe('"a"');
  });

  it('that could not publish everything goes on with it when it is tried again', async () => {
    const run = await workedRun('a', 'b', 'c');
    const s3 = fixture.newClient();
    intercept(s3, 'CopyObjectCommand', (_, send, call) =>
      call === 2 ? Promise.reject(s3Error('InternalError', 500)) : send(),
    );
    await expect(run.gather({}, s3)).rejects.toMatchObject({ name: 'InternalError' });
    await run.gather({ retryCount: 1 });
    expect(await Promise.all(['a', 'b', 'c'].map((chunk) => published(run, chunk)))).toEqual(['"a"', '"b"', '"c"']);
  });

  it('fails where a record is listed and cannot be read, and does not take its chunk for failed', async () => {
    const run = await workedRun('a');
    const s3 = fixture.newClient();
    intercept(s3, 'GetObjectCommand', (input, send) =>
      input.Key.includes('/_chunks/') ? Promise.reject(s3Error('AccessDenied', 403)) : send(),
    );
    const error = { name: 'Error', message: expect.stringContaining('chunk "a"') };
    await expect(run.gather({}, s3)).rejects.toMatchObject(error);
  });

  it('of more chunks than a listing has in a page misses none', async () => {
    const run = newRun();
    const ids = Array.from({ length: 280 }, (_, id) => `${id % 2 ? 'x' : 'Y'}${id}`);
    await run.split(...ids);
    await run.work(ids, working);
    await run.gather();
    const { outputs, chunks } = await run.record('work');
    expect(chunks).toEqual({ total: 280, succeeded: 280, failed: 0 });
    expect(outputs['rows']?.parts?.map(({ chunk }) => chunk)).toEqual(ids);
  });
});

describe('chunks that failed', () => {
  /** @param tolerated how many may fail */
  async function runWithFailures(tolerated: number | `${number}%`, failed: number, total: number): Promise<ChunkedRun> {
    const run = newRun(tolerated);
    const ids = Array.from({ length: total }, (_, id) => `${id}`);
    await run.split(...ids);
    const work = (context: AnyContext) => (Number(context.chunk.id) < failed ? failing('Broken')() : working(context));
    await run.work(ids, work).catch(() => undefined);
    return run;
  }

  it.each<[tolerated: number | `${number}%`, failed: number, total: number]>([
    [1, 1, 2],
    [2, 2, 2],
    ['25%', 1, 4],
    ['57%', 57, 100],
    ['33.3334%', 1, 3],
    ['100%', 3, 3],
  ])(
    'are tolerated where %s may fail and %i of %i did: they contribute nothing, and the first few are told',
    async (tolerated, failed, total) => {
      const run = await runWithFailures(tolerated, failed, total);
      await run.gather();
      const { chunks, outputs } = await run.record('work');
      const told = failed > 0 && { failures: expect.arrayContaining([{ chunk: '0', message: 'Broken: no room' }]) };
      expect(chunks).toEqual({ total, succeeded: total - failed, failed, ...told });
      expect(outputs['rows']?.parts).toHaveLength(total - failed);
    },
  );

  it.each<[tolerated: number | `${number}%`, failed: number, total: number]>([
    [0, 1, 2],
    [1, 2, 3],
    ['0%', 1, 7],
    ['24.9999%', 1, 4],
    ['33.3333%', 1, 3],
    ['57%', 4, 7],
  ])('fail the task where %s may fail and %i of %i did', async (tolerated, failed, total) => {
    const run = await runWithFailures(tolerated, failed, total);
    const message = expect.stringContaining(`${failed} of ${total} chunks failed`);
    await expect(run.gather()).rejects.toMatchObject({ name: 'ChunksFailed', message });
    expect(await run.stored()).not.toContain('_committed.json');
  });

  it('count with their retries too', async () => {
    const run = newRun(1);
    await run.split('a', 'b');
    await run.work(['a', 'b'], failing('Broken')).catch(() => undefined);
    await run.work(['a', 'b'], failing('Broken'), { retryCount: 1 }).catch(() => undefined);
    await run.work(['b'], working, { retryCount: 2 });
    expect(await run.gather()).toMatchObject({ retriesUsed: 1 + 2 });
  });

  it('are told of, the first few with what their last attempt said, or that it said nothing', async () => {
    const run = newRun(1);
    await run.split('a', 'b', 'c', 'd', 'e');
    await run.work(['a'], failing('Broken', 'first')).catch(() => undefined);
    await run.work(['a'], failing('Odd', 'x'.repeat(500)), { retryCount: 1 }).catch(() => undefined);
    const marker = { version: 1, startedAt: '2001-01-01T00:00:00.000Z', requestId: 'r' };
    await fixture.put(`runs/pipe/${run.run}/work/_chunks/b/1-aaaaaaaa/_attempt.json`, JSON.stringify(marker));
    await run.work(['e'], working);
    const error = await run.gather().catch((cause: Error) => cause);
    expect(error).toMatchObject({ name: 'ChunksFailed' });
    expect((error as Error).message).toBe(
      `4 of 5 chunks failed, and 1 is tolerated: chunk "a" (Odd: ${'x'.repeat(199)}…), chunk "b" (no word of its function: out of memory, out of time, or stopped), chunk "c" (it never began) and 1 more`,
    );
    const [key = ''] = (await fixture.keys(`runs/pipe/${run.run}/work/1-`)).filter((key) => key.endsWith('.json'));
    // The times are those of the chunks: the task began with the first of them.
    expect(JSON.parse(await fixture.text(key))).toMatchObject({
      startedAt: '2001-01-01T00:00:00.000Z',
      failed: { name: 'ChunksFailed', chunks: { total: 5, succeeded: 1, failed: 4 } },
    });
  });

  it('are told of by those that say why, whatever others were stopped with them or never began', async () => {
    const run = newRun(0);
    const ids = Array.from({ length: 9 }, (_, index) => `c${index}`);
    await run.split(...ids);
    const marker = JSON.stringify({ version: 1, startedAt: '2001-01-01T00:00:00.000Z', requestId: 'r' });
    for (const id of ids.slice(0, 4)) {
      await fixture.put(`runs/pipe/${run.run}/work/_chunks/${id}/1-aaaaaaaa/_attempt.json`, marker);
    }
    await run.work(['c8'], failing('Broken', 'the one')).catch(() => undefined);
    await expect(run.gather()).rejects.toThrow(
      /^9 of 9 chunks failed, and none is tolerated: chunk "c8" \(Broken: the one\), chunk "c0" \(no word .*\), chunk "c1" \(.*\) and 6 more$/,
    );
  });

  it('and commit after their task was gathered change nothing', async () => {
    const run = newRun(1);
    await run.split('a', 'b');
    const goOn = Promise.withResolvers<void>();
    const late = run.work(['a'], async (context) => {
      await goOn.promise;
      await working(context);
    });
    await run.work(['b'], working);
    const before = await run.gather();
    goOn.resolve();
    await late;
    expect(await run.gather({ retryCount: 1 })).toEqual({ ...before, committedBefore: true });
    expect((await run.record('work')).outputs['rows']?.parts?.map(({ chunk }) => chunk)).toEqual(['b']);
    await expect(published(run, 'a')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('and are committed while they are being counted are in or out as a whole', async () => {
    const run = newRun(1);
    await run.split('a', 'b');
    await run.work(['b'], working);
    const s3 = fixture.newClient();
    // Between the listing and the reading of the records.
    intercept(s3, 'ListObjectsV2Command', async (input, send) => {
      const page = await send();
      if (input.Prefix.endsWith('/_chunks/')) await run.work(['a'], working);
      return page;
    });
    await run.gather({}, s3);
    const { chunks, outputs } = await run.record('work');
    expect(chunks).toMatchObject({ total: 2, succeeded: 1, failed: 1 });
    expect(Object.values(outputs).map(({ parts }) => parts?.map(({ chunk }) => chunk))).toEqual([['b'], ['b']]);
  });
});
