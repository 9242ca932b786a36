import '../../../libraries/index.ts';
import { InvalidDataError } from '../../errors.ts';
import type { RowDecoder } from '../codec.ts';
import { fromJson } from '../json-text.ts';

export const ndjsonDecoder: RowDecoder = {
  holds: 'rows',

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
