/** Before any command: runs whose process died are finalized first, so that nothing of them waits longer than that. */

import { formatReleased, formatTime } from '../../history/units.ts';
import type { FinalizedRun } from '../../local/dead-runs/finalize-dead-run.ts';
import { findDeadRuns } from '../../local/dead-runs/find-dead-runs.ts';
import type { RunFolder } from '../../local/runs/run-folder.ts';
import { loadProjectPlan } from '../pipelines.ts';
import { printable } from '../printable.ts';
import type { Terminal } from '../terminal.ts';

/** A run that cannot be finalized does not keep the command from its work. */
export async function finalizeDeadRuns(dir: string, { stderr }: Terminal): Promise<FinalizedRun[]> {
  const dead = findDeadRuns(dir);
  if (dead.length === 0) return [];
  // What it takes to run a pipeline is loaded only for that.
  const { finalizeDeadRun } = await import('../../local/dead-runs/finalize-dead-run.ts');
  const finalized: FinalizedRun[] = [];
  for (const one of dead) {
    stderr.write(`${nameOf(one.folder)} had died; finalizing it …\n`);
    try {
      const run = await finalizeDeadRun(one, { load: loadProjectPlan });
      stderr.write(`  ${run ? endOf(run) : 'another command is at it'}\n`);
      if (run) finalized.push(run);
    } catch (error) {
      stderr.write(`  not finalized: ${printable((error as Error).message)}; the next command tries again\n`);
    }
  }
  return finalized;
}

function nameOf({ pipeline, run }: RunFolder): string {
  return `the run ${run} of ${pipeline}`;
}

function endOf({ result, withoutHooks }: FinalizedRun): string {
  const { status, released, keptUntil, hooks = {} } = result;
  const ran = Object.entries(hooks).filter(([, hook]) => hook.status === 'SUCCEEDED' || hook.status === 'FAILED');
  return [
    status,
    ...ran.map(([name, hook]) => `${name} ${hook.status}`),
    formatReleased(released),
    ...(keptUntil ? [`kept until ${formatTime(keptUntil)}`] : []),
    ...(withoutHooks === undefined ? [] : [`its hooks did not run: ${withoutHooks}`]),
  ].join('; ');
}
