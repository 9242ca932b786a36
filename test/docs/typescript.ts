/** The TypeScript on the pages, as the files that it is said to be. */

import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { BLOCKS, PAGES, REPO } from './pages.ts';

/** It stands there as in an app that has the package installed. */
export const LIBRARY = 'docs/library.md';

/** Pages that a suite of test/package follows step by step, in an app of its own. */
const FOLLOWED = globSync('test/package/**/*.ts', { cwd: REPO })
  .map((file) => readFileSync(join(REPO, file), 'utf8'))
  .join('\n');

function isFollowed(page: string): boolean {
  return page.startsWith('docs/') && page !== LIBRARY && FOLLOWED.includes(page);
}

export const PAGES_HERE = PAGES.filter((page) => page !== LIBRARY && !isFollowed(page));

/** A page's own files, in a project of their own: what they import from the repo becomes an absolute path. */
export function writeFilesOf(page: string, folder: string): string[] {
  const files = new Map<string, string>();
  for (const { text } of BLOCKS.filter((block) => block.page === page && block.language === 'ts')) {
    const [, path = ''] = /^\/\/ (\S+\.ts)\n/.exec(text) ?? [];
    expect(path, `each block of ${page} says what file it is from:\n${text}`).not.toBe('');
    files.set(path, (files.get(path) ?? '') + text);
  }
  for (const [path, code] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const absolute = code
      .replaceAll("'../index.ts'", JSON.stringify(join(REPO, 'state-machines/index.ts')))
      .replaceAll("'./index.ts'", JSON.stringify(join(REPO, 'infra/index.ts')))
      .replaceAll("'../runtime/index.ts'", JSON.stringify(join(REPO, 'lambdas/runtime/index.ts')));
    writeFileSync(join(folder, path), absolute);
  }
  return [...files.keys()];
}

/** The files of all pages together, which may use each other's. */
export function pageProject(): { readonly root: string; readonly files: readonly string[] } {
  const root = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const owners = new Map<string, string>();
  for (const page of PAGES_HERE) {
    for (const file of writeFilesOf(page, root)) {
      expect(owners.get(file), `${file} is on two pages`).toBeUndefined();
      owners.set(file, page);
    }
  }
  return { root, files: [...owners.keys()] };
}
