import '../../../libraries/index.ts';
import type { RowEncoder } from '../codec.ts';
import { toJson } from '../json-text.ts';

/** Rows are joined into pieces of about this many characters: one piece a row would cost more than the JSON. */
const PIECE_LENGTH = 256 * 1024;

export const ndjsonEncoder: RowEncoder = {
  holds: 'rows',

  async *encode(batches) {
    let piece = '';
    for await (const batch of batches) {
      for (const row of batch) {
        piece += `${toJson(row, 'an ndjson row')}\n`;
        if (piece.length < PIECE_LENGTH) continue;
        yield Buffer.from(piece);
        piece = '';
      }
    }
    if (piece) yield Buffer.from(piece);
  },
};
