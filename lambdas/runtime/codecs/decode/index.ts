import type { FormatKind } from '../../../../state-machines/graph/formats.ts';
import type { Decoder } from '../codec.ts';
import { bytesDecoder, jsonDecoder, textDecoder } from './values.ts';

export async function decoderOf(kind: FormatKind): Promise<Decoder> {
  switch (kind) {
    case 'bytes':
      return bytesDecoder;
    case 'text':
      return textDecoder;
    case 'json':
    case 'chunks':
      return jsonDecoder;
    case 'ndjson':
      return (await import('./ndjson.ts')).ndjsonDecoder;
    case 'csv':
      return (await import('./csv.ts')).csvDecoder;
    case 'parquet':
      return (await import('./parquet.ts')).parquetDecoder;
    default:
      return kind satisfies never;
  }
}
