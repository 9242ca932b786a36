/**
 * Encoders turn values or rows into bytes, decoders turn them back, both piece by piece. Each format has one of either,
 * in a module of its own that is loaded when it is first needed: a task that has no parquet does not start slower for
 * it, and its bundle leaves it out.
 */

import type { Readable } from 'node:stream';
import type { AnyFormat, FormatKind } from '../../../state-machines/graph/formats.ts';

export type Encoder = ValueEncoder | RowEncoder;
export type Decoder = ValueDecoder | RowDecoder;

export interface ValueEncoder {
  readonly holds: 'a value';
  encode(value: unknown): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface ValueDecoder {
  readonly holds: 'a value';
  decode(source: Source): Promise<unknown>;
}

export interface RowEncoder {
  readonly holds: 'rows';
  /** @param batches arrays of rows, of any length */
  encode(batches: AsyncIterable<readonly unknown[]>, format: AnyFormat): AsyncIterable<Uint8Array>;
}

export interface RowDecoder {
  readonly holds: 'rows';
  decode(source: Source): AsyncIterable<readonly unknown[]>;
}

/** Stored bytes, to be read from the start or in any order. */
export interface Source {
  readonly byteLength: number;
  stream(): Promise<Readable>;
  /** @param end exclusive */
  slice(start: number, end: number): Promise<Uint8Array>;
}

export const CONTENT_TYPES: Record<FormatKind, string> = {
  bytes: 'application/octet-stream',
  text: 'text/plain; charset=utf-8',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
  chunks: 'application/json',
};
