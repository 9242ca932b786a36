import '../../../libraries/index.ts';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { InvalidDataError } from '../../errors.ts';
import { inBatches } from '../batches.ts';
import type { RowDecoder } from '../codec.ts';

export const csvDecoder: RowDecoder = {
  holds: 'rows',

  async *decode(source) {
    const stream = await source.stream();
    // Unlike pipe(), pipeline() hands errors on.
    const rows = pipeline(stream, parse({ columns: true }), () => undefined);
    try {
      yield* inBatches(rows);
    } catch (error) {
      throw error instanceof CsvError ? new InvalidDataError(`not csv: ${error.message}`) : error;
    } finally {
      stream.destroy();
    }
  },
};
