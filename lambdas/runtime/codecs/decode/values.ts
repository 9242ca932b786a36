import { buffer } from 'node:stream/consumers';
import type { Source, ValueDecoder } from '../codec.ts';
import { fromJson } from '../json-text.ts';

export const bytesDecoder: ValueDecoder = {
  holds: 'a value',
  decode: allBytes,
};

export const textDecoder: ValueDecoder = {
  holds: 'a value',
  decode: async (source) => (await allBytes(source)).toString('utf8'),
};

export const jsonDecoder: ValueDecoder = {
  holds: 'a value',
  decode: async (source) => fromJson((await allBytes(source)).toString('utf8'), 'a json input'),
};

async function allBytes(source: Source): Promise<Buffer> {
  return buffer(await source.stream());
}
