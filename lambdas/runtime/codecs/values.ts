import { buffer } from 'node:stream/consumers';
import { InvalidDataError } from '../errors.ts';
import type { ValueCodec } from './codec.ts';
import { describe } from './describe.ts';
import { fromJson, toJson } from './json-text.ts';

export const bytesCodec: ValueCodec = {
  holds: 'a value',
  async *encode(value) {
    if (value instanceof Uint8Array) {
      yield value;
    } else if (isIterable(value)) {
      for await (const piece of value) yield toBytes(piece);
    } else {
      throw new InvalidDataError(`a bytes output takes a Uint8Array or a stream of them, not ${describe(value)}`);
    }
  },
  decode: async (source) => buffer(await source.stream()),
};

export const textCodec: ValueCodec = {
  holds: 'a value',
  encode(value) {
    if (typeof value !== 'string') throw new InvalidDataError(`a text output takes a string, not ${describe(value)}`);
    return [Buffer.from(value)];
  },
  decode: async (source) => (await buffer(await source.stream())).toString('utf8'),
};

export const jsonCodec: ValueCodec = {
  holds: 'a value',
  encode: (value) => [Buffer.from(toJson(value, 'a json output'))],
  decode: async (source) => fromJson((await buffer(await source.stream())).toString('utf8'), 'a json input'),
};

function toBytes(piece: unknown): Uint8Array {
  if (typeof piece === 'string') return Buffer.from(piece);
  if (piece instanceof Uint8Array) return piece;
  throw new InvalidDataError(`a bytes output takes pieces of Uint8Array or string, not ${describe(piece)}`);
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
