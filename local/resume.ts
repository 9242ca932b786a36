/** The turn of an execution that resumes a run of which something is kept. */

import { UsageError } from '../state-machines/contract/errors.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { didYouMeanOneOf } from '../state-machines/graph/nearest.ts';
import { type RunFolder, readResult, runFolderOf, runFoldersIn } from './run-folder.ts';
import { executionsOf, type HeldTurn, latestTurn, livenessOfTurn, takeTurn } from './turns.ts';

/**
 * @param base the folder in which runs keep their data
 * @throws UsageError where no run here has that id
 */
export function existingRun(base: string, pipeline: string, run: string): RunFolder {
  const folder = runFolderOf(base, pipeline, run);
  if (latestTurn(folder.path)) return folder;
  const runs = runFoldersIn(base, pipeline).map((other) => other.run);
  const hint = runs.length > 0 ? didYouMeanOneOf(run, runs) : '; there are none';
  throw new UsageError('UnknownRun', `"${pipeline}" has no run "${run}" in ${base}${hint}`);
}

/** The input that the run had, as its last execution did. */
export function inputOfRun({ path }: RunFolder): unknown {
  const { resume: _, ...input } = asObject(executionsOf(path).at(-1)?.input);
  return input;
}

/** @throws UsageError where the run cannot be resumed: it runs, it succeeded, nothing of it is kept */
export function takeToResume(folder: RunFolder, turn: Parameters<typeof takeTurn>[2]): HeldTurn {
  const { path, pipeline, run } = folder;
  const latest = latestTurn(path);
  const liveness = latest ? livenessOfTurn(latest) : 'gone';
  const refuse = (why: string) =>
    new UsageError('NotResumable', `the run "${run}" of "${pipeline}" cannot be resumed: ${why}`);
  if (liveness === 'gone') throw refuse('its process died; any ebbtide command finalizes it first');
  if (liveness !== 'over') throw refuse('it is running');
  const result = readResult(folder);
  if (result?.status === 'SUCCEEDED') throw refuse('it succeeded; start a new one');
  if (!result?.keptUntil) {
    throw refuse('nothing of it is kept; keep runs that fail with keepOnFailure (ebbtide run --keep-on-failure 2h)');
  }
  const held = takeTurn(path, (latest?.number ?? 0) + 1, turn);
  if (!held) throw refuse('it is running');
  return held;
}

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
