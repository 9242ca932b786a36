import '../../../libraries/index.ts';
import { zstdCompressSync } from 'node:zlib';
import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { AnyFormat, ParquetValueType } from '../../../../state-machines/graph/formats.ts';
import { InvalidDataError } from '../../errors.ts';
import type { RowEncoder } from '../codec.ts';
import { describe } from '../describe.ts';
import { toJson } from '../json-text.ts';

/** Memory holds one row group, in and out. */
const ROWS_A_GROUP = 100_000;

export const parquetEncoder: RowEncoder = {
  holds: 'rows',

  async *encode(batches, format) {
    const output = new DrainableWriter();
    let writer: ParquetWriter | undefined;
    let columns = format.columns;
    let group: Row[] = [];
    let before = 0;
    const writeGroup = () => {
      columns ??= guessColumns(group);
      const columnData = columnsOf(group, columns, before);
      writer ??= newWriter(output, columnData);
      if (group.length > 0) writer.write({ columnData, rowGroupSize: ROWS_A_GROUP });
      before += group.length;
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
};

type Row = Readonly<Record<string, unknown>>;

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

type Columns = NonNullable<AnyFormat['columns']>;

/** @param before how many rows came before these, for errors */
function columnsOf(rows: readonly Row[], columns: Columns, before: number): ColumnSource[] {
  for (const [index, row] of rows.entries()) {
    for (const name in row) {
      if (Object.hasOwn(columns, name)) continue;
      throw new InvalidDataError(
        `row ${before + index + 1} has a column "${name}" that is not among ${Object.keys(columns).join(', ')}; declare it: parquet({ ${name}: … })`,
      );
    }
  }
  return Object.entries(columns).map(([name, declared]) => {
    const type = declared.replace('?', '') as ParquetValueType;
    const nullable = declared !== type;
    const fits = FITS[type];
    const data = rows.map((row, index) => {
      const value = row[name];
      if (value === null || value === undefined ? nullable : fits(value)) return value;
      throw new InvalidDataError(
        `row ${before + index + 1}: column "${name}" is ${declared} and cannot hold ${show(value)}`,
      );
    });
    return { name, type, nullable, data };
  });
}

const FITS: Record<ParquetValueType, (value: unknown) => boolean> = {
  BOOLEAN: (value) => typeof value === 'boolean',
  INT32: (value) => Number.isInteger(value) && (value as number) === ((value as number) | 0),
  INT64: (value) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  FLOAT: (value) => typeof value === 'number',
  DOUBLE: (value) => typeof value === 'number',
  STRING: (value) => typeof value === 'string',
  TIMESTAMP: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  JSON: (value) => toJson(value, 'a JSON column') !== '',
};

function show(value: unknown): string {
  return typeof value === 'object' || value === undefined ? describe(value) : `${describe(value)} (${String(value)})`;
}

/** A column without a value so far can hold any later, as JSON. */
function guessColumns(rows: readonly Row[]): Columns {
  const types = new Map<string, ParquetValueType | undefined>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      const before = types.get(name);
      if (value === null || value === undefined) types.set(name, before);
      else types.set(name, before === undefined || before === typeOf(value) ? typeOf(value) : 'JSON');
    }
  }
  return Object.fromEntries([...types].map(([name, type = 'JSON']) => [name, `${type}?` as const]));
}

function typeOf(value: unknown): ParquetValueType {
  if (typeof value === 'number') return 'DOUBLE';
  if (typeof value === 'bigint') return 'INT64';
  if (typeof value === 'boolean') return 'BOOLEAN';
  if (typeof value === 'string') return 'STRING';
  return value instanceof Date ? 'TIMESTAMP' : 'JSON';
}
