/** The source: columns of a parquet file, read one row group at a time. */

import { zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import type { SourceRow } from './checks.ts';

type Columns = { readonly [Name in keyof SourceRow]: readonly SourceRow[Name][] };

/** Row groups, as rows that exist only while they are looked at: three million objects would cost more than the rest. */
export async function* readRowGroups(file: string): AsyncGenerator<Iterable<SourceRow>> {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const columns: Record<string, unknown[]> = {};
    await parquetRead({
      file: buffer,
      metadata,
      rowStart,
      rowEnd,
      compressors: { ZSTD: (input) => zstdDecompressSync(input) },
      // Numbers instead of Date objects.
      parsers: { timestampFromMicroseconds: (micros: bigint) => Number(micros) / 1000 },
      onChunk({ columnName, columnData }) {
        const values = Array.isArray(columnData) ? columnData : Array.from<unknown>(columnData);
        columns[columnName] = columns[columnName]?.concat(values) ?? values;
      },
    });
    yield rowsOf(columns as unknown as Columns, rowEnd - rowStart);
    rowStart = rowEnd;
  }
}

function* rowsOf({ date, delay, distance, origin, destination }: Columns, count: number): Generator<SourceRow> {
  for (let row = 0; row < count; row++) {
    yield {
      date: date[row] ?? null,
      delay: delay[row] ?? null,
      distance: distance[row] ?? null,
      origin: origin[row] ?? null,
      destination: destination[row] ?? null,
    };
  }
}
