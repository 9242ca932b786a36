import '../../../libraries/index.ts';
import { zstdDecompressSync } from 'node:zlib';
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { InvalidDataError } from '../../errors.ts';
import type { RowDecoder, Source } from '../codec.ts';

export const parquetDecoder: RowDecoder = {
  holds: 'rows',

  async *decode(source) {
    const file = asyncBufferOf(source);
    const metadata = await readable(() => parquetMetadataAsync(file));
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      yield await readable(() => parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors: DECOMPRESSORS }));
      rowStart = rowEnd;
    }
  },
};

/** hyparquet has no errors of its own: what is an Error and nothing more specific is of it, and not of S3. */
async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const isParquet = error instanceof Error && ['Error', 'RangeError', 'TypeError'].includes(error.name);
    throw isParquet && !('$metadata' in error) ? new InvalidDataError(`not parquet: ${error.message}`) : error;
  }
}

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
