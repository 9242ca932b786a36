import { InvalidDataError } from '../errors.ts';
import type { RowCodec } from './codec.ts';
import { describe } from './values.ts';

/** Rows are joined into pieces of about this many characters: one piece a row would cost more than the JSON. */
const PIECE_LENGTH = 256 * 1024;

export const ndjsonCodec: RowCodec = {
  holds: 'rows',

  async *encode(batches) {
    let piece = '';
    for await (const batch of batches) {
      for (const row of batch) {
        const line = JSON.stringify(row);
        if (line === undefined) throw new InvalidDataError(`an ndjson row must be a JSON value, not ${describe(row)}`);
        piece += `${line}\n`;
        if (piece.length < PIECE_LENGTH) continue;
        yield Buffer.from(piece);
        piece = '';
      }
    }
    if (piece) yield Buffer.from(piece);
  },

  async *decode(source) {
    let rest = '';
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for await (const piece of await source.stream()) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield lines.filter(Boolean).map((line) => JSON.parse(line));
    }
    rest += decoder.decode();
    if (rest) yield [JSON.parse(rest)];
  },
};
