import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TaskTimedOutError } from '../../../lambdas/runtime/errors.ts';
import { bytes, csv, json, ndjson, optional, parquet, ref, TaskGraph, text } from '../../../state-machines/index.ts';
import { type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { type AnyContext, type AttemptOptions, attempt } from './attempts.ts';

const Person = z.object({ name: z.string(), born: z.coerce.date() });

const graph = new TaskGraph('pipe');
const first = graph.addTask('first', {
  outputs: {
    raw: bytes(),
    note: text(),
    figures: json<{ total: number }>(),
    lines: ndjson<{ n: number }>(),
    table: csv<{ n: number; text: string }>(),
    columns: parquet<{ n: number; text: string }>({ n: 'INT32', text: 'STRING' }),
    people: ndjson(Person),
  },
});
const maybe = graph.addTask('maybe', { outputs: { hint: text() } });
graph.addTask('second', {
  inputs: { ...first.outputs, named: ref('first.note'), hint: optional(maybe.outputs.hint) },
  outputs: { done: text() },
});
graph.addTask('needy', { inputs: { hint: maybe.outputs.hint } });
const plan = graph.build();

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

const run = (handler: (context: AnyContext) => unknown, options: AttemptOptions) =>
  attempt(plan, fixture.s3, handler, options);

async function writeAll({ outputs }: AnyContext): Promise<void> {
  await Promise.all([
    outputs.raw.write(Readable.from([Buffer.from([0, 1]), Buffer.from([255])])),
    outputs.note.write('grüße'),
    outputs.figures.write({ total: 3 }),
    outputs.lines.writeRows([{ n: 1 }, { n: 2 }]),
    outputs.table.writeRows(
      (async function* () {
        yield { n: 1, text: 'a,"b"\nc' };
      })(),
    ),
    outputs.columns.writeBatches([[{ n: 1, text: 'x' }], [], [{ n: 2, text: 'y' }]]),
    outputs.people.writeRows([{ name: 'Ada', born: '1815-12-10' }]),
  ]);
}

async function all(rows: AsyncIterable<unknown>): Promise<unknown[]> {
  return Array.fromAsync(rows);
}

describe('a handler', () => {
  it('reads from each input what was written to it, by its format', async () => {
    await run(writeAll, { task: 'first', run: 'formats' });
    const read: Record<string, unknown> = {};
    await run(
      async ({ inputs, outputs }) => {
        read['raw'] = [...(await inputs.raw.bytes())];
        read['note'] = await inputs.note.read();
        read['figures'] = await inputs.figures.read();
        read['lines'] = await all(inputs.lines.rows());
        read['table'] = await all(inputs.table.rows());
        read['columns'] = await all(inputs.columns.rows());
        read['batches'] = await all(inputs.columns.batches());
        read['people'] = await all(inputs.people.rows());
        read['named'] = await inputs.named.read();
        read['hint'] = inputs.hint;
        read['stream'] = Buffer.concat((await all(await inputs.note.stream())) as Buffer[]).toString();
        await outputs.done.write('');
      },
      { run: 'formats' },
    );
    expect(read).toEqual({
      raw: [0, 1, 255],
      note: 'grüße',
      figures: { total: 3 },
      lines: [{ n: 1 }, { n: 2 }],
      table: [{ n: '1', text: 'a,"b"\nc' }],
      columns: [
        { n: 1, text: 'x' },
        { n: 2, text: 'y' },
      ],
      batches: [
        [
          { n: 1, text: 'x' },
          { n: 2, text: 'y' },
        ],
      ],
      people: [{ name: 'Ada', born: new Date('1815-12-10') }],
      named: 'grüße',
      hint: undefined,
      stream: 'grüße',
    });
  });

  it('gets the input of the execution, the run, the attempt', async () => {
    let seen: unknown;
    const look = async ({ input, run, attempt, outputs }: AnyContext) => {
      seen = { input, run, attempt };
      await outputs.hint.write('');
    };
    await run(look, { task: 'maybe', run: 'context', retryCount: 2, input: [null, 'x'] });
    expect(seen).toEqual({ input: [null, 'x'], run: 'context', attempt: 3 });
  });

  it.each<[string, (context: AnyContext) => unknown, string, RegExp]>([
    [
      'leaves outputs unwritten',
      ({ outputs }) => outputs.raw.write(Buffer.of()),
      'NonRetryableError',
      /"note", "figures"/,
    ],
    [
      'writes an output twice',
      async ({ outputs }) => {
        await outputs.note.write('a');
        await outputs.note.write('b');
      },
      'NonRetryableError',
      /"note" was already written/,
    ],
    ['writes a value where rows belong', ({ outputs }) => outputs.lines.write({}), 'InvalidData', /writeRows\(\)/],
    ['writes rows where a value belongs', ({ outputs }) => outputs.figures.writeRows([]), 'InvalidData', /write\(\)/],
    ['writes what is no text', ({ outputs }) => outputs.note.write(7), 'InvalidData', /a number/],
    [
      'writes a row that its validator refuses',
      ({ outputs }) =>
        outputs.people.writeRows([
          { name: 'Ada', born: '1815-12-10' },
          { name: 7, born: 'x' },
        ]),
      'InvalidData',
      /row 2 is not valid: name: .*born: /,
    ],
    [
      'has a source that breaks',
      ({ outputs }) =>
        outputs.lines.writeRows(
          (function* () {
            yield { n: 1 };
            throw Object.assign(new Error('source gone'), { name: 'SourceError' });
          })(),
        ),
      'SourceError',
      /source gone/,
    ],
  ])('that %s fails with what is wrong, and leaves no output', async (what, handler, name, message) => {
    const id = what.replaceAll(' ', '-').replaceAll(',', '');
    await expect(run(handler, { task: 'first', run: id })).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
    const left = await fixture.keys(`runs/pipe/${id}/`);
    expect(left.filter((key) => !key.endsWith('_attempt.json'))).toEqual([]);
  });

  it('is not called where an input that it needs has no commit', async () => {
    let called = false;
    const handler = () => {
      called = true;
    };
    await expect(run(handler, { task: 'needy', run: 'nothing' })).rejects.toMatchObject({
      name: 'InputMissing',
      message: expect.stringContaining('"maybe"'),
    });
    expect(called).toBe(false);
  });

  it('that ignores the signal is left behind, and can store nothing afterwards', async () => {
    const stop = new AbortController();
    const stopped = run(
      async ({ outputs }) => {
        stop.abort(new TaskTimedOutError('over'));
        await sleep(50);
        await outputs.hint.write('late').catch(() => undefined);
      },
      { task: 'maybe', run: 'late', signal: stop.signal },
    );
    await expect(stopped).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await sleep(100);
    expect((await fixture.keys('runs/pipe/late/')).filter((key) => key.endsWith('/hint'))).toEqual([]);
  });

  it('that writes without waiting is waited for', async () => {
    const notWaiting = ({ outputs }: AnyContext) => void outputs.hint.write('there');
    expect(await run(notWaiting, { task: 'maybe', run: 'eager' })).toMatchObject({ bytesOut: 5 });
  });
});
