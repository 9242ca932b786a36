import { InvalidDataError } from '../errors.ts';
import type { RowCodec } from './codec.ts';
import { fromJson, toJson } from './json-text.ts';

/** Rows are joined into pieces of about this many characters: one piece a row would cost more than the JSON. */
const PIECE_LENGTH = 256 * 1024;

export const ndjsonCodec: RowCodec = {
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

  async *decode(source) {
    let rest = '';
    let count = 0;
    const decode = utf8Decoder();
    const parse = (line: string) => fromJson(line, `ndjson row ${++count}`);
    for await (const piece of await source.stream()) {
      const lines = (rest + decode(piece)).split('\n');
      rest = lines.pop() ?? '';
      yield lines.filter(Boolean).map(parse);
    }
    rest += decode();
    if (rest) yield [parse(rest)];
  },
};

/** Decodes piece by piece; without a piece, what is left. */
function utf8Decoder(): (piece?: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (piece) => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined });
    } catch {
      throw new InvalidDataError('an ndjson input is not UTF-8');
    }
  };
}
