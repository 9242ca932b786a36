/** Whether an execution may work on the run that it resumes. Functions ask before they touch it, and cleanup does too. */

import type { RunId } from '../../state-machines/contract/keys.ts';
import type { HolderRecord, LeaseRecord } from '../../state-machines/contract/records.ts';
import type { Leases } from './leases.ts';

export type Takeover =
  /** The run is the execution's, as the holder of that number. */
  | { readonly kind: 'held'; readonly holder: number }
  /** The execution has ended and kept the run, which may be another's by now. */
  | { readonly kind: 'kept'; readonly lease: LeaseRecord }
  /** It is another's, or of another graph. */
  | { readonly kind: 'refused'; readonly why: string }
  /** There is nothing to take over; or the execution itself has deleted it. */
  | { readonly kind: 'gone'; readonly why: string };

/**
 * Takes a kept run over for an execution, unless it has it.
 *
 * @param shape `shapeOf` the graph. It is asked about once: a deployment during the execution changes nothing
 */
export async function takeOver(run: RunId, execution: string, shape: string, leases: Leases): Promise<Takeover> {
  const lease = await leases.lease(run);
  if (!lease) return gone(run);
  if (lease.execution === execution) return { kind: 'kept', lease };
  const holder = lease.holder + 1;
  const before = await leases.holder(run, holder);
  if (before) return isBy(before, execution) ? { kind: 'held', holder } : refused(run, before);
  if (lease.shape !== shape) {
    const why = `the run "${run.run}" is of another graph: tasks, or what they take, produce or wait for, have changed since; deploy the graph that it is of, or start a new run`;
    return { kind: 'refused', why };
  }
  const taken = await leases.take(run, holder, { execution });
  if (!isBy(taken, execution)) return refused(run, taken);
  // Whoever deletes a run deletes its lease first: with the lease still there, the record of its holder is no ghost.
  return (await leases.lease(run)) ? { kind: 'held', holder } : gone(run);
}

export function isBy({ by }: HolderRecord, execution: string): boolean {
  return by !== 'reaper' && by.execution === execution;
}

function gone({ run }: RunId): Takeover {
  const why = `nothing is kept of the run "${run}": it has ended well, or its time is over, or there was none of that name; start a new run, and have keepOnFailure keep the next one that fails`;
  return { kind: 'gone', why };
}

function refused({ run }: RunId, { by }: HolderRecord): Takeover {
  const why =
    by === 'reaper'
      ? `the run "${run}" is being deleted, as its time is over; start a new run instead`
      : `the run "${run}" is held by the execution "${by.execution}", which resumes it too; wait until that has ended, and resume it then if it failed`;
  return { kind: 'refused', why };
}
