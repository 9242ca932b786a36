import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 65_536;
const LINE_FEED = 10;

/** A text file that another process appends lines to. */
export class GrowingFile {
  readonly #path: string;
  #offset = 0;
  /** The begin of a line whose end is still to come, as bytes: it may end within a character. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns the lines that have become whole since the last call; none while there is no such file */
  read(): string[] {
    const bytes = Buffer.concat([this.#rest, ...this.#more()]);
    const end = bytes.lastIndexOf(LINE_FEED);
    this.#rest = bytes.subarray(end + 1);
    return end < 0 ? [] : bytes.toString('utf8', 0, end).split('\n');
  }

  #more(): Buffer[] {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch {
      return [];
    }
    try {
      const chunks: Buffer[] = [];
      for (;;) {
        const chunk = Buffer.alloc(CHUNK_BYTES);
        const length = readSync(file, chunk, 0, CHUNK_BYTES, this.#offset);
        if (length === 0) return chunks;
        this.#offset += length;
        chunks.push(chunk.subarray(0, length));
      }
    } finally {
      closeSync(file);
    }
  }
}
