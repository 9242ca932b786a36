/** How chunks failed, as their markers tell it. */

import type { TaskId } from '../../state-machines/contract/keys.ts';
import type { AttemptMarker } from '../../state-machines/contract/records.ts';
import { type ChunkFailure, cutText } from '../../state-machines/contract/result.ts';
import { eachLimited } from '../storage/each-limited.ts';
import type { Records, TaskHistory } from '../storage/records.ts';

const FAILURES_TOLD = 3;
const TOLD_LENGTH = 200;
const MARKERS_READ = { atOnce: 64, most: 1_000 };

/**
 * Tells of the first few whose last attempt says why it failed, and only then of others: where a Map is stopped for a
 * failure, most chunks were under way and say nothing, or never began.
 *
 * @param failed the ids of the chunks that did not commit, in order
 * @returns when the told ones began, besides
 */
export async function tellFailures(
  id: TaskId,
  failed: readonly string[],
  histories: ReadonlyMap<string, TaskHistory>,
  records: Records,
): Promise<{ readonly failures: readonly ChunkFailure[]; readonly startedAt: readonly string[] }> {
  const attemptsAt = (chunk: string) => histories.get(chunk)?.attempts ?? [];
  const markerOf = async (chunk: string, index: number) => {
    const attemptId = attemptsAt(chunk).at(index);
    return attemptId === undefined ? undefined : records.attempt({ ...id, chunk }, attemptId);
  };
  const begun = failed.filter((chunk) => attemptsAt(chunk).length > 0);
  const last = new Map<string, AttemptMarker | undefined>();
  await eachLimited(begun.slice(0, MARKERS_READ.most), MARKERS_READ.atOnce, async (chunk) => {
    last.set(chunk, await markerOf(chunk, -1));
  });
  const saysWhy = begun.filter((chunk) => last.get(chunk)?.failed);
  const told = [...new Set([...saysWhy, ...begun, ...failed])].slice(0, FAILURES_TOLD);
  const firsts = await Promise.all(told.map((chunk) => markerOf(chunk, 0)));
  return {
    failures: told.map((chunk) => ({ chunk, message: howItFailed(last.get(chunk), attemptsAt(chunk).length) })),
    startedAt: firsts.flatMap((marker) => marker?.startedAt ?? []),
  };
}

function howItFailed(last: AttemptMarker | undefined, attempts: number): string {
  if (last?.failed) return `${last.failed.name}: ${cutText(last.failed.message, TOLD_LENGTH)}`;
  return attempts > 0 ? 'no word of its function: out of memory, out of time, or stopped' : 'it never began';
}
