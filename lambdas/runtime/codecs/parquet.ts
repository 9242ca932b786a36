import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { AnyFormat, ParquetType } from '../../../state-machines/graph/formats.ts';
import { InvalidDataError } from '../errors.ts';
import type { RowCodec, Source } from './codec.ts';
import { describe } from './values.ts';

/** Memory holds one row group, in and out. */
const ROWS_A_GROUP = 100_000;

export const parquetCodec: RowCodec = {
  holds: 'rows',

  async *encode(batches, format) {
    const output = new DrainableWriter();
    let writer: ParquetWriter | undefined;
    let types = format.columns;
    let group: Row[] = [];
    const writeGroup = () => {
      types ??= guessTypes(group);
      const columnData = columnsOf(group, types);
      writer ??= newWriter(output, columnData);
      if (group.length > 0) writer.write({ columnData, rowGroupSize: ROWS_A_GROUP });
      group = [];
      return output.drain();
    };
    for await (const batch of batches) {
      for (const row of batch) {
        if (typeof row !== 'object' || row === null) {
          throw new InvalidDataError(`a parquet row must be an object, not ${describe(row)}`);
        }
        if (group.push(row as Row) >= ROWS_A_GROUP) yield writeGroup();
      }
    }
    if (group.length > 0 || !writer) yield writeGroup();
    writer?.finish();
    yield output.drain();
  },

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

type Row = Readonly<Record<string, unknown>>;

const DECOMPRESSORS = { ZSTD: (input: Uint8Array) => zstdDecompressSync(input) };

/** hyparquet-writer's writer counts its offsets apart from its buffer, so what is finished can be taken out. */
class DrainableWriter extends ByteWriter {
  drain(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}

function newWriter(writer: ByteWriter, columnData: ColumnSource[]): ParquetWriter {
  return new ParquetWriter({
    writer,
    schema: schemaFromColumnData({ columnData }),
    codec: 'ZSTD',
    compressors: { ZSTD: (input: Uint8Array) => zstdCompressSync(input) },
    statistics: false,
  });
}

function columnsOf(rows: readonly Row[], types: NonNullable<AnyFormat['columns']>): ColumnSource[] {
  return Object.entries(types).map(([name, type]) => ({ name, type, data: rows.map((row) => row[name]) }));
}

function guessTypes(rows: readonly Row[]): Record<string, ParquetType> {
  const types: Record<string, ParquetType> = {};
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (value === null || value === undefined) continue;
      const type = typeOf(value);
      types[name] = types[name] === undefined || types[name] === type ? type : 'JSON';
    }
  }
  return types;
}

function typeOf(value: unknown): ParquetType {
  if (typeof value === 'number') return 'DOUBLE';
  if (typeof value === 'bigint') return 'INT64';
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'string') return 'STRING';
  return value instanceof Date ? 'TIMESTAMP' : 'JSON';
}

function asyncBufferOf(source: Source): AsyncBuffer {
  return {
    byteLength: source.byteLength,
    slice: async (start, end = source.byteLength) => {
      const bytes = await source.slice(start, end);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}
