/** How the parts of a plan are laid out as lines. */

import { renderTable } from '../table.ts';

/** A plan is a document: as wide in a pipe as in a terminal. */
const WIDTH = 110;

/** A title, and under it a table; nothing where there are no rows. */
export function section(
  title: string,
  rows: readonly (readonly string[])[],
  align: readonly ('left' | 'right')[] = ['left', 'left'],
): string[] {
  if (rows.length === 0) return [];
  const lines = renderTable(rows, align).split('\n');
  return ['', title, ...lines.map((line) => `  ${line}`)];
}

/** `lead` and the items behind it, in as many lines as they need, all but the first indented as deep as `lead` is long. */
export function listed(lead: string, items: readonly string[]): string[] {
  const lines: string[] = [];
  let line = lead;
  for (const [index, item] of items.entries()) {
    const text = index + 1 < items.length ? `${item},` : item;
    const isFirst = line.length === lead.length;
    if (!isFirst && line.length + 1 + text.length > WIDTH) {
      lines.push(line);
      line = ' '.repeat(lead.length) + text;
    } else {
      line += isFirst ? text : ` ${text}`;
    }
  }
  return [...lines, line.trimEnd()];
}
