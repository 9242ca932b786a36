/** This very package: the repo, or where it is installed. Sources and build lie in it at different depths. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const MANIFEST = createRequire(import.meta.url).resolve('ebbtide/package.json');

export const OWN_PACKAGE = dirname(MANIFEST);

export function ownVersion(): string {
  return JSON.parse(readFileSync(MANIFEST, 'utf8')).version;
}

/** Where a page of the documentation is. */
export function pageOf(name: string): string {
  return join(OWN_PACKAGE, 'docs', name);
}
