import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { shapeOf } from '../../../state-machines/graph/shape-of.ts';
import { chunks, durable, json, ndjson, optional, TaskGraph, text } from '../../../state-machines/index.ts';
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
import { ChunkedRun, failing } from './chunked.ts';

/** `made` is taken by left, right and, where it is there, by maybe; `seen` by a hook too. */
const graph = new TaskGraph('pipe');
const made = graph.addTask('made', {
  outputs: { rows: ndjson<{ n: number }>(), table: durable(json<string>()), kept: json(), seen: json() },
  release: { kept: 'run' },
});
const { rows, table, kept, seen } = made.outputs;
graph.addTask('left', { inputs: { rows, kept, seen }, outputs: { note: text() }, retries: 2 });
graph.addTask('right', { inputs: { rows, table } });
graph.addTask('maybe', { inputs: { rows: optional(rows) } });
graph.addFinallyTask('close', { inputs: { seen } });
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

const making = vi.fn(async ({ outputs }: AnyContext) => {
  await outputs.rows.writeRows([{ n: 1 }, { n: 2 }]);
  await outputs.table.write('table');
  await outputs.kept.write(1);
  await outputs.seen.write(2);
});
const carryOut = (
  task: string,
  options: AttemptOptions = {},
  s3 = fixture.s3,
  handler: (context: AnyContext) => unknown = async ({ inputs, outputs }) => {
    await inputs.rows.bytes();
    if (task === 'left') await outputs.note.write('read');
  },
) => attempt(plan, s3, handler, { task, run, ...options });
const make = (options: AttemptOptions = {}) => carryOut('made', options, fixture.s3, making);
/** Which outputs of a task there are. */
const there = async (task = 'made') =>
  (await fixture.keys(`runs/pipe/${run}/${task}/`))
    .map((key) => key.split('/').at(-1) ?? '')
    .filter((name) => !name.startsWith('_'));
const result = (id = run) => fixture.text(`results/pipe/${id}/made/table.json`, BUCKETS.results);

describe('the last of the tasks that take an output', () => {
  it('deletes it once it has committed, and nothing that a hook takes or that stays until the run ends', async () => {
    await make();
    const gone: string[][] = [];
    for (const task of ['maybe', 'left', 'right']) {
      await carryOut(task);
      gone.push(await there());
    }
    const all = ['kept', 'rows', 'seen', 'table'];
    expect(gone).toEqual([all, all, ['kept', 'seen']]);
    expect(await there('left')).toEqual(['note']);
    expect(await result()).toBe('"table"');
  });

  it('is told in the record of the task that made it', async () => {
    await make();
    const { outputs } = JSON.parse(await fixture.text(`runs/pipe/${run}/made/_committed.json`));
    expect(outputs.rows).toMatchObject({ releasedBy: ['left', 'right', 'maybe'] });
    expect(outputs.table).toMatchObject({ releasedBy: ['right'] });
    expect([outputs.kept, outputs.seen].flatMap(Object.keys)).not.toContain('releasedBy');
  });

  it('may be two: both delete it, and neither fails', async () => {
    await make();
    await carryOut('maybe');
    const bothCommitted = Promise.withResolvers<void>();
    let committed = 0;
    const deletes = vi.fn();
    const together = () => {
      const s3 = fixture.newClient();
      intercept(s3, 'PutObjectCommand', async (input, send) => {
        const output = await send();
        if (input.Key.endsWith('_committed.json') && ++committed === 2) bothCommitted.resolve();
        if (input.Key.endsWith('_committed.json')) await bothCommitted.promise;
        return output;
      });
      intercept(s3, 'DeleteObjectsCommand', async (input, send) => {
        deletes(input.Delete.Objects[0].Key.split('/').at(-1));
        return send();
      });
      return s3;
    };
    await Promise.all([carryOut('left', {}, together()), carryOut('right', {}, together())]);
    expect(deletes.mock.calls.flat().sort()).toEqual(['rows', 'rows', 'table']);
    expect(await there()).toEqual(['kept', 'seen']);
  });

  it('does so when it is tried again, where it committed and its function then died', async () => {
    await make();
    await carryOut('maybe');
    await carryOut('left');
    const dying = fixture.newClient();
    intercept(dying, 'PutObjectCommand', async (input, send) => {
      const output = await send();
      if (input.Key.endsWith('_committed.json'))
        throw Object.assign(new Error('killed'), { name: 'Runtime.ExitError' });
      return output;
    });
    await expect(carryOut('right', {}, dying)).rejects.toThrow('killed');
    expect(await there()).toContain('rows');
    const again = vi.fn();
    await carryOut('right', { retryCount: 1 }, fixture.s3, again);
    expect(again).not.toHaveBeenCalled();
    expect(await there()).toEqual(['kept', 'seen']);
  });

  it.each<[string, (s3: S3Fixture['s3']) => void]>([
    ['refuses to delete', (s3) => intercept(s3, 'DeleteObjectsCommand', () => Promise.reject(s3Error('Denied', 403)))],
    [
      'says in its answer that it did not delete',
      (s3) =>
        intercept(s3, 'DeleteObjectsCommand', async (input) => ({
          Errors: input.Delete.Objects.map(({ Key }: { Key: string }) => ({ Key, Code: 'InternalError' })),
        })),
    ],
    [
      'does not say whether the others have committed',
      (s3) => intercept(s3, 'HeadObjectCommand', () => Promise.reject(s3Error('Slow', 503))),
    ],
  ])('has succeeded even where S3 %s', async (_, fault) => {
    await make();
    await carryOut('maybe');
    await carryOut('left');
    const s3 = fixture.newClient();
    fault(s3);
    expect(await carryOut('right', {}, s3)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await there()).toContain('rows');
  });

  it('has succeeded even where its time is over by then', async () => {
    await make();
    const stop = new AbortController();
    const s3 = fixture.newClient();
    intercept(s3, 'PutObjectCommand', async (input, send) => {
      const output = await send();
      if (input.Key.endsWith('_committed.json')) stop.abort(new Error('over'));
      return output;
    });
    expect(await carryOut('right', { signal: stop.signal }, s3)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await there()).toContain('table');
  });

  it('asks for few of many others: the one that comes last first', async () => {
    const wide = new TaskGraph('pipe');
    const hub = wide.addTask('hub', { outputs: { rows: json() } });
    for (let index = 0; index < 40; index++) wide.addTask(`t${index}`, { inputs: { rows: hub.outputs.rows } });
    wide.addDependency('t3', 't0');
    const s3 = fixture.newClient();
    const asked: string[] = [];
    intercept(s3, 'HeadObjectCommand', (input, send) => {
      asked.push(input.Key.split('/').at(-2));
      return send();
    });
    const wideRun = (task: string, handler: (context: AnyContext) => unknown = () => undefined) =>
      attempt(wide.build(), s3, handler, { task, run });
    await wideRun('hub', ({ outputs }) => outputs.rows.write(1));
    await wideRun('t3');
    expect(asked).toContain('t0');
    expect(asked.length).toBeLessThan(5);
  });
});

