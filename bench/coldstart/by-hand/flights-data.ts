import { zstdDecompressSync } from 'node:zlib';
import type { Flight } from '../../../state-machines/pipelines/flights.ts';
import type { Data } from './handler.ts';

/** What all chunks of extract wrote. */
export async function* readFlights(data: Data): AsyncGenerator<Flight[]> {
  const { parquetReadObjects } = await import('hyparquet');
  const compressors = { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) };
  for (const key of await data.keys('extract', 'raw')) {
    const { buffer, byteOffset, byteLength } = await data.bytes(key);
    const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    yield (await parquetReadObjects({ file, compressors })) as unknown as Flight[];
  }
}
