/**
 * What lies in the S3 endpoint of a run folder, without starting it: it keeps objects as files of their keys, and leaves no
 * empty folders.
 */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { leaseKey, runPrefix } from '../../state-machines/contract/keys.ts';
import { LOCAL_BUCKETS } from '../assembly-model.ts';
import type { RunFolder } from './run-folder.ts';

/** Whether anything of the run is there, be it an upload that nobody completed. */
export function holdsAnything(folder: RunFolder): boolean {
  const uploads = join(folder.s3, '_multipart');
  return existsSync(fileOf(folder, runPrefix(folder))) || (existsSync(uploads) && readdirSync(uploads).length > 0);
}

/** Whether the run has a lease, over or not: then it can be resumed. */
export function hasLease(folder: RunFolder): boolean {
  return existsSync(fileOf(folder, `${leaseKey(folder)}.data`));
}

function fileOf({ s3 }: RunFolder, key: string): string {
  return join(s3, 'buckets', LOCAL_BUCKETS.runs, 'objects', key);
}
