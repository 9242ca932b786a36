import { UsageError } from '../../state-machines/contract/errors.ts';
import { didYouMean } from '../../state-machines/graph/nearest.ts';
import { type RunFolder, runFolderOf, runFoldersIn } from './run-folder.ts';
import { executionsOf, latestTurn } from './turns.ts';

/**
 * @param base the folder in which runs keep their data
 * @throws UsageError where no run here has that id
 */
export function existingRun(base: string, pipeline: string, run: string): RunFolder {
  const folder = runFolderOf(base, pipeline, run);
  if (latestTurn(folder.path)) return folder;
  const runs = runFoldersIn(base, pipeline);
  const names = runs.map((other) => other.run);
  const last = runs.toSorted((a, b) => beganAt(a).localeCompare(beganAt(b))).at(-1);
  const hint = didYouMean(run, names) || (last ? `; the last one is ${last.run}` : '; there are none');
  throw new UsageError('UnknownRun', `"${pipeline}" has no run "${run}" in ${base}${hint}`);
}

function beganAt({ path }: RunFolder): string {
  return executionsOf(path).at(-1)?.startedAt ?? '';
}
