/** Writes all of them, or nothing. */

import { mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Change } from './settings.ts';
import type { NewFile } from './templates.ts';

/** @throws what the file system says, once everything is as it was */
export function writeAll(root: string, files: readonly NewFile[], changes: readonly Change[]): void {
  const undo: (() => void)[] = [];
  try {
    for (const { path, text } of files) {
      const file = join(root, path);
      const made = mkdirSync(dirname(file), { recursive: true });
      if (made !== undefined) undo.push(() => removeEmpty(dirname(file), made));
      writeFileSync(file, text, { flag: 'wx' });
      undo.push(() => rmSync(file));
    }
    for (const { path, text, before } of changes) {
      undo.push(() => writeFileSync(join(root, path), before));
      writeFileSync(join(root, path), text);
    }
  } catch (error) {
    for (const step of undo.toReversed()) step();
    throw error;
  }
}

/** A folder and those above it, up to the first that was made. */
function removeEmpty(folder: string, first: string): void {
  rmdirSync(folder);
  if (folder !== first) removeEmpty(dirname(folder), first);
}
