/** Where a local run keeps its data: `.ebbtide/<pipeline>/<run>/`, a folder of its own, so that runs never meet. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../state-machines/contract/errors.ts';
import { explainName, isName, RUN_ID } from '../state-machines/contract/names.ts';

export interface RunFolder {
  readonly path: string;
  /** The S3 endpoint's objects. */
  readonly s3: string;
  /** What each function printed, a file a task. */
  readonly logs: string;
  /** Durable outputs, as plain files. */
  readonly results: string;
}

/** @throws UsageError where the run id is not allowed or was used before */
export function runFolderOf(base: string, pipeline: string, run: string): RunFolder {
  if (!isName(RUN_ID, run)) throw new UsageError('InvalidRunId', explainName('run id', RUN_ID, run));
  if (base === '') throw new UsageError('InvalidOption', 'dir is empty; name a folder for what runs keep');
  const path = resolve(base, pipeline, run);
  if (existsSync(path)) throw alreadyThere(path);
  return { path, s3: join(path, 's3'), logs: join(path, 'logs'), results: join(path, 'results') };
}

/** @throws UsageError where another process was faster with the same run id */
export function createRunFolder({ path }: RunFolder): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw new UsageError('InvalidOption', `dir: ${dirname(path)} cannot be made: ${(error as Error).message}`);
  }
  try {
    mkdirSync(path);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? alreadyThere(path) : error;
  }
}

function alreadyThere(path: string): UsageError {
  return new UsageError(
    'RunExists',
    `there was a run of that id before, in ${path}; choose another id or delete that folder`,
  );
}

/** `20261120-213500-3f2a`: sorts by time. */
export function newRunId(now = new Date()): string {
  const digits = now.toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomBytes(2).toString('hex')}`;
}
