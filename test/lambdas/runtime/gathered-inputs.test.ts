import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bytes, chunks, csv, json, ndjson, parquet, TaskGraph, text } from '../../../state-machines/index.ts';
import { intercept, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import type { AnyContext } from './attempts.ts';
import { ChunkedRun } from './chunked.ts';

interface Row {
  readonly id: string;
  readonly n: number;
}
const graph = new TaskGraph('pipe');
const split = graph.addTask('split', { outputs: { list: chunks() } });
const work = graph.addTask('work', {
  each: split.outputs.list,
  outputs: {
    lines: ndjson<Row>(),
    table: csv<Record<string, unknown>>(),
    columns: parquet<Row>(),
    figure: json<{ n: number }>(),
    note: text(),
    raw: bytes(),
    checked: ndjson(z.object({ n: z.coerce.number<unknown>() })),
    checkedFigure: json(z.number().or(z.string().length(1).transform(Number))),
  },
});
graph.addTask('merge', { inputs: work.outputs });
const plan = graph.build();

let fixture: S3Fixture;
let runs = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

/** What a chunk writes of each output, where a test does not say otherwise. */
const USUAL = {
  lines: [] as unknown[],
  table: [] as unknown[],
  columns: [] as unknown[],
  figure: { n: 0 } as unknown,
  note: '',
  raw: Buffer.of(),
  checked: [] as unknown[],
  checkedFigure: 0 as unknown,
};

/** @param written by chunk, in the order of the list */
async function gathered(written: Readonly<Record<string, Partial<typeof USUAL>>>): Promise<ChunkedRun> {
  const run = new ChunkedRun(plan, fixture, `run-${++runs}`);
  const ids = Object.keys(written);
  await run.split(...ids);
  await run.work(ids, async ({ chunk, outputs }) => {
    const values: Record<string, unknown> = { ...USUAL, ...written[chunk.id] };
    const hasRows = (name: string) => ['lines', 'table', 'columns', 'checked'].includes(name);
    await Promise.all(
      Object.entries(values).map(([name, value]) =>
        hasRows(name) ? outputs[name].writeRows(value) : outputs[name].write(value),
      ),
    );
  });
  await run.gather();
  return run;
}

async function reading<T>(run: ChunkedRun, read: (inputs: AnyContext['inputs']) => Promise<T>): Promise<T> {
  const done = Promise.withResolvers<T>();
  const attempt = run.attempt('merge', async ({ inputs }) => {
    done.resolve(await read(inputs));
    // A task that has committed would read no more.
    throw new Error('enough');
  });
  await attempt.catch(done.reject);
  return done.promise;
}
const rowsOf = (run: ChunkedRun, name: string): Promise<unknown[]> =>
  reading(run, (inputs) => Array.fromAsync(inputs[name].rows()));

describe('what several chunks wrote is read as one, in the order of the chunks', () => {
  it.each(['lines', 'columns'])('the rows of %s', async (name) => {
    const row = (id: string, n: number) => ({ id, n });
    const run = await gathered({
      z: { [name]: [row('z', 1), row('z', 2)] },
      empty: { [name]: [] },
      a: { [name]: [row('a', 1)] },
    });
    expect(await rowsOf(run, name)).toEqual([row('z', 1), row('z', 2), row('a', 1)]);
  });

  it('the rows of csv, each chunk with a header of its own', async () => {
    const run = await gathered({ a: { table: [{ id: 'a', n: 1 }] }, empty: {}, b: { table: [{ n: 2, more: 'x,y' }] } });
    expect(await rowsOf(run, 'table')).toEqual([
      { id: 'a', n: '1' },
      { n: '2', more: 'x,y' },
    ]);
  });

  it('of json and text a row for each chunk', async () => {
    const run = await gathered({ b: { figure: { n: 1 }, note: 'one' }, a: { figure: { n: 2 }, note: '' } });
    expect(await rowsOf(run, 'figure')).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await rowsOf(run, 'note')).toEqual(['one', '']);
    expect(await reading(run, (inputs) => Array.fromAsync(inputs.figure.batches()))).toEqual([[{ n: 1 }], [{ n: 2 }]]);
  });

  it('of bytes, text and ndjson one stream', async () => {
    const run = await gathered({
      b: { raw: Buffer.of(1, 2), note: 'grü', lines: [{ n: 1 }] },
      empty: {},
      a: { raw: Buffer.of(3), note: 'ße', lines: [{ n: 2 }] },
    });
    const read = await reading(run, async ({ raw, note, lines }) => ({
      raw: [...(await raw.bytes())],
      note: Buffer.concat(await Array.fromAsync(await note.stream())).toString(),
      lines: (await lines.bytes()).toString(),
      length: [raw.byteLength, note.byteLength, lines.byteLength],
    }));
    expect(read).toEqual({ raw: [1, 2, 3], note: 'grüße', lines: '{"n":1}\n{"n":2}\n', length: [3, 7, 16] });
  });

  it('of no chunks nothing', async () => {
    const run = await gathered({});
    for (const name of ['lines', 'table', 'columns', 'figure', 'note']) expect(await rowsOf(run, name)).toEqual([]);
    expect(await reading(run, (inputs) => inputs.raw.bytes())).toHaveLength(0);
    expect(await reading(run, (inputs) => inputs.table.bytes())).toHaveLength(0);
  });

  it('of one chunk its file, whatever the format', async () => {
    const run = await gathered({ a: { table: [{ id: 'a' }] } });
    expect(`${await reading(run, (inputs) => inputs.table.bytes())}`).toBe('id\na\n');
  });

  it('large ones and small ones', async () => {
    const large = Buffer.alloc(9 * 1024 * 1024, 1);
    const small = (n: number) => Buffer.alloc(1024 * 1024, n);
    const run = await gathered({
      a: { raw: small(2) },
      b: { raw: large },
      c: { raw: small(3) },
      d: { raw: small(4) },
    });
    const all = Buffer.concat([small(2), large, small(3), small(4)]);
    expect(Buffer.compare(await reading(run, (inputs) => inputs.raw.bytes()), all)).toBe(0);
  });

  it('no more of them at a time than 8 MiB', async () => {
    const part = { raw: Buffer.alloc(3 * 1024 * 1024) };
    const run = await gathered({ a: part, b: part, c: part, d: part, e: part });
    const s3 = fixture.newClient();
    const reads: number[] = [];
    intercept(s3, 'GetObjectCommand', (input, send) => {
      if (input.Key.endsWith('/raw')) reads.push(0);
      return send();
    });
    await run.attempt(
      'merge',
      async ({ inputs }) => {
        const pieces: AsyncIterator<Uint8Array> = (await inputs.raw.stream())[Symbol.asyncIterator]();
        await pieces.next();
        expect(reads).toHaveLength(2);
      },
      {},
      s3,
    );
  });

  it('small ones several at a time, and only as far as they are read', async () => {
    const ids = Array.from({ length: 65 }, (_, id) => `${id}`);
    const run = await gathered(Object.fromEntries(ids.map((id) => [id, { figure: { n: Number(id) } }])));
    const s3 = fixture.newClient();
    let [reads, atOnce, most] = [0, 0, 0];
    intercept(s3, 'GetObjectCommand', async (input, send) => {
      if (!input.Key.endsWith('/figure')) return send();
      reads += 1;
      most = Math.max(most, ++atOnce);
      const answer = await send();
      atOnce -= 1;
      return answer;
    });
    const seen: number[] = [];
    await run.attempt(
      'merge',
      async ({ inputs }) => {
        for await (const { n } of inputs.figure.rows()) {
          seen.push(n);
          if (n === 40) break;
        }
      },
      {},
      s3,
    );
    expect(seen).toEqual(ids.slice(0, 41).map(Number));
    expect([reads, most]).toEqual([64, 32]);
  });
});

