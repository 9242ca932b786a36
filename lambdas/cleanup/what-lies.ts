/** What lies under a run's prefix, but for what the cleanup itself notes there. */

import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
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
  let pages = 0;
  for await (const { Contents = [], IsTruncated } of paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: runPrefix(id) },
  )) {
    for (const { Key = '', Size = 0 } of Contents) {
      if (noted.includes(Key)) continue;
      objects += 1;
      bytes += Size;
    }
    pages += 1;
    if (pages === maxPages && IsTruncated) return undefined;
  }
  return { objects, bytes };
}
