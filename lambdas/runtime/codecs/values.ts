import { buffer } from 'node:stream/consumers';
import { InvalidDataError } from '../errors.ts';
import type { ValueCodec } from './codec.ts';

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
  encode(value) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new InvalidDataError(`a json output takes a JSON value, not ${describe(value)}`);
    return [Buffer.from(text)];
  },
  decode: async (source) => JSON.parse((await buffer(await source.stream())).toString('utf8')),
};

function toBytes(piece: unknown): Uint8Array {
  if (typeof piece === 'string') return Buffer.from(piece);
  if (piece instanceof Uint8Array) return piece;
  throw new InvalidDataError(`a bytes output takes pieces of Uint8Array or string, not ${describe(piece)}`);
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? `a ${value.constructor?.name ?? 'object'}` : `a ${typeof value}`;
}