describe('what cannot be read so is InvalidData that says what to do', () => {
  it.each<[string, (inputs: AnyContext['inputs']) => unknown, RegExp]>([
    ['csv as bytes', ({ table }) => table.bytes(), /"table" \(work\.table\) is csv of 2 chunks.*call rows\(\)/],
    ['parquet as a stream', ({ columns }) => columns.stream(), /parquet of 2 chunks.*call rows\(\)/],
    ['json as bytes', ({ figure }) => figure.bytes(), /json of 2 chunks.*call rows\(\)/],
    ['json as a value', ({ figure }) => figure.read(), /json of several chunks.*no read\(\); call rows\(\)/],
    ['bytes as rows', ({ raw }) => raw.rows().next(), /bytes of several chunks.*no rows\(\); call stream\(\)/],
  ])('%s', async (_, read, message) => {
    const run = await gathered({ a: {}, b: {} });
    const error = { name: 'InvalidData', message: expect.stringMatching(message) };
    await expect(reading(run, async (inputs) => read(inputs))).rejects.toMatchObject(error);
  });

  it('a row that its validator refuses, by its chunk and its number in it', async () => {
    const run = await gathered({ a: { checked: [{ n: 1 }] }, b: { checked: [{ n: 2 }, { n: 3 }] } });
    const { outputs } = await run.record('work/_chunks/b');
    await fixture.put(outputs['checked']?.key ?? '', '{"n":2}\n{"n":"x"}\n');
    const where = 'input "checked" (work.checked), chunk "b", row 2';
    const error = { name: 'InvalidData', message: expect.stringContaining(`${where} is not valid: n: `) };
    await expect(rowsOf(run, 'checked')).rejects.toMatchObject(error);
  });

  it.each([
    ['lines', '{"n":1}\n{"n":', /^input "lines" \(work\.lines\), chunk "b": ndjson row 2 is not JSON/],
    ['table', 'a,b\n1\n', /^input "table" \(work\.table\), chunk "b": not csv/],
    ['figure', '{', /^input "figure" \(work\.figure\), chunk "b": a json input is not JSON/],
  ])('%s that are none, by their chunk', async (name, stored, message) => {
    const run = await gathered({ a: {}, b: {} });
    await fixture.put((await run.record('work/_chunks/b')).outputs[name]?.key ?? '', stored);
    const error = { name: 'InvalidData', message: expect.stringMatching(message) };
    await expect(rowsOf(run, name)).rejects.toMatchObject(error);
  });

  it('a value that its validator refuses, by its chunk; and what it makes of the others is read', async () => {
    const run = await gathered({ a: { checkedFigure: '7' }, b: { checkedFigure: 1 } });
    expect(await rowsOf(run, 'checkedFigure')).toEqual([7, 1]);
    await fixture.put((await run.record('work/_chunks/b')).outputs['checkedFigure']?.key ?? '', 'true');
    const error = { message: expect.stringContaining('chunk "b" is not valid') };
    await expect(rowsOf(run, 'checkedFigure')).rejects.toMatchObject(error);
  });
});
