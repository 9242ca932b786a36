/** A codec turns values or rows into bytes and back, piece by piece. One a format kind; `codecOf` finds it. */

import type { Readable } from 'node:stream';
import type { AnyFormat, FormatKind } from '../../../state-machines/graph/formats.ts';
import { bytesCodec, jsonCodec, textCodec } from './values.ts';

export type Codec = ValueCodec | RowCodec;

export interface ValueCodec {
  readonly holds: 'a value';
  encode(value: unknown): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  decode(source: Source): Promise<unknown>;
}

export interface RowCodec {
  readonly holds: 'rows';
  /** @param batches arrays of rows, of any length */
  encode(batches: AsyncIterable<readonly unknown[]>, format: AnyFormat): AsyncIterable<Uint8Array>;
  decode(source: Source): AsyncIterable<readonly unknown[]>;
}

/** Stored bytes, to be read from the start or in any order. */
export interface Source {
  readonly byteLength: number;
  stream(): Promise<Readable>;
  /** @param end exclusive */
  slice(start: number, end: number): Promise<Uint8Array>;
}

/** Loads a codec's library when it is first needed: a task that has no parquet does not start slower for it. */
export async function codecOf(kind: FormatKind): Promise<Codec> {
  switch (kind) {
    case 'bytes':
      return bytesCodec;
    case 'text':
      return textCodec;
    case 'json':
      return jsonCodec;
    case 'ndjson':
      return (await import('./ndjson.ts')).ndjsonCodec;
    case 'csv':
      return (await import('./csv.ts')).csvCodec;
    case 'parquet':
      return (await import('./parquet.ts')).parquetCodec;
    default:
      return kind satisfies never;
  }
}

export const CONTENT_TYPES: Record<FormatKind, string> = {
  bytes: 'application/octet-stream',
  text: 'text/plain; charset=utf-8',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};
