/** What lies under a run's prefix, but for what the cleanup itself notes there. */

import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { leaseKey, type RunId, resultRecordKey, runPrefix } from '../../state-machines/contract/keys.ts';

export interface Lying {
  readonly objects: number;
  readonly bytes: number;
}

/** @returns undefined where it takes more pages of the listing than that to tell */
export async function whatLies(s3: S3Client, bucket: string, id: RunId, maxPages: number): Promise<Lying | undefined> {
  const noted = [leaseKey(id), resultRecordKey(id)];
  let objects = 0;
  let bytes = 0;
  let token: string | undefined;
  for (let pages = 0; pages < maxPages; pages++) {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: runPrefix(id), ContinuationToken: token }),
    );
    for (const { Key = '', Size = 0 } of page.Contents ?? []) {
      if (noted.includes(Key)) continue;
      objects += 1;
      bytes += Size;
    }
    token = page.NextContinuationToken;
    if (!token) return { objects, bytes };
  }
  return undefined;
}
