/** Stops a run that another process carries out, and waits until that process has finalized it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_DIR } from '../history/dir-option.ts';
import { UsageError } from '../state-machines/contract/errors.ts';
import type { RunResult } from '../state-machines/contract/result.ts';
import { existingRun } from './runs/existing-run.ts';
import { livenessOf } from './runs/process-identity.ts';
import { type RunFolder, readResult, runFoldersIn } from './runs/run-folder.ts';
import { type Latest, latestTurn, livenessOfTurn } from './runs/turns.ts';

export interface StopRunOptions {
  /** Where runs keep their data. @default '.ebbtide' */
  readonly dir?: string;
  readonly pipeline: string;
  /** @default the one that is running */
  readonly run?: string;
  /** Told once the process has been asked to stop. */
  readonly onAsked?: (run: string, pid: number) => void;
}

export type Stopped =
  /** It has been finalized by its own process. */
  | { readonly run: string; readonly result: RunResult }
  /** Its process has died without doing so. */
  | { readonly run: string; readonly died: true };

const LOOK_AGAIN_MS = 50;

/**
 * @throws UsageError where there is no such run, it is not running, it cannot be told which of several is meant, or its
 *   process is another user's or on another machine
 */
export async function stopRun({ dir = DEFAULT_DIR, pipeline, run, onAsked }: StopRunOptions): Promise<Stopped> {
  const folder = run === undefined ? onlyRunning(dir, pipeline) : existingRun(dir, pipeline, run);
  const latest = latestTurn(folder.path) as Latest;
  refuseUnlessRunning(folder, latest);
  const { turn } = latest;
  if (turn && (turn.work === 'run' || turn.work === 'resume')) {
    signal(folder, turn.by.pid);
    onAsked?.(folder.run, turn.by.pid);
  }
  for (;;) {
    const state = latestTurn(folder.path);
    const liveness = state ? livenessOfTurn(state) : 'gone';
    const result = liveness === 'over' ? readResult(folder) : undefined;
    if (result) return { run: folder.run, result };
    if (liveness === 'over' || liveness === 'gone') return { run: folder.run, died: true };
    await sleep(LOOK_AGAIN_MS);
  }
}

function onlyRunning(dir: string, pipeline: string): RunFolder {
  const running = runFoldersIn(dir, pipeline).filter(({ path }) => {
    const latest = latestTurn(path);
    return latest && livenessOfTurn(latest) === 'alive';
  });
  const [one, ...others] = running;
  if (one && others.length === 0) return one;
  const what = one
    ? `${running.length} runs of "${pipeline}" are running; say which: ${running.map(({ run }) => run).join(', ')}`
    : `no run of "${pipeline}" is running in ${dir}`;
  throw new UsageError('NotRunning', what);
}

function refuseUnlessRunning(folder: RunFolder, latest: Latest): void {
  const { pipeline, run } = folder;
  const what = `the run "${run}" of "${pipeline}"`;
  switch (livenessOfTurn(latest)) {
    case 'alive':
      return;
    case 'over':
      throw new UsageError(
        'NotRunning',
        `${what} is not running: it has ended ${readResult(folder)?.status ?? ''}`.trim(),
      );
    case 'gone':
      throw new UsageError('NotRunning', `${what} is not running: its process has died, and it is to be finalized`);
    case 'unsure':
      throw new UsageError(
        'NotPermitted',
        `${what} is another machine's or container's (${latest.turn?.by.machine}, process ${latest.turn?.by.pid}); stop it there`,
      );
  }
}

function signal({ pipeline, run, path }: RunFolder, pid: number): void {
  const by = latestTurn(path)?.turn?.by;
  // Looked at again as late as can be: a number may have gone to another process.
  if (!by || by.pid !== pid || livenessOf(by) !== 'alive') return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return;
    throw new UsageError(
      'NotPermitted',
      `the run "${run}" of "${pipeline}" belongs to another user, ${by.user} (process ${pid}): only they can stop it`,
    );
  }
}
