/** What was deleted of a run, over all the invocations that it took, and while the run went on. */

import type { CommittedOutput, ResultRecord } from '../../state-machines/contract/records.ts';
import type { Released, TaskResult } from '../../state-machines/contract/result.ts';
import type { Emptied } from './empty-prefix.ts';
import type { Lying } from './what-lies.ts';

/** What a run had released before its cleanup: the outputs all of whose readers have committed. */
export function releasedEarly(
  committed: Iterable<CommittedOutput>,
  tasks: Readonly<Record<string, TaskResult>>,
): Released {
  let objects = 0;
  let bytes = 0;
  for (const output of committed) {
    const { releasedBy = [] } = output;
    if (releasedBy.length === 0 || !releasedBy.every((task) => tasks[task]?.status === 'SUCCEEDED')) continue;
    objects += output.parts?.length ?? 1;
    bytes += output.bytes;
  }
  return { objects, bytes, left: 0, ...(objects > 0 && { consumed: { objects, bytes } }) };
}

/**
 * What an invocation deleted that came to no end is counted by what lay there before the first deletion, where that is
 * known. The stored result itself does not count, which goes last, so only where nothing else is left.
 */
export function releasedNow(record: ResultRecord, emptied: Emptied): Released {
  const { released: before } = record.result;
  const isEmpty = emptied.left === 0 && !emptied.outOfTime;
  const stored = isEmpty ? { objects: 1, bytes: Buffer.byteLength(JSON.stringify(record)) } : NOTHING;
  const { objects, bytes } = isEmpty && record.lay ? plus(before.consumed ?? NOTHING, record.lay) : NOTHING;
  const versions = (before.versions ?? 0) + emptied.versions;
  const uploads = (before.uploads ?? 0) + emptied.uploads;
  const requests = (before.requests ?? 0) + emptied.requests;
  return {
    ...before,
    objects: Math.max(objects, before.objects + emptied.objects - stored.objects),
    bytes: Math.max(bytes, before.bytes + emptied.bytes - stored.bytes),
    left: emptied.left > 1 && !emptied.outOfTime ? emptied.left - 1 : emptied.left,
    ...(versions > 0 && { versions }),
    ...(uploads > 0 && { uploads }),
    ...(requests > 0 && { requests }),
  };
}

/** After an invocation that tried and could delete nothing, the next one would do no better. */
export function hasGivenUp({ objects, versions, uploads, left }: Emptied): boolean {
  return left > 0 && objects + versions + uploads === 0;
}

const NOTHING = { objects: 0, bytes: 0 };

function plus(a: Lying, b: Lying): Lying {
  return { objects: a.objects + b.objects, bytes: a.bytes + b.bytes };
}
