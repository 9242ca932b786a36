import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytes, json, TaskGraph } from '../../../state-machines/index.ts';
import { type S3Fixture, startS3Fixture } from '../s3-fixture.ts';
import { type AnyContext, attempt } from './attempts.ts';

const MIB = 1024 * 1024;
const PIECE = Buffer.alloc(MIB / 4);
const PIECES = 400;

const graph = new TaskGraph('pipe');
const first = graph.addTask('first', { outputs: { raw: bytes() } });
graph.addTask('second', { inputs: { raw: first.outputs.raw }, outputs: { length: json<number>() } });
const plan = graph.build();

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3Fixture();
});
afterAll(() => fixture.stop());

it('an output of 100 MiB is never more than five parts of 8 MiB ahead of what is stored, and is read back whole', async () => {
  let produced = 0;
  let arrived = 0;
  let furthestAhead = 0;
  fixture.refuse(({ method, key, headers }) => {
    if (method === 'PUT' && key.endsWith('/raw')) arrived += Number(headers['content-length']);
    return undefined;
  });
  async function* pieces() {
    for (let count = 0; count < PIECES; count++) {
      produced += PIECE.byteLength;
      furthestAhead = Math.max(furthestAhead, produced - arrived);
      yield PIECE;
    }
  }
  const write = ({ outputs }: AnyContext) => outputs.raw.write(pieces());
  expect(await attempt(plan, fixture.s3, write, { task: 'first' })).toMatchObject({ bytesOut: 100 * MIB });
  expect(furthestAhead).toBeLessThanOrEqual(5 * 8 * MIB);

  let length = 0;
  await attempt(plan, fixture.s3, async ({ inputs, outputs }) => {
    for await (const piece of await inputs.raw.stream()) length += piece.length;
    await outputs.length.write(length);
  });
  expect(length).toBe(100 * MIB);
});
