import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { historyOf } from '../../history/builder.ts';
import { type ProgressEvent, type RunLocallyOptions, reapLocally, runLocally } from '../../local/index.ts';
import { executionsOf } from '../../local/runs/turns.ts';
import { chunks, csv, durable, json, ndjson, TaskGraph } from '../../state-machines/index.ts';
import { disown } from './dead-runs/left-runs.ts';
import { DIAMOND_TABLE, diamond, diamondHandlers, filesUnder, temporaryFolder } from './fixtures.ts';

const dir = temporaryFolder();
const { plan } = diamond();
let runs = 0;

const HOUR = 3_600;

function left(run: string): string[] {
  return filesUnder(join(dir, 'diamond', run, 's3/buckets/runs/objects'));
}

/** A run of which enrich fails and the rest is kept. */
async function failedRun(options: Partial<RunLocallyOptions> = {}) {
  const run = `r${runs++}`;
  const enrich = () => Promise.reject(new Error('not today'));
  const handlers = { ...diamondHandlers, enrich };
  const result = await runLocally(plan, { dir, run, waits: 'none', keepOnFailure: HOUR, handlers, ...options });
  return { run, result };
}

async function resume(run: string, options: Partial<RunLocallyOptions> = {}, of = plan) {
  const spies = Object.entries(diamondHandlers).map(
    ([name, fn]) => [name, vi.fn(fn as (context: unknown) => unknown)] as const,
  );
  const spied = Object.fromEntries(spies);
  const handlers = options.handlers ?? (spied as RunLocallyOptions['handlers']);
  const result = await runLocally(of, { dir, waits: 'none', ...options, handlers, resume: run });
  const ran = spies.flatMap(([name, fn]) => (fn.mock.calls.length > 0 ? name : []));
  return { result, ran, input: spied['merge-load']?.mock.calls[0] };
}

