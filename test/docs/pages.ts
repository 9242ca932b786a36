/** The pages that users read, and the blocks of code on them. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const REPO = join(import.meta.dirname, '../..');

/** From the repo's folder. */
export const PAGES = ['README.md', ...globSync('docs/**/*.md', { cwd: REPO }).toSorted()];

export interface Block {
  readonly page: string;
  readonly line: number;
  /** What stands behind the fence; empty where nothing does. */
  readonly language: string;
  readonly text: string;
}

export function textOf(page: string): string {
  return readFileSync(join(REPO, page), 'utf8');
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; indent: string; lines: string[] } | undefined;
  for (const [index, line] of textOf(page).split('\n').entries()) {
    const [, indent = '', language = ''] = /^(\s*)```(.*)$/.exec(line) ?? [];
    if (!/^\s*```/.test(line)) open?.lines.push(line.slice(open.indent.length));
    else if (!open) open = { line: index + 1, language: language.trim(), indent, lines: [] };
    else {
      blocks.push({ page, line: open.line, language: open.language, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    }
  }
  if (open) throw new Error(`${page}:${open.line}: a block that does not end`);
  return blocks;
}

export const BLOCKS = PAGES.flatMap(blocksOf);

export function whereIs({ page, line }: Pick<Block, 'page' | 'line'>): string {
  return `${page}:${line}`;
}

/** Code between backticks, in running text. */
export function spansOf(page: string): { readonly page: string; readonly line: number; readonly text: string }[] {
  let inside = false;
  return textOf(page)
    .split('\n')
    .flatMap((line, index) => {
      if (/^\s*```/.test(line)) inside = !inside;
      if (inside) return [];
      return [...line.matchAll(/`([^`]+)`/g)].map(([, text = '']) => ({ page, line: index + 1, text }));
    });
}
