import type { RunId } from '../../state-machines/contract/keys.ts';
import type { HolderRecord, LeaseRecord } from '../../state-machines/contract/records.ts';
import type { Leases } from '../storage/leases.ts';

/** Who may write to a run, or delete it. */
export interface Hold {
  /** There until the deleting begins, also while somebody holds the run that was kept. */
  readonly lease?: LeaseRecord;
  /** The number of the latest holder; 0 is the execution of the run's own name. */
  readonly holder: number;
  /** Undefined where it is free to be taken. */
  readonly by?: HolderRecord['by'];
  /** When it took the run over, ISO 8601. */
  readonly since?: string;
}

export async function holdOf(run: RunId, leases: Leases): Promise<Hold> {
  const lease = await leases.lease(run);
  const holder = lease ? lease.holder + 1 : await leases.latestHolder(run);
  const record = holder > 0 ? await leases.holder(run, holder) : undefined;
  if (record) return { ...(lease && { lease }), holder, by: record.by, since: record.at };
  if (lease) return { lease, holder: lease.holder };
  return { holder: 0, by: { execution: run.run } };
}

export function isSameHold(a: Hold, b: Hold): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