describe('an output stays', () => {
  const others = async (options: AttemptOptions = {}) => {
    for (const task of ['maybe', 'left', 'right']) await carryOut(task, options);
  };

  it('where one of its consumers was skipped or has failed', async () => {
    await make();
    await carryOut('left');
    await carryOut('right', {}, fixture.s3, failing('Broken')).catch(() => undefined);
    await carryOut('maybe');
    expect(await there()).toEqual(['kept', 'rows', 'seen', 'table']);
  });

  it.each([
    [true, 4],
    ['yes', 2],
    [undefined, 2],
  ])('where the input of the execution says keep: true, not %j', async (keep, count) => {
    await make({ input: { keep } });
    await others({ input: { keep } });
    expect(await there()).toHaveLength(keep === true ? 4 : count);
  });

  it('where the record of its task does not say that it goes: it was another build that wrote it', async () => {
    await make();
    const key = `runs/pipe/${run}/made/_committed.json`;
    const { outputs, ...record } = JSON.parse(await fixture.text(key));
    const { releasedBy: _, ...rows } = outputs.rows;
    await fixture.put(key, JSON.stringify({ ...record, outputs: { ...outputs, rows } }));
    await others();
    expect(await there()).toEqual(['kept', 'rows', 'seen']);
  });
});

describe('a twin', () => {
  it('that is still reading what the other released answers from the record', async () => {
    await make();
    await carryOut('maybe');
    await carryOut('right');
    const released = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const late = carryOut('left', { retryCount: 1 }, fixture.s3, async (context: AnyContext) => {
      began.resolve();
      await context.outputs.note.write('half');
      await released.promise;
      await context.inputs.rows.bytes();
    });
    await began.promise;
    const first = await carryOut('left');
    released.resolve();
    expect(await late).toEqual(first);
    expect(await there('left')).toEqual(['note']);
  });
});

describe('a task that has committed, and its outputs are released,', () => {
  beforeEach(async () => {
    await make();
    for (const task of ['maybe', 'left', 'right']) await carryOut(task);
    making.mockClear();
  });

  it('answers from its record: what is durable had been published', async () => {
    expect(await make({ retryCount: 1 })).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
    expect(making).not.toHaveBeenCalled();
    expect(await result()).toBe('"table"');
  });

  it.each([403, 404])('is not believed to be where S3 says %s of a source that is there', async (status) => {
    run = `run-${++runs}`;
    await make();
    const s3 = fixture.newClient();
    intercept(s3, 'CopyObjectCommand', () => Promise.reject(s3Error('Refused', status)));
    await expect(carryOut('made', { retryCount: 1 }, s3, making)).rejects.toMatchObject({ name: 'Refused' });
  });
});

