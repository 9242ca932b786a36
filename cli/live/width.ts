/** Text, as a terminal shows it. */

import { stripVTControlCharacters } from 'node:util';
import sliceAnsi from 'slice-ansi';

/** How many rows these lines take where they are wrapped at this width. */
export function rowsTaken(lines: readonly string[], columns: number): number {
  const rowsOfLine = (line: string) => {
    let rows = 1;
    while (stripVTControlCharacters(sliceAnsi(line, rows * columns)) !== '') rows += 1;
    return rows;
  };
  return lines.reduce((sum, line) => sum + rowsOfLine(line), 0);
}

/** As it was written by anybody's code. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** By what characters take on a terminal, with their styles. */
export function cut(line: string, width: number, mark: string): string {
  if (sliceAnsi(line, 0, width) === line) return line;
  return sliceAnsi(line, 0, Math.max(0, width - mark.length)) + mark.slice(0, width);
}
