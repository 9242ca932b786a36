/** The last look at a run whose functions may have outlived it: what they wrote since is deleted. */

import type { SweepAnswer, SweepEvent } from '../../state-machines/contract/cleanup-events.ts';
import { RUN_ERRORS } from '../../state-machines/contract/error-names.ts';
import { runPrefix } from '../../state-machines/contract/keys.ts';
import { Leases } from '../storage/leases.ts';
import type { CleanupSurroundings } from './cleanup.ts';
import { emptyPrefix } from './empty-prefix.ts';
import { hasGivenUp } from './released.ts';
import { isLatestHolder } from './take-to-clean-up.ts';

const NOTHING: SweepAnswer = { done: true, objects: 0, bytes: 0 };

/** Touches nothing where the run is kept, or is another's by now. */
export async function sweep(
  { run, execution }: SweepEvent,
  { pipeline, s3, runsBucket, hasTime }: CleanupSurroundings,
): Promise<SweepAnswer> {
  const id = { pipeline, run };
  const leases = new Leases(s3, runsBucket, { mayList: true });
  // In this order: whoever takes a run over does so while its lease is there.
  if (await leases.lease(id)) return NOTHING;
  if (!(await isLatestHolder(id, execution, leases))) return NOTHING;
  const emptied = await emptyPrefix(s3, runsBucket, id, hasTime);
  const { objects, bytes, left, outOfTime, refusals } = emptied;
  if (outOfTime && !hasGivenUp(emptied)) return { done: false };
  if (left === 0) return { done: true, objects, bytes };
  const why = refusals.join('; ') || 'they were written while the sweep ran';
  return { done: true, error: RUN_ERRORS.cleanup, cause: `${left} objects are left in ${runPrefix(id)}: ${why}` };
}
