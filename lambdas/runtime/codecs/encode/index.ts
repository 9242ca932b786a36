import type { FormatKind } from '../../../../state-machines/graph/formats.ts';
import type { Encoder } from '../codec.ts';
import { bytesEncoder, jsonEncoder, textEncoder } from './values.ts';

export async function encoderOf(kind: FormatKind): Promise<Encoder> {
  switch (kind) {
    case 'bytes':
      return bytesEncoder;
    case 'text':
      return textEncoder;
    case 'json':
    case 'chunks':
      return jsonEncoder;
    case 'ndjson':
      return (await import('./ndjson.ts')).ndjsonEncoder;
    case 'csv':
      return (await import('./csv.ts')).csvEncoder;
    case 'parquet':
      return (await import('./parquet.ts')).parquetEncoder;
    default:
      return kind satisfies never;
  }
}
