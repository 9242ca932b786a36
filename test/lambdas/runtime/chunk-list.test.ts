import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunks, TaskGraph } from '../../../state-machines/index.ts';
import { type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { ChunkedRun } from './chunked.ts';

const graph = new TaskGraph('pipe');
const split = graph.addTask('split', { outputs: { list: chunks<{ day?: number }>({ max: 5_000 }) } });
graph.addTask('one-by-one', { each: split.outputs.list });
graph.addTask('in-threes', { each: split.outputs.list, batchSize: 3 });
const far = graph.addTask('far', { outputs: { list: chunks({ max: 5_000 }) } });
graph.addTask('distributed', { each: far.outputs.list, maxConcurrency: 41 });
const plan = graph.build();

let fixture: S3Fixture;
let runs = 0;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());
const newRun = () => new ChunkedRun(plan, fixture, `run-${++runs}`);

describe('a list of chunks', () => {
  it('is answered with by the tasks that run for it, their ids in batches, and so by a repeated attempt', async () => {
    const run = newRun();
    const answer = await run.split('d', 'a', 'c', 'b');
    expect(answer.chunks).toEqual({
      'one-by-one': [['d'], ['a'], ['c'], ['b']],
      'in-threes': [['d', 'a', 'c'], ['b']],
    });
    expect(await run.split('other')).toEqual({ ...answer, committedBefore: true });
    expect((await run.record('split')).outputs['list']?.chunkIds).toEqual(['d', 'a', 'c', 'b']);
  });

  it('is answered with by its key where the chunks are executions of their own, and is a JSON array there', async () => {
    const run = newRun();
    const list = [{ id: '2001-01-01' }, { id: 'B.x_1', day: 2 }];
    const answer = await run.attempt('far', ({ outputs }) => outputs.list.write(list));
    const key = answer.chunks?.['distributed'] as string;
    expect(key).toMatch(new RegExp(`^runs/pipe/${run.run}/far/1-[0-9a-f]{8}/list$`));
    expect(JSON.parse(await fixture.text(key))).toEqual(list);
  });

  it('may be empty', async () => {
    expect((await newRun().split()).chunks).toEqual({ 'one-by-one': [], 'in-threes': [] });
  });

  it.each<[string, unknown, RegExp]>([
    ['no array', { id: 'a' }, /takes an array of objects with an id, not a Object/],
    ['of texts', ['a'], /index 0: a chunk is an object with an id, not a string/],
    ['of a chunk without an id', [{ id: 'a' }, {}], /index 1: the chunk id undefined is not allowed/],
    ['of an id that is no text', [{ id: 7 }], /index 0: the chunk id 7 /],
    ['of an id that would be a folder', [{ id: 'a/b' }], /index 0: the chunk id "a\/b" .*letters, digits/],
    ['of an id that begins with a dot', [{ id: '.a' }], /index 0: the chunk id "\.a" /],
    ['of an id that is too long', [{ id: 'x'.repeat(65) }], /index 0: .*64 characters/],
    ['of two chunks with one id', [{ id: 'a' }, { id: 'b' }, { id: 'a' }], /two chunks with the id "a".*0 and 2/],
    [
      'of more than it may have',
      Array.from({ length: 5_001 }, (_, id) => ({ id: `${id}` })),
      /5001 chunks, and 5000 is the most.*max: 5001/,
    ],
  ])('%s fails the attempt for good, and is not stored', async (_, list, message) => {
    const run = newRun();
    const error = { name: 'NonRetryableError', message: expect.stringMatching(message) };
    await expect(run.attempt('split', ({ outputs }) => outputs.list.write(list))).rejects.toMatchObject(error);
    expect(await run.stored('split')).toEqual([]);
  });

  describe('whose ids are more than the state data can carry', () => {
    const long = Array.from({ length: 2_000 }, (_, id) => ({ id: `${'x'.repeat(60)}${id}` }));

    it('fails the attempt for good, and says what to do', async () => {
      const run = newRun();
      const error = {
        name: 'NonRetryableError',
        message: expect.stringMatching(/"one-by-one".*maxConcurrency over 40/),
      };
      await expect(run.split(...long)).rejects.toMatchObject(error);
      expect(await run.stored('split')).toEqual([]);
    });

    it('is allowed where it travels by its key', async () => {
      const answer = await newRun().attempt('far', ({ outputs }) => outputs.list.write(long));
      expect(answer.chunks).toEqual({ distributed: expect.stringMatching(/\/list$/) });
    });
  });
});
