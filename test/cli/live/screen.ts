/** A terminal's screen, as far as a display draws on it; anything else that is written to it is an error. */

import { Writable } from 'node:stream';

const SEQUENCE = new RegExp(`^${String.fromCharCode(27)}\\[(\\??)(\\d*)([A-Za-z])`);

export class Screen extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  /** What has left the screen at its top. */
  readonly scrolledOff: string[] = [];
  writes = 0;
  #lines: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }

  get text(): string {
    return this.#lines
      .map((cells) =>
        Array.from(cells, (cell) => cell ?? ' ')
          .join('')
          .trimEnd(),
      )
      .join('\n')
      .trimEnd();
  }

  getColorDepth(): number {
    return 1;
  }

  hasColors(): boolean {
    return false;
  }

  /** As terminals do: what is too wide is wrapped anew, and the cursor stays with its line. */
  resize(columns: number, rows: number): void {
    const at = this.#row;
    const lines: string[][] = [];
    for (const [index, cells] of this.#lines.entries()) {
      if (index === at) this.#row = lines.length;
      do lines.push(cells.splice(0, columns));
      while (cells.length > 0);
    }
    this.#lines = lines;
    this.columns = columns;
    this.rows = rows;
    this.#scroll();
    this.emit('resize');
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.writes += 1;
    for (let rest = chunk; rest !== ''; ) {
      const [sequence, ...parts] = SEQUENCE.exec(rest) ?? [];
      if (sequence !== undefined) {
        this.#obey(parts.join(''), Number(parts[1] || 1));
        rest = rest.slice(sequence.length);
      } else {
        const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
        this.#print(character);
        rest = rest.slice(character.length);
      }
    }
    done();
  }

  #print(character: string): void {
    if (character === '\n') {
      this.#row += 1;
      this.#column = 0;
    } else {
      if (character < ' ') throw new Error(`control character ${JSON.stringify(character)}`);
      if (this.#column === this.columns) {
        this.#row += 1;
        this.#column = 0;
      }
      this.#line()[this.#column] = character;
      this.#column += 1;
    }
    this.#line();
    this.#scroll();
  }

  #obey(sequence: string, count: number): void {
    if (sequence.startsWith('?')) return;
    switch (sequence.at(-1)) {
      case 'A':
        this.#row = Math.max(0, this.#row - count);
        return;
      case 'B':
        this.#row = Math.min(this.rows - 1, this.#row + count);
        this.#line();
        return;
      case 'G':
        this.#column = count - 1;
        return;
      case 'K':
        if (sequence === '2K') this.#lines[this.#row] = [];
        else this.#line().splice(this.#column);
        return;
      case 'J':
        this.#line().splice(this.#column);
        this.#lines.splice(this.#row + 1);
        return;
      default:
        throw new Error(`no sequence that a display needs: ${sequence}`);
    }
  }

  #line(): string[] {
    while (this.#lines.length <= this.#row) this.#lines.push([]);
    return this.#lines[this.#row] ?? [];
  }

  #scroll(): void {
    while (this.#row >= this.rows) {
      this.scrolledOff.push((this.#lines.shift() ?? []).join(''));
      this.#row -= 1;
    }
    this.#lines.splice(this.rows);
  }
}
