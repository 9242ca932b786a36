import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { bytes, json, text } from '../../../state-machines/graph/formats.ts';
import { fc } from '../../fast-check.ts';
import { encodeValue, sourceOf, throughValue, valueCodec } from './sources.ts';

const cuts = fc.array(fc.nat(500), { maxLength: 5 });
const unicode = fc.string({ unit: 'binary' });
const INVALID = 'InvalidData';

describe('json', () => {
  it('any JSON value comes back as it was, wherever the stream is cut', async () => {
    const values = fc.jsonValue({ stringUnit: 'binary' });
    await fc.assert(
      fc.asyncProperty(values, cuts, async (value, where) => {
        // JSON has no -0.
        const same = JSON.parse(JSON.stringify(value));
        expect(await throughValue(json(), value, where)).toEqual(same);
      }),
    );
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  it.each([
    ['undefined', undefined, 'undefined'],
    ['a function', () => 1, 'a function'],
    ['a symbol', Symbol('x'), 'a symbol'],
    ['a bigint inside', { n: 1n }, 'BigInt'],
    ['a cycle', cyclic, 'circular'],
  ])('%s is InvalidData that says so', async (_, value, said) => {
    const failed = encodeValue(json(), value);
    await expect(failed).rejects.toMatchObject({ name: INVALID, message: expect.stringContaining(said) });
  });

  it.each(['', '{"a":1}}'])('what is stored as %j is InvalidData when it is read', async (stored) => {
    const read = (await valueCodec('json')).decode(sourceOf(Buffer.from(stored)));
    await expect(read).rejects.toMatchObject({ name: INVALID });
  });
});

describe('text', () => {
  it('any text comes back as it was, wherever the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(unicode, cuts, async (value, where) => {
        expect(await throughValue(text(), value, where)).toBe(value);
      }),
    );
    expect(await throughValue(text(), '\ufeffa\r\n\u2028\0')).toBe('\ufeffa\r\n\u2028\0');
  });

  it.each([
    [7, 'a number'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ a: 1 }, 'a Object'],
    [Buffer.from('a'), 'a Buffer'],
  ])('%o is InvalidData that says so', async (value, said) => {
    const failed = encodeValue(text(), value);
    await expect(failed).rejects.toMatchObject({ name: INVALID, message: expect.stringContaining(said) });
  });
});

describe('bytes', () => {
  const pieces = fc.array(fc.oneof(fc.uint8Array(), unicode), { maxLength: 6 });
  const joined = (all: readonly (Uint8Array | string)[]) =>
    Buffer.concat(all.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
  const same = (read: unknown, expected: Uint8Array) => expect(Buffer.from(read as Uint8Array)).toEqual(expected);

  it('a Uint8Array, also a part of a larger buffer, comes back byte by byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), cuts, async (value, where) => {
        same(await throughValue(bytes(), value, where), Buffer.from(value));
        same(await throughValue(bytes(), value.subarray(1), where), Buffer.from(value.subarray(1)));
      }),
    );
  });

  it('an iterable, an async iterable and a Readable of pieces come back joined', async () => {
    async function* asynchronous(all: readonly (Uint8Array | string)[]) {
      yield* all;
    }
    await fc.assert(
      fc.asyncProperty(pieces, cuts, async (all, where) => {
        const expected = joined(all);
        same(await throughValue(bytes(), all, where), expected);
        same(await throughValue(bytes(), asynchronous(all), where), expected);
        same(await throughValue(bytes(), Readable.from(all), where), expected);
        same(await throughValue(bytes(), Readable.from(all, { objectMode: false }), where), expected);
      }),
    );
  });

  it('a stream that fails fails the write with its own error', async () => {
    async function* failing() {
      yield Buffer.from('a');
      throw new Error('no more');
    }
    await expect(encodeValue(bytes(), failing())).rejects.toThrow('no more');
    await expect(encodeValue(bytes(), Readable.from(failing()))).rejects.toThrow('no more');
  });

  it.each([
    ['a number', 7],
    ['a string', 'abc'],
    ['null', null],
    ['undefined', undefined],
    ['a Object', {}],
    ['a ArrayBuffer', new ArrayBuffer(1)],
  ])('%s is InvalidData that says so', async (said, value) => {
    const failed = encodeValue(bytes(), value);
    await expect(failed).rejects.toMatchObject({ name: INVALID, message: expect.stringContaining(said) });
  });

  it.each([
    ['a number', [Buffer.from('a'), 7]],
    ['null', [null]],
    ['a Array', [[1, 2]]],
  ])('a piece that is %s is InvalidData that says so', async (said, value) => {
    const failed = encodeValue(bytes(), value);
    await expect(failed).rejects.toMatchObject({ name: INVALID, message: expect.stringContaining(said) });
  });
});