/** Chunks of `split` are worked on by `work`, which takes `made` besides, and are merged. */
describe('of a chunk-parallel task', () => {
  const chunked = new TaskGraph('pipe');
  const split = chunked.addTask('split', { outputs: { list: chunks() } });
  const base = chunked.addTask('base', { outputs: { table: json() } });
  const work = chunked.addTask('work', {
    each: split.outputs.list,
    inputs: { table: base.outputs.table },
    outputs: { rows: ndjson<{ n: number }>(), report: durable(json()) },
    toleratedFailures: 1,
  });
  chunked.addTask('merge', { inputs: work.outputs });
  const chunkedPlan = chunked.build();
  const begin = async (...ids: string[]) => {
    const of = new ChunkedRun(chunkedPlan, fixture, run);
    await of.split(...ids);
    await of.attempt('base', ({ outputs }) => outputs.table.write(1));
    return of;
  };
  const working = async ({ inputs, outputs }: AnyContext) => {
    await inputs.table.read();
    await outputs.rows.writeRows([{ n: 1 }]);
    await outputs.report.write(1);
  };
  const nothing = () => undefined;

  it('the list and the inputs go when its chunks are gathered, not before', async () => {
    const of = await begin('a', 'b');
    await of.work(['a', 'b'], working);
    expect([...(await there('split')), ...(await there('base'))]).toEqual(['list', 'table']);
    await of.gather();
    expect([...(await there('split')), ...(await there('base'))]).toEqual([]);
  });

  it('the outputs go, those of every chunk, with what takes them', async () => {
    const of = await begin('a', 'b', 'c');
    await of.work(['a', 'b'], working);
    await of.work(['c'], failing('Broken')).catch(() => undefined);
    await of.gather();
    expect(await there('work')).toEqual(['report', 'rows', 'report', 'rows']);
    await of.attempt('merge', nothing);
    expect(await there('work')).toEqual([]);
    expect(JSON.stringify(await of.record('work/_chunks/a'))).not.toContain('releasedBy');
  });

  it('the outputs of 1,200 chunks go with a request for each 1,000 of them', async () => {
    const ids = Array.from({ length: 1_200 }, (_, index) => `c${index}`);
    const of = await begin('a');
    await of.work(['a'], working);
    await of.gather();
    const key = `runs/pipe/${run}/work/_committed.json`;
    const record = JSON.parse(await fixture.text(key));
    const parts = ids.map((chunk) => ({
      chunk,
      key: `runs/pipe/${run}/work/_chunks/${chunk}/1-00000000/rows`,
      bytes: 1,
    }));
    await fixture.putAll(parts.map((part) => part.key));
    await fixture.put(
      key,
      JSON.stringify({ ...record, outputs: { ...record.outputs, rows: { ...record.outputs.rows, parts } } }),
    );
    const s3 = fixture.newClient();
    const sizes: number[] = [];
    intercept(s3, 'DeleteObjectsCommand', (input, send) => {
      sizes.push(input.Delete.Objects.length);
      return send();
    });
    await of.attempt('merge', nothing, {}, s3);
    expect(sizes.sort((one, other) => one - other)).toEqual([1, 200, 1_000]);
    expect((await there('work')).filter((name) => name === 'rows')).toHaveLength(1);
  });

  it('a resumed execution needs nothing that is gone, and gives a tolerated chunk no other turn', async () => {
    const of = await begin('a', 'b');
    await of.work(['a'], working);
    await of.work(['b'], failing('Broken')).catch(() => undefined);
    await of.gather();
    const lease = {
      version: 1,
      until: '2030-01-01T00:00:00Z',
      keptAt: '',
      execution: run,
      holder: 0,
      shape: shapeOf(chunkedPlan),
    };
    await fixture.put(`runs/pipe/${run}/_lease.json`, JSON.stringify(lease));
    const resumed = { execution: 'again' };
    const never = vi.fn();
    await of.attempt('split', never, resumed);
    await of.attempt('base', never, resumed);
    await of.work(['a', 'b'], never, resumed);
    expect(await of.gather(resumed)).toMatchObject({ status: 'SUCCEEDED' });
    expect(never).not.toHaveBeenCalled();
    let taken: unknown;
    await of.attempt(
      'merge',
      async ({ inputs }: AnyContext) => {
        taken = await Array.fromAsync(inputs.rows.rows());
      },
      resumed,
    );
    expect(taken).toEqual([{ n: 1 }]);
    expect(await there('work')).toEqual([]);
  });

  it('a lost answer to the deletion is made good by the client', async () => {
    const of = await begin('a');
    await of.work(['a'], working);
    const s3 = fixture.newClient();
    interceptRequests(s3, 'DeleteObjectsCommand', loseFirstAnswer);
    await of.gather({}, s3);
    expect(await there('split')).toEqual([]);
  });
});
