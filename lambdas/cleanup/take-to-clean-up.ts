/** Whether a run is its execution's to clean up. */

import type { CleanupEvent } from '../../state-machines/contract/cleanup-events.ts';
import type { RunId } from '../../state-machines/contract/keys.ts';
import type { LeaseRecord } from '../../state-machines/contract/records.ts';
import type { Leases } from '../storage/leases.ts';
import { isBy, type Takeover, takeOver } from '../storage/take-over.ts';

/**
 * A run is held by the execution of its name until that keeps it; afterwards by whoever took it over. An execution of
 * which no task came so far as to take the run over does it here, so that it may clean up.
 */
export async function takeToCleanUp(
  id: RunId,
  { execution, shape }: Pick<CleanupEvent, 'execution' | 'shape'>,
  lease: LeaseRecord | undefined,
  leases: Leases,
): Promise<Takeover> {
  if (id.run === execution) return lease ? { kind: 'kept', lease } : { kind: 'held', holder: 0 };
  return takeOver(id, execution, shape, leases);
}

/** Whether a run that nobody has kept since is that execution's, by the records of those who took it over. */
export async function isLatestHolder(id: RunId, execution: string, leases: Leases): Promise<boolean> {
  const latest = await leases.latestHolder(id);
  if (latest === 0) return id.run === execution;
  const holder = await leases.holder(id, latest);
  return holder !== undefined && isBy(holder, execution);
}
