/** Where there is more to see of a run on this machine. */

import { existsSync, readdirSync } from 'node:fs';
import { join, parse } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Links, LogPointer } from '../../history/links.ts';
import type { RunFolder } from './run-folder.ts';

/** What each function printed, where it printed anything, and the results, where there are any. */
export function linksOf({ logs, results }: Pick<RunFolder, 'logs' | 'results'>): Links {
  return {
    logs: Object.fromEntries(filesIn(logs).map((file) => [parse(file).name, pointerTo(join(logs, file))])),
    ...(existsSync(results) && { results: pointerTo(results) }),
  };
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

function pointerTo(path: string): LogPointer {
  return { text: path, url: pathToFileURL(path).href };
}
