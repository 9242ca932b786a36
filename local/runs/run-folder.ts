/** Where a local run keeps its data: `.ebbtide/<pipeline>/<run>/`, a folder of its own, so that runs never meet. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../../state-machines/contract/errors.ts';
import { explainName, isName, PIPELINE_NAME, RUN_ID } from '../../state-machines/contract/names.ts';
import { isObject } from '../../state-machines/contract/objects.ts';
import type { RunResult } from '../../state-machines/contract/result.ts';
import { writeWhole } from './atomic-file.ts';
import { HeldTurn, latestTurn, livenessOfTurn, takeTurn } from './turns.ts';

export interface RunFolder {
  readonly pipeline: string;
  readonly run: string;
  readonly path: string;
  /** The S3 endpoint's objects. */
  readonly s3: string;
  /** What each function printed, a file a task. */
  readonly logs: string;
  /** Durable outputs, as plain files. */
  readonly results: string;
}

/** @throws UsageError where the run id is not allowed */
export function runFolderOf(base: string, pipeline: string, run: string): RunFolder {
  if (!isName(RUN_ID, run)) throw new UsageError('InvalidRunId', explainName('run id', RUN_ID, run));
  if (base === '') throw new UsageError('InvalidOption', 'dir is empty; name a folder for what runs keep');
  const path = resolve(base, pipeline, run);
  return { pipeline, run, path, s3: join(path, 's3'), logs: join(path, 'logs'), results: join(path, 'results') };
}

/** All that have the marks of one, in the order of their names. @param pipeline only its */
export function runFoldersIn(base: string, pipeline?: string): RunFolder[] {
  const pipelines = pipeline === undefined ? foldersIn(base) : [pipeline];
  return pipelines
    .filter((name) => isName(PIPELINE_NAME, name))
    .flatMap((name) =>
      foldersIn(join(base, name))
        .filter((run) => isName(RUN_ID, run))
        .map((run) => runFolderOf(base, name, run)),
    )
    .filter(({ path }) => latestTurn(path) !== undefined);
}

const UNBORN = '.new-';

/**
 * Makes the folder with its first turn in it, which is this process's, in one step.
 *
 * @throws UsageError where the run id was used before, also by a process that was faster
 */
export function createRunFolder({ path }: RunFolder, turn: Parameters<typeof takeTurn>[2]): HeldTurn {
  if (existsSync(path)) throw alreadyThere(path);
  const parent = dirname(path);
  try {
    mkdirSync(parent, { recursive: true });
  } catch (error) {
    throw new UsageError('InvalidOption', `dir: ${parent} cannot be made: ${(error as Error).message}`);
  }
  const unborn = join(parent, UNBORN + randomBytes(8).toString('hex'));
  const held = takeTurn(unborn, 1, turn) as HeldTurn;
  try {
    renameSync(unborn, path);
  } catch (error) {
    rmSync(unborn, { recursive: true, force: true });
    const { code = '' } = error as NodeJS.ErrnoException;
    throw ['EEXIST', 'ENOTEMPTY', 'EPERM'].includes(code) ? alreadyThere(path) : error;
  }
  return new HeldTurn(path, 1, held.turn);
}

/** For a run that was refused before it began: its id is free again. */
export function removeRunFolder({ path }: RunFolder): void {
  rmSync(path, { recursive: true, force: true });
  for (const folder of [dirname(path), dirname(dirname(path))]) {
    try {
      rmdirSync(folder);
    } catch {
      // Others are in it.
      return;
    }
  }
}

/** Those whose process died before they were run folders. */
export function removeUnborn(base: string): void {
  for (const pipeline of foldersIn(base)) {
    for (const name of foldersIn(join(base, pipeline)).filter((name) => name.startsWith(UNBORN))) {
      const path = join(base, pipeline, name);
      const turn = latestTurn(path);
      if (turn && livenessOfTurn(turn) === 'gone') rmSync(path, { recursive: true, force: true });
    }
  }
}

/** @returns undefined where no execution has ended there */
export function readResult({ path }: RunFolder): RunResult | undefined {
  try {
    const result: unknown = JSON.parse(readFileSync(join(path, RESULT), 'utf8'));
    return isObject(result) && typeof result['status'] === 'string' ? (result as unknown as RunResult) : undefined;
  } catch {
    return undefined;
  }
}

export function writeResult({ path }: RunFolder, result: RunResult): void {
  writeWhole(join(path, RESULT), `${JSON.stringify(result, null, 2)}\n`);
}

const RESULT = 'result.json';

function foldersIn(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).sort();
  } catch {
    return [];
  }
}

function alreadyThere(path: string): UsageError {
  const latest = latestTurn(path);
  const runs = latest !== undefined && ['alive', 'unsure'].includes(livenessOfTurn(latest));
  const why = runs
    ? `a run of that id is running, in ${path}; choose another id`
    : `there was a run of that id before, in ${path}; choose another id or delete that folder`;
  return new UsageError('RunExists', why);
}
