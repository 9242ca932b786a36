import { InvalidDataError } from '../../errors.ts';
import type { ValueEncoder } from '../codec.ts';
import { describe } from '../describe.ts';
import { toJson } from '../json-text.ts';

export const bytesEncoder: ValueEncoder = {
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
};

export const textEncoder: ValueEncoder = {
  holds: 'a value',
  encode(value) {
    if (typeof value !== 'string') throw new InvalidDataError(`a text output takes a string, not ${describe(value)}`);
    return [Buffer.from(value)];
  },
};

export const jsonEncoder: ValueEncoder = {
  holds: 'a value',
  encode: (value) => [Buffer.from(toJson(value, 'a json output'))],
};

function toBytes(piece: unknown): Uint8Array {
  if (typeof piece === 'string') return Buffer.from(piece);
  if (piece instanceof Uint8Array) return piece;
  throw new InvalidDataError(`a bytes output takes pieces of Uint8Array or string, not ${describe(piece)}`);
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
