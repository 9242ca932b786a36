/** What all runs of a pipeline hold in the bucket. */

import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { pipelinePrefix } from '../../state-machines/contract/keys.ts';

/** A hundred thousand objects, listed within half a minute: what lies beyond them is not counted. */
const PAGES = 100;

/** Without unfinished uploads; no more than what is listed while there is time. */
export async function bytesHeld({
  pipeline,
  s3,
  runsBucket,
  hasTime,
}: {
  readonly pipeline: string;
  readonly s3: S3Client;
  readonly runsBucket: string;
  readonly hasTime: () => boolean;
}): Promise<number> {
  let bytes = 0;
  let pages = 0;
  if (!hasTime()) return bytes;
  const query = { Bucket: runsBucket, Prefix: pipelinePrefix(pipeline) };
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, query)) {
    for (const { Size = 0 } of Contents) bytes += Size;
    pages += 1;
    if (pages === PAGES || !hasTime()) break;
  }
  return bytes;
}
