/** A codec turns values or rows into bytes and back, piece by piece. */

import type { Readable } from 'node:stream';
import type { AnyFormat } from '../../../state-machines/graph/formats.ts';

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
