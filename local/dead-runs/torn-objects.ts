/**
 * What a process that died left half-written in the files of its S3 endpoint. S3 has an object whole or not at all; the
 * endpoint writes its data first and what it knows of it second, in two files. So what has no second file, or one that
 * does not fit, has never been stored.
 */

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isObject } from '../../state-machines/contract/objects.ts';

const DATA = '.data';
const META = '.meta.json';

/** @param folder the endpoint's */
export function dropTornObjects(folder: string): void {
  for (const file of filesBelow(folder)) {
    if (basename(file) === '.bucket.json') renewIfTorn(file);
    else if (basename(file) === '.upload.json') {
      if (!readObject(file)) rmSync(dirname(file), { recursive: true, force: true });
    } else if (file.endsWith(DATA)) dropIfTorn(file.slice(0, -DATA.length));
    else if (file.endsWith(META)) dropIfTorn(file.slice(0, -META.length));
  }
}

function dropIfTorn(path: string): void {
  const known = readObject(path + META);
  const bytes = existsSync(path + DATA) ? statSync(path + DATA).size : undefined;
  // A part of an upload has no length beside it.
  if (known && bytes !== undefined && (known['contentLength'] ?? bytes) === bytes) return;
  for (const file of [path + DATA, path + META]) rmSync(file, { force: true });
}

/** A bucket without what is known of it is not loaded, and its objects with it. */
function renewIfTorn(file: string): void {
  if (readObject(file)) return;
  writeFileSync(file, JSON.stringify({ name: basename(dirname(file)), creationDate: new Date().toISOString() }));
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function readObject(file: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
