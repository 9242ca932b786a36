import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer, schemaFromColumnData } from 'hyparquet-writer';
import { afterAll, expect, it } from 'vitest';
import { readRowGroup, rowGroupsOf } from '../../../lambdas/flights/source.ts';

const dir = mkdtempSync(join(tmpdir(), 'ebbtide-source-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('every row comes once and in order, over row groups, pages and values that are missing', async () => {
  const count = 1000;
  const column = <T>(make: (row: number) => T, missing: number) =>
    Array.from({ length: count }, (_, row) => (row % 7 === missing ? null : make(row)));
  const date = column((row) => new Date(Date.UTC(2001, 0, 1, 0, row)), 0);
  const delay = column((row) => BigInt(row), 1);
  const distance = column((row) => BigInt(2 * row), 2);
  const origin = column((row) => `O${row}`, 3);
  const destination = column((row) => `D${row % 5}`, 4);
  const columnData = Object.entries({ date, delay, distance, origin, destination }).map(([name, data]) => ({
    name,
    data,
  }));
  const micros = {
    name: 'date',
    type: 'INT64',
    repetition_type: 'OPTIONAL',
    converted_type: 'TIMESTAMP_MICROS',
  } as const;
  const schema = schemaFromColumnData({ columnData, schemaOverrides: { date: micros } });
  const bytes = parquetWriteBuffer({ columnData, schema, rowGroupSize: 300, pageSize: 100 });
  const file = join(dir, 'source.parquet');
  writeFileSync(file, Buffer.from(bytes));

  const groups = await rowGroupsOf(file);
  expect(groups).toEqual([
    { firstRow: 0, rows: 300 },
    { firstRow: 300, rows: 300 },
    { firstRow: 600, rows: 300 },
    { firstRow: 900, rows: 100 },
  ]);
  const rows = await Array.fromAsync(groups, async (group) => [...(await readRowGroup(file, group))]);
  expect(rows.map(({ length }) => length)).toEqual([300, 300, 300, 100]);
  expect(rows.flat()).toEqual(
    date.map((time, row) => ({
      date: time?.getTime() ?? null,
      delay: delay[row],
      distance: distance[row],
      origin: origin[row],
      destination: destination[row],
    })),
  );
});
