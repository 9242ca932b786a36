/** Codecs without S3: bytes collected from an encoder, and served to a decoder in pieces of any length. */

import { Readable } from 'node:stream';
import type {
  RowDecoder,
  RowEncoder,
  Source,
  ValueDecoder,
  ValueEncoder,
} from '../../../lambdas/runtime/codecs/codec.ts';
import { decoderOf } from '../../../lambdas/runtime/codecs/decode/index.ts';
import { encoderOf } from '../../../lambdas/runtime/codecs/encode/index.ts';
import type { AnyFormat } from '../../../state-machines/graph/formats.ts';

export type Row = Record<string, unknown>;

export async function rowCodec(kind: AnyFormat['kind']): Promise<RowEncoder & RowDecoder> {
  const [encoder, decoder] = await Promise.all([encoderOf(kind), decoderOf(kind)]);
  if (encoder.holds !== 'rows' || decoder.holds !== 'rows') throw new Error(`${kind} holds no rows`);
  return { ...encoder, ...decoder };
}

export async function valueCodec(kind: AnyFormat['kind']): Promise<ValueEncoder & ValueDecoder> {
  const [encoder, decoder] = await Promise.all([encoderOf(kind), decoderOf(kind)]);
  if (encoder.holds !== 'a value' || decoder.holds !== 'a value') throw new Error(`${kind} holds rows`);
  return { ...encoder, ...decoder };
}

export async function bytesOf(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** @param cuts where the stream's pieces end; none: one piece */
export function sourceOf(bytes: Uint8Array, cuts: readonly number[] = []): Source {
  const ends = [...cuts.map((cut) => cut % (bytes.byteLength + 1)), bytes.byteLength].sort((a, b) => a - b);
  const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
  return {
    byteLength: bytes.byteLength,
    stream: async () => Readable.from(pieces.filter((piece) => piece.byteLength > 0)),
    slice: async (start, end) => bytes.subarray(start, end),
  };
}

/** Serves some bytes, and then fails as a broken connection does. */
export function brokenSource(bytes: Uint8Array): Source {
  async function* pieces() {
    yield bytes;
    throw new Error('socket hang up');
  }
  const stream = async () => {
    const readable = Readable.from(pieces());
    // Otherwise a decoder that does not look at errors would end the test run, not its test.
    return readable.on('error', () => undefined);
  };
  return { ...sourceOf(bytes), byteLength: bytes.byteLength + 1, stream };
}

async function* asynchronous<T>(items: readonly T[]) {
  yield* items;
}

export async function encodeRows(format: AnyFormat, ...batches: (readonly unknown[])[]): Promise<Buffer> {
  return bytesOf((await rowCodec(format.kind)).encode(asynchronous(batches), format));
}

export async function decodeRows(format: AnyFormat, source: Source): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const batch of (await rowCodec(format.kind)).decode(source)) {
    for (const row of batch) rows.push(row);
  }
  return rows;
}

export async function throughRows(format: AnyFormat, ...batches: (readonly unknown[])[]): Promise<unknown[]> {
  return decodeRows(format, sourceOf(await encodeRows(format, ...batches)));
}

export async function encodeValue(format: AnyFormat, value: unknown): Promise<Buffer> {
  return bytesOf((await valueCodec(format.kind)).encode(value));
}

export async function throughValue(format: AnyFormat, value: unknown, cuts: readonly number[] = []): Promise<unknown> {
  return (await valueCodec(format.kind)).decode(sourceOf(await encodeValue(format, value), cuts));
}
