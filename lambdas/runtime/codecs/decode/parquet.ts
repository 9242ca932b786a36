import '../../../libraries/index.ts';
import { zstdDecompressSync } from 'node:zlib';
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { RowDecoder, Source } from '../codec.ts';

export const parquetDecoder: RowDecoder = {
  holds: 'rows',

  async *decode(source) {
    const file = asyncBufferOf(source);
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      yield await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors: DECOMPRESSORS });
      rowStart = rowEnd;
    }
  },
};

const DECOMPRESSORS = { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) };

function asyncBufferOf(source: Source): AsyncBuffer {
  return {
    byteLength: source.byteLength,
    slice: async (start, end = source.byteLength) => {
      const bytes = await source.slice(start, end);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}
