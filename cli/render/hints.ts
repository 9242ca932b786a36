/** Commands to go on with, as they can be typed. */

import { isAbsolute, relative } from 'node:path';
import { formatTime } from '../../history/units.ts';
import type { RunResult } from '../../state-machines/contract/result.ts';
import type { Place } from '../runs/where.ts';

/** As it is typed where the package is installed; in its own repo it is a script of npm. */
export const EBBTIDE = import.meta.url.includes('/node_modules/') ? 'npx ebbtide' : 'ebbtide';

/** `ebbtide watch flights r1 --dir elsewhere` */
export function commandFor(command: string, { runs, options }: Pick<Place, 'runs' | 'options'>, run: string): string {
  return `${EBBTIDE} ${command} ${runs.pipeline} ${run}${options}`;
}

/**
 * Of a run that is kept: until when, and how to go on with it.
 *
 * @param options those of its place
 * @param now milliseconds since 1970
 */
export function keptHint({ pipeline, run, status, keptUntil }: RunResult, options: string, now: number): string[] {
  if (keptUntil === undefined) return [];
  if (Date.parse(keptUntil) <= now) return [`it was kept until ${formatTime(keptUntil)}`];
  const resume = status === 'SUCCEEDED' ? '' : `; to go on with it: ${EBBTIDE} resume ${pipeline} ${run}${options}`;
  return [`kept until ${formatTime(keptUntil)}${resume}`];
}

/** A path as it is typed from here; what does not lie below, or is no path, as it is. */
export function fromHere(path: string): string {
  if (!isAbsolute(path)) return path;
  const from = relative(process.cwd(), path);
  return from.startsWith('..') ? path : from || '.';
}
