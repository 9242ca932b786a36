/**
 * What functions wrote that were still running when their run was cleaned up: where a failure ends a run at once, nobody
 * waits for them. Here they are killed first; on AWS that is what the lifecycle of the bucket is for.
 */

import { emptyPrefix } from '../lambdas/cleanup/empty-prefix.ts';
import type { RunResult } from '../state-machines/contract/result.ts';
import { clientOf } from './s3.ts';

/** @returns the result with what was released besides; unchanged where the run's data was meant to stay */
export async function releaseLateWrites(result: RunResult, endpoint: string, bucket: string): Promise<RunResult> {
  const { released } = result;
  if (released.left > 0) return result;
  const s3 = clientOf(endpoint);
  const { objects, bytes, left } = await emptyPrefix(s3, bucket, result, () => true).finally(() => s3.destroy());
  return { ...result, released: { objects: released.objects + objects, bytes: released.bytes + bytes, left } };
}
