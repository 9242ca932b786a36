/** The turn of an execution that resumes a run of which something is kept. */

import { UsageError } from '../state-machines/contract/errors.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { hasLease } from './runs/data-left.ts';
import { type RunFolder, readResult } from './runs/run-folder.ts';
import { executionsOf, type HeldTurn, latestTurn, livenessOfTurn, takeTurn } from './runs/turns.ts';

/** The input that the run had, as its last execution did. */
export function inputOfRun({ path }: RunFolder): unknown {
  const { resume: _, ...input } = asObject(executionsOf(path).at(-1)?.input);
  return input;
}

/** As its last execution had it: a run that fails again must not lose what has been kept of it. */
export function keepOnFailureOfRun({ path }: RunFolder): number | undefined {
  return executionsOf(path).at(-1)?.keepOnFailureSeconds;
}

/** @throws UsageError where the run cannot be resumed: it runs, it succeeded, nothing of it is kept, it is of another graph */
export function takeToResume(folder: RunFolder, turn: Parameters<typeof takeTurn>[2]): HeldTurn {
  const { path, pipeline, run } = folder;
  const latest = latestTurn(path);
  const reaped = latest?.turn?.work === 'reap';
  const liveness = latest ? livenessOfTurn(latest) : 'gone';
  const refuse = (why: string) =>
    new UsageError('NotResumable', `the run "${run}" of "${pipeline}" cannot be resumed: ${why}`);
  if (liveness === 'gone' && !reaped) throw refuse('its process died; any ebbtide command finalizes it first');
  if (liveness === 'alive' || liveness === 'unsure') throw refuse(reaped ? 'it is being deleted' : 'it is running');
  if (readResult(folder)?.status === 'SUCCEEDED') throw refuse('it succeeded; start a new one');
  if (!hasLease(folder)) {
    throw refuse('nothing of it is kept; keep runs that fail with keepOnFailure (ebbtide run --keep-on-failure 2h)');
  }
  if (executionsOf(path).at(-1)?.shape !== turn.execution.shape) {
    throw refuse(
      'it is of another graph: tasks, or what they take, produce or wait for, have changed since; bring that graph back, or start a new run',
    );
  }
  const held = takeTurn(path, (latest?.number ?? 0) + 1, turn);
  if (!held) throw refuse('it is running');
  return held;
}

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
