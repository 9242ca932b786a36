/** What comes behind the tasks: the hooks by their kinds, and the cleanup. */

import type { LiveStatus } from '../history/run-history.ts';
import type { HookKind } from '../state-machines/graph/declarations.ts';
import { type Facts, isOver } from './facts.ts';

export const HOOK_WORDS: Readonly<Record<HookKind, string>> = {
  errors: 'on errors',
  finally: 'finally',
  'after-execution': 'after the execution',
};

export interface CleanupFacts {
  readonly status: LiveStatus;
  readonly tookMs?: number;
  readonly startMs?: number;
}

/** All its calls as one. */
export function cleanupStatus({ history, msOf }: Facts): CleanupFacts {
  const first = history.cleanups[0];
  const last = history.cleanups.at(-1);
  const { left = 0 } = history.result?.released ?? {};
  const ended = left === 0 || history.result?.keptUntil !== undefined ? 'SUCCEEDED' : 'FAILED';
  // One that nobody told of, as where the finalizer of another process did it.
  if (!first || !last) return { status: isOver(history) ? ended : 'WAITING' };
  const startMs = msOf(first.startedAt);
  if (last.endedAt === undefined) return { status: isOver(history) ? ended : 'RUNNING', startMs };
  const tookMs = msOf(last.endedAt) - startMs;
  return { status: isOver(history) || last.done ? ended : 'RUNNING', startMs, tookMs };
}
