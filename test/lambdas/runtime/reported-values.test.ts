import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CommitRecord } from '../../../state-machines/contract/records.ts';
import { fromOutput, json, TaskGraph, text } from '../../../state-machines/index.ts';
import { intercept, type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { attempt } from './attempts.ts';

interface Stats {
  readonly rows?: unknown;
  readonly nested?: { readonly mode?: unknown };
}

const graph = new TaskGraph('pipe');
const Checked = z.object({ at: z.coerce.date(), limit: z.number().default(7) });
const check = graph.addTask('check', {
  outputs: { stats: json<Stats>(), flag: json<unknown>(), checked: json(Checked), note: text() },
});
const looks = [
  fromOutput(check.outputs.stats, 'rows').exists(),
  fromOutput(check.outputs.stats, 'rows').equals(1),
  fromOutput(check.outputs.stats, 'nested', 'mode').exists(),
  fromOutput(check.outputs.flag).exists(),
  fromOutput(check.outputs.checked, 'at').exists(),
  fromOutput(check.outputs.checked, 'limit').exists(),
];
for (const [index, when] of looks.entries()) graph.addTask(`look-${index}`, { when });
graph.addTask('plain', { outputs: { stats: json<Stats>() } });
const plan = graph.build();

let fixture: S3Fixture;
let runs = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

const writing =
  (stats: unknown, flag: unknown = true, checked: unknown = { at: '2026-01-02T00:00:00.000Z' }) =>
  async ({ outputs }: Parameters<Parameters<typeof attempt>[2]>[0]) => {
    await outputs.stats.write(stats);
    await outputs.flag.write(flag);
    await outputs.checked.write(checked);
    await outputs.note.write('');
  };
const newRun = () => `run-${++runs}`;
const run = (handler: Parameters<typeof attempt>[2], id = newRun(), s3 = fixture.s3) =>
  attempt(plan, s3, handler, { task: 'check', run: id });

describe('the values that conditions look at', () => {
  it('are in the answer and in the record, and nothing else of the output is', async () => {
    const id = newRun();
    const stats = { rows: 3, nested: { mode: 'full', more: 1 }, secret: 'x' };
    const values = {
      'stats.rows': 3,
      'stats.nested.mode': 'full',
      flag: false,
      'checked.at': '2026-01-02T00:00:00.000Z',
      'checked.limit': 7,
    };
    expect(await run(writing(stats, false), id)).toMatchObject({ values });
    const record: CommitRecord = JSON.parse(await fixture.text(`runs/pipe/${id}/check/_committed.json`));
    expect(record.values).toEqual(values);
  });

  it('are in a repeated answer, whose attempt reads no output', async () => {
    const id = newRun();
    const first = await run(writing({ rows: 3 }), id);
    const s3 = fixture.newClient();
    intercept(s3, 'PutObjectCommand', () => Promise.reject(new Error('nothing is to be written')));
    expect(await run(() => Promise.reject(new Error('not again')), id, s3)).toEqual({
      ...first,
      committedBefore: true,
    });
  });

  it.each([
    ['not there', {}],
    ['undefined', { rows: undefined, nested: undefined }],
    ['behind something that is no object', { nested: 'x' }],
    ['inherited', Object.create({ rows: 1 })],
  ])('are left out where they are %s', async (_, stats) => {
    const { values } = await run(writing(stats));
    expect(Object.keys(values ?? {})).toEqual(['flag', 'checked.at', 'checked.limit']);
  });

  it.each([null, 0, -1.5, '', 'x'.repeat(256), true])('may be %j', async (rows) => {
    expect((await run(writing({ rows }))).values).toMatchObject({ 'stats.rows': rows });
  });

  it('are those that JSON makes of what was written', async () => {
    const { values } = await run(writing({ rows: Number.NaN, nested: { mode: new Date(0) } }));
    expect(values).toMatchObject({ 'stats.rows': null, 'stats.nested.mode': '1970-01-01T00:00:00.000Z' });
  });

  it('are in the answer of no task that nobody looks at', async () => {
    const plain = async ({ outputs }: Parameters<Parameters<typeof attempt>[2]>[0]) => {
      await outputs.stats.write({ rows: 3 });
    };
    expect(await attempt(plan, fixture.s3, plain, { task: 'plain', run: newRun() })).not.toHaveProperty('values');
  });
});

describe('a value that no condition can look at', () => {
  it.each([
    [{ rows: { a: 1 } }, /output "stats", at rows: .*a number, a boolean, null, or a text.* it is a Object/],
    [{ rows: [1] }, /output "stats", at rows: .* it is a Array/],
    [{ nested: { mode: 'x'.repeat(257) } }, /output "stats", at nested\.mode: .*256.* a text of 257 characters/],
  ])('fails the attempt for good and says what it is: %j', async (stats, message) => {
    const id = newRun();
    const error = { name: 'NonRetryableError', message: expect.stringMatching(message) };
    await expect(run(writing(stats), id)).rejects.toMatchObject(error);
    const left = await fixture.keys(`runs/pipe/${id}/`);
    expect(left.filter((key) => !key.endsWith('_attempt.json'))).toEqual([]);
  });

  it('may be the output as a whole', async () => {
    const error = { name: 'NonRetryableError', message: expect.stringMatching(/^output "flag": .*an? Object/) };
    await expect(run(writing({}, {}))).rejects.toMatchObject(error);
  });
});
