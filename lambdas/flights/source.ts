/** The source: columns of a parquet file, read one row group at a time. */

import { zstdDecompressSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import type { RowGroup } from '../../state-machines/pipelines/flights.ts';
import type { SourceRow } from './checks.ts';

type Columns = { readonly [Name in keyof SourceRow]: readonly SourceRow[Name][] };

/** Where the row groups of a file lie, in order. */
export async function rowGroupsOf(file: string): Promise<RowGroup[]> {
  const { row_groups } = await parquetMetadataAsync(await asyncBufferFromFile(file));
  let firstRow = 0;
  return row_groups.map(({ num_rows }) => {
    const group = { firstRow, rows: Number(num_rows) };
    firstRow += group.rows;
    return group;
  });
}

/** A row group, as rows that exist only while they are looked at: as objects they would cost more than all the rest. */
export async function readRowGroup(file: string, { firstRow, rows }: RowGroup): Promise<Iterable<SourceRow>> {
  const buffer = await asyncBufferFromFile(file);
  const columns: Record<string, unknown[]> = {};
  await parquetRead({
    file: buffer,
    rowStart: firstRow,
    rowEnd: firstRow + rows,
    compressors: { ZSTD: (input) => zstdDecompressSync(input) },
    // Numbers instead of Date objects.
    parsers: { timestampFromMicroseconds: (micros: bigint) => Number(micros) / 1000 },
    onChunk({ columnName, columnData }) {
      const values = Array.isArray(columnData) ? columnData : Array.from<unknown>(columnData);
      columns[columnName] = columns[columnName]?.concat(values) ?? values;
    },
  });
  return rowsOf(columns as unknown as Columns, rows);
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
