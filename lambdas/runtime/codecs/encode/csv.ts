import '../../../libraries/index.ts';
import { stringify } from 'csv-stringify/sync';
import { InvalidDataError } from '../../errors.ts';
import type { RowEncoder } from '../codec.ts';
import { describe } from '../describe.ts';

export const csvEncoder: RowEncoder = {
  holds: 'rows',

  async *encode(batches) {
    let columns: string[] | undefined;
    let count = 0;
    for await (const batch of batches) {
      for (const row of batch) {
        count += 1;
        if (typeof row !== 'object' || row === null) {
          throw new InvalidDataError(`row ${count}: a csv row must be an object, not ${describe(row)}`);
        }
        columns ??= Object.keys(row);
        for (const column in row) {
          if (columns.includes(column)) continue;
          throw new InvalidDataError(
            `row ${count} has a column "${column}" that the first row has not; give every row the same columns`,
          );
        }
      }
      if (!columns) continue;
      const header = count === batch.length;
      yield Buffer.from(stringify([...batch], { header, columns, cast: CAST }));
    }
  },
};

const CAST = { boolean: (value: boolean) => String(value), date: (value: Date) => value.toISOString() };