describe('a run that failed and is kept', () => {
  it('is kept as before where it fails again, unless that is said otherwise', async () => {
    const { run } = await failedRun();
    const handlers = { ...diamondHandlers, enrich: () => Promise.reject(new Error('not today either')) };
    const again = await resume(run, { handlers });
    expect(again.result).toMatchObject({ status: 'FAILED', keptUntil: expect.any(String) });
    expect(left(run)).not.toEqual([]);
    const unkept = await resume(run, { handlers, keepOnFailure: 0 });
    expect(unkept.result.keptUntil).toBeUndefined();
    expect(left(run)).toEqual([]);
  });

  it('says until when, and goes on from what has committed', async () => {
    const before: ProgressEvent[] = [];
    const { run, result } = await failedRun({ input: { day: 1 }, onProgress: (event) => before.push(event) });
    const heldAtTheEnd = historyOf(plan, before).held.at(-1)?.bytes;
    expect(heldAtTheEnd).toBeGreaterThan(0);
    expect(result).toMatchObject({ status: 'FAILED', keptUntil: expect.any(String) });
    expect(Date.parse(result.keptUntil ?? '') - Date.now()).toBeLessThanOrEqual(HOUR * 1000);
    expect(left(run)).not.toEqual([]);

    const events: ProgressEvent[] = [];
    const resumed = await resume(run, { onProgress: (event) => events.push(event) });
    const { tasks, held } = historyOf(plan, events);
    expect(tasks.filter((task) => task.committedBefore).map(({ name }) => name)).toEqual(['extract', 'aggregate']);
    expect(held[0]?.bytes).toBe(heldAtTheEnd);
    expect(held.at(-1)?.bytes).toBe(0);
    expect(resumed.ran.toSorted()).toEqual(['enrich', 'merge-load']);
    expect(resumed.result).toMatchObject({ run, status: 'SUCCEEDED', succeeded: 4, released: { left: 0 } });
    expect(resumed.result.execution).not.toBe(run);
    expect(resumed.input).toEqual([expect.objectContaining({ input: { day: 1, resume: run } })]);
    const folder = join(dir, 'diamond', run);
    expect(readFileSync(join(folder, 'results/merge-load/table.csv'), 'utf8')).toBe(DIAMOND_TABLE);
    expect(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'))).toEqual(resumed.result);
    expect(executionsOf(folder).map(({ name }) => name)).toEqual([run, resumed.result.execution]);
    expect(left(run)).toEqual([]);
  });

  it('can fail again, and be resumed again', async () => {
    const { run } = await failedRun();
    const again = await resume(run, { keepOnFailure: HOUR, fail: 'enrich' });
    expect(again.result).toMatchObject({ status: 'FAILED', keptUntil: expect.any(String) });
    expect((await resume(run)).result).toMatchObject({ status: 'SUCCEEDED', released: { left: 0 } });
    expect(left(run)).toEqual([]);
  });

  it('counts its own retries, and its own time, of its chunks too', async () => {
    const graph = new TaskGraph('parts');
    const list = graph.addTask('list', { outputs: { parts: chunks<{ size: number }>() } });
    graph.addTask('work', { each: list.outputs.parts, outputs: { rows: json<number>() }, retries: 1 });
    graph.addTask('count', { outputs: { all: json<number>() }, retries: 1 });
    const options = {
      dir,
      waits: 'none',
      handlers: {
        list: ({ outputs }) => outputs.parts.write(['a', 'b'].map((id, size) => ({ id, size }))),
        work: ({ outputs }) => outputs.rows.write(1),
        count: ({ outputs }) => outputs.all.write(2),
      } as RunLocallyOptions['handlers'],
    } as const;
    const parts = graph.build();
    const failed = await runLocally(parts, { ...options, fail: ['work/b', 'count'], keepOnFailure: HOUR });
    expect(failed.tasks).toMatchObject({ work: { status: 'FAILED' }, count: { status: 'FAILED', retriesUsed: 1 } });

    const { run, tasks, startedAt } = await runLocally(parts, { ...options, resume: failed.run });
    expect(run).toBe(failed.run);
    expect(tasks).toMatchObject({
      work: { status: 'SUCCEEDED', retriesUsed: 0, chunks: { succeeded: 2 } },
      count: { status: 'SUCCEEDED', retriesUsed: 0 },
    });
    const began = (task: string) => Date.parse(tasks[task]?.startedAt ?? '');
    expect([began('work'), began('count')].every((time) => time >= Date.parse(startedAt))).toBe(true);
  });

  it('can be given another input', async () => {
    const { run } = await failedRun({ input: { day: 1 } });
    const { input } = await resume(run, { input: { day: 2 } });
    expect(input).toEqual([expect.objectContaining({ input: { day: 2, resume: run } })]);
  });

  it('is not touched by a resume whose handlers are missing, and can be resumed after it', async () => {
    const { run } = await failedRun();
    const handlers = join(dir, 'no-handlers');
    mkdirSync(handlers, { recursive: true });
    await expect(resume(run, { handlers })).rejects.toMatchObject({ code: 'HandlerMissing' });
    expect((await resume(run)).result.status).toBe('SUCCEEDED');
  });
});

describe('a resume is refused', () => {
  it.each<[string, () => Promise<string>, string, string]>([
    ['of a run that there is not', async () => `${(await failedRun()).run}x`, 'UnknownRun', 'did you mean'],
    [
      'of a run of which nothing is kept',
      async () => (await failedRun({ keepOnFailure: 0 })).run,
      'NotResumable',
      'kept',
    ],
    [
      'of a run that succeeded',
      async () => (await failedRun({ handlers: diamondHandlers, keep: true })).run,
      'NotResumable',
      'succeeded',
    ],
    [
      'of a run whose process died',
      async () => {
        const { run } = await failedRun();
        disown(join(dir, 'diamond', run), 1);
        return run;
      },
      'NotResumable',
      'died',
    ],
    [
      'of a run that is deleted since its lease is over',
      async () => {
        const { run } = await failedRun();
        await reapLocally({ dir, now: () => Date.now() + 2 * HOUR * 1000 });
        return run;
      },
      'NotResumable',
      'kept',
    ],
  ])('%s', async (_, prepare, code, words) => {
    const run = await prepare();
    await expect(resume(run)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it('of a run that is running', async () => {
    const { run } = await failedRun();
    const began = Promise.withResolvers<void>();
    const stop = new AbortController();
    const enrich = () => {
      began.resolve();
      return new Promise<never>(() => undefined);
    };
    const first = resume(run, { handlers: { ...diamondHandlers, enrich }, signal: stop.signal });
    await began.promise;
    await expect(resume(run)).rejects.toMatchObject({
      code: 'NotResumable',
      message: expect.stringContaining('running'),
    });
    stop.abort();
    expect((await first).result.status).toBe('ABORTED');
  });

  it('together with another run id, or with an input that is no object', async () => {
    const { run } = await failedRun();
    await expect(resume(run, { run: 'other' })).rejects.toMatchObject({ code: 'InvalidOption' });
    await expect(resume(run, { input: [1] })).rejects.toMatchObject({ code: 'InvalidInput' });
  });

  it('where the graph is another one by now, and what is kept stays', async () => {
    const { run } = await failedRun();
    const before = left(run);
    const graph = new TaskGraph('diamond');
    const extract = graph.addTask('extract', { outputs: { raw: ndjson() } });
    const aggregate = graph.addTask('aggregate', { inputs: { raw: extract.outputs.raw }, outputs: { agg: json() } });
    const enrich = graph.addTask('enrich', { outputs: { enriched: ndjson() } });
    graph.addTask('merge-load', {
      inputs: { agg: aggregate.outputs.agg, enriched: enrich.outputs.enriched },
      outputs: { table: durable(csv()) },
    });
    await expect(resume(run, {}, graph.build())).rejects.toMatchObject({
      code: 'NotResumable',
      message: expect.stringContaining('another graph'),
    });
    expect(left(run)).toEqual(before);
    expect((await resume(run)).result.status).toBe('SUCCEEDED');
  });
});
