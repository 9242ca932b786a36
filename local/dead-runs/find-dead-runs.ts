/** Runs whose process died before it could finalize them. Where there are none, only the names of files are read. */

import { type RunFolder, removeUnborn, runFoldersIn } from '../runs/run-folder.ts';
import { latestTurn, livenessOfTurn } from '../runs/turns.ts';

export interface DeadRun {
  readonly folder: RunFolder;
  /** The number of the turn that its process left open. */
  readonly turn: number;
}

/** @param base the folder in which runs keep their data */
export function findDeadRuns(base: string): DeadRun[] {
  removeUnborn(base);
  return runFoldersIn(base).flatMap((folder) => {
    const latest = latestTurn(folder.path);
    // What a reaper left, the next one goes on with.
    const isRun = latest?.turn?.work !== 'reap';
    return latest && isRun && livenessOfTurn(latest) === 'gone' ? { folder, turn: latest.number } : [];
  });
}
