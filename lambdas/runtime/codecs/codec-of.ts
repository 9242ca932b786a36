/** Which codec a format has. */

import type { FormatKind } from '../../../state-machines/graph/formats.ts';
import type { Codec } from './codec.ts';
import { bytesCodec, jsonCodec, textCodec } from './values.ts';

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
