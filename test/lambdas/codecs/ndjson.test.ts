import { describe, expect, it } from 'vitest';
import { ndjson } from '../../../state-machines/graph/formats.ts';
import { fc } from '../../fast-check.ts';
import { brokenSource, decodeRows, encodeRows, rowCodec, sourceOf, throughRows } from './sources.ts';

const INVALID = 'InvalidData';
const cells = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary', maxDepth: 2 }),
  fc.constantFrom('\u2028', '\u2029', 'a\nb\r\n', '\n', '', '\ufeff', '😀', '\ud800', '"\\', '\0'),
);
const rows = fc.array(fc.dictionary(fc.string({ unit: 'binary', maxLength: 4 }), cells, { maxKeys: 4 }), {
  maxLength: 8,
});
const asJson = (value: unknown) => JSON.parse(JSON.stringify(value));

it('any rows come back as they were, in whatever batches, wherever the stream is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(rows, { maxLength: 3 }),
      fc.array(fc.nat(2_000), { maxLength: 12 }),
      async (batches, cuts) => {
        const encoded = await encodeRows(ndjson(), ...batches);
        expect(await decodeRows(ndjson(), sourceOf(encoded, cuts))).toEqual(asJson(batches.flat()));
      },
    ),
  );
});

it('cut at every byte they come back too', async () => {
  const all = [{ text: 'a\n\u2028😀é' }, {}, { nested: [{ '': null }] }];
  const encoded = await encodeRows(ndjson(), all);
  const cuts = [...encoded.keys()];
  expect(await decodeRows(ndjson(), sourceOf(encoded, cuts))).toEqual(all);
  for (const cut of cuts) expect(await decodeRows(ndjson(), sourceOf(encoded, [cut]))).toEqual(all);
});

it('each row is one line of JSON, and no rows are no bytes', async () => {
  expect((await encodeRows(ndjson(), [{ a: 1 }], [], [{ b: '\n' }, {}])).toString()).toBe('{"a":1}\n{"b":"\\n"}\n{}\n');
  expect(await encodeRows(ndjson())).toHaveLength(0);
  expect(await throughRows(ndjson())).toEqual([]);
});

it('a row that is longer than a piece comes back', async () => {
  const long = [{ text: 'é'.repeat(600_000) }, { text: 'b' }];
  const encoded = await encodeRows(ndjson(), long);
  const cuts = Array.from({ length: 18 }, (_, index) => index * 65_537);
  expect(await decodeRows(ndjson(), sourceOf(encoded, cuts))).toEqual(long);
});

it('lines of others are read: empty ones between, CRLF, no newline at the end', async () => {
  const lines = Buffer.from('{"a":1}\r\n\n{"a":2}\n{"a":3}');
  expect(await decodeRows(ndjson(), sourceOf(lines))).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
});

describe('what is wrong is InvalidData that says what was given', () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  it.each([
    ['undefined', undefined, 'undefined'],
    ['a function', () => 1, 'a function'],
    ['a symbol', Symbol('x'), 'a symbol'],
    ['a bigint inside', { n: 1n }, 'BigInt'],
    ['a cycle', cyclic, 'circular'],
  ])('a row that is or has %s', async (_, row, said) => {
    const failed = encodeRows(ndjson(), [{ a: 1 }, row]);
    await expect(failed).rejects.toMatchObject({ name: INVALID, message: expect.stringContaining(said) });
  });

  it.each(['{"a":1}\n{"a":', '{"a":1}\nnot json\n'])('stored lines %j', async (stored) => {
    await expect(decodeRows(ndjson(), sourceOf(Buffer.from(stored)))).rejects.toMatchObject({ name: INVALID });
  });

  it('bytes that are no UTF-8', async () => {
    const bytes = Buffer.from([0x22, 0xff, 0x22, 0x0a]);
    await expect(decodeRows(ndjson(), sourceOf(bytes))).rejects.toMatchObject({ name: INVALID });
    await expect(decodeRows(ndjson(), sourceOf(Buffer.from([0x22, 0xe2])))).rejects.toMatchObject({ name: INVALID });
  });
});

it('a stream that breaks fails the read with its own error', async () => {
  await expect(decodeRows(ndjson(), brokenSource(Buffer.from('{"a":1}\n')))).rejects.toThrow('socket hang up');
});

it('a million rows from a generator are encoded piece by piece, never more than a piece ahead', async () => {
  let made = 0;
  async function* batches() {
    for (let batch = 0; batch < 1_000; batch++) {
      made += 1_000;
      yield Array.from({ length: 1_000 }, (_, index) => ({ id: batch * 1_000 + index }));
    }
  }
  let lines = 0;
  let furthest = 0;
  for await (const piece of (await rowCodec('ndjson')).encode(batches(), ndjson())) {
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines += 1;
    furthest = Math.max(furthest, made - lines);
  }
  expect(lines).toBe(1_000_000);
  expect(furthest).toBeLessThan(1_000);
});
