/** Whether a run is its execution's to clean up. */

import type { CleanupEvent } from '../../state-machines/contract/events.ts';
import type { RunId } from '../../state-machines/contract/keys.ts';
import type { HolderRecord, LeaseRecord } from '../../state-machines/contract/records.ts';
import type { Leases } from '../storage/leases.ts';

export type Hold =
  /** It holds the run, as the holder of that number. */
  | { readonly kind: 'held'; readonly holder: number }
  /** The run has been kept by the execution, and may be another's by now. */
  | { readonly kind: 'kept'; readonly lease: LeaseRecord }
  /** The run that it would resume is another's, or of another graph. */
  | { readonly kind: 'refused'; readonly why: string }
  /** There is nothing to resume; or this execution has deleted it, and its answer was lost. */
  | { readonly kind: 'gone'; readonly why: string };

/**
 * A run is held by the execution of its name until that keeps it; afterwards by whoever took it over. An execution of
 * which no task came so far as to take the run over does it here, so that it may clean up.
 */
export async function holdOf(
  id: RunId,
  { execution, shape }: Pick<CleanupEvent, 'execution' | 'shape'>,
  lease: LeaseRecord | undefined,
  leases: Leases,
): Promise<Hold> {
  const { run } = id;
  if (run === execution) return lease ? { kind: 'kept', lease } : { kind: 'held', holder: 0 };
  if (!lease) {
    const why = `nothing is kept of the run "${run}": it was deleted, or never kept; start an execution without "resume"`;
    return { kind: 'gone', why };
  }
  if (lease.execution === execution) return { kind: 'kept', lease };
  const number = lease.holder + 1;
  const holder = await leases.holder(id, number);
  if (!holder && lease.shape !== shape) {
    const why = `the run "${run}" is of another shape of the graph (${lease.shape}, now ${shape}), so its tasks' outputs do not fit; start an execution without "resume"`;
    return { kind: 'refused', why };
  }
  const { by } = holder ?? (await leases.take(id, number, { execution }));
  return isBy(by, execution)
    ? { kind: 'held', holder: number }
    : { kind: 'refused', why: `the run "${run}" ${heldBy(by)}` };
}

/** Whether a run that nobody has kept since is that execution's, by the records of those who took it over. */
export async function isLatestHolder(id: RunId, execution: string, leases: Leases): Promise<boolean> {
  const latest = await leases.latestHolder(id);
  if (latest === 0) return id.run === execution;
  const holder = await leases.holder(id, latest);
  return holder !== undefined && isBy(holder.by, execution);
}

function isBy(by: HolderRecord['by'], execution: string): boolean {
  return by !== 'reaper' && by.execution === execution;
}

function heldBy(by: HolderRecord['by']): string {
  return by === 'reaper'
    ? 'is being deleted, since its lease is over; start an execution without "resume"'
    : `is held by the execution "${by.execution}", which resumed it first; look at that one`;
}
