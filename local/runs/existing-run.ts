import { UsageError } from '../../state-machines/contract/errors.ts';
import { didYouMean } from '../../state-machines/graph/nearest.ts';
import { type RunFolder, runFolderOf, runFoldersIn } from './run-folder.ts';
import { latestTurn } from './turns.ts';

/**
 * @param base the folder in which runs keep their data
 * @throws UsageError where no run here has that id
 */
export function existingRun(base: string, pipeline: string, run: string): RunFolder {
  const folder = runFolderOf(base, pipeline, run);
  if (latestTurn(folder.path)) return folder;
  const runs = runFoldersIn(base, pipeline).map((other) => other.run);
  const hint = didYouMean(run, runs) || (runs.length > 0 ? `; the last one is ${runs.at(-1)}` : '; there are none');
  throw new UsageError('UnknownRun', `"${pipeline}" has no run "${run}" in ${base}${hint}`);
}
