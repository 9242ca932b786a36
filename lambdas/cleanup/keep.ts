/** Whether the intermediates of a run are kept when it ends, and how long. */

import type { CleanupEvent } from '../../state-machines/contract/cleanup-events.ts';
import { asksToKeep, SHORTEST_KEEP_SECONDS } from '../../state-machines/contract/execution-input.ts';
import type { RunStatus } from '../../state-machines/contract/result.ts';

/** @returns 0 where the run is not kept */
export function keepSeconds(
  { input, keepOnFailureSeconds = 0 }: Pick<CleanupEvent, 'input' | 'keepOnFailureSeconds'>,
  status: RunStatus,
): number {
  if (asksToKeep(input)) return Math.max(keepOnFailureSeconds, SHORTEST_KEEP_SECONDS);
  return status === 'SUCCEEDED' ? 0 : keepOnFailureSeconds;
}
