/** What all runs of a pipeline hold in the bucket. */

import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
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
  let token: string | undefined;
  for (let pages = 0; pages < PAGES && hasTime(); pages++) {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: runsBucket, Prefix: pipelinePrefix(pipeline), ContinuationToken: token }),
    );
    for (const { Size = 0 } of page.Contents ?? []) bytes += Size;
    token = page.NextContinuationToken;
    if (!token) break;
  }
  return bytes;
}
