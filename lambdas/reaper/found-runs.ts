/** Which runs of a pipeline hold anything in the bucket: found by listings, of folders and not of what is in them. */

import {
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { pipelinePrefix, type RunId, runInPrefix, runPrefix } from '../../state-machines/contract/keys.ts';
import { SmallObjects } from '../storage/small-objects.ts';

export type Found =
  | { readonly run: RunId }
  /** A key or a folder that is no run's, though it lies where runs do. */
  | { readonly foreign: string };

/** Every run once, whether objects are left of it, unfinished uploads, or versions that are not the latest. */
export async function* foundRuns(s3: S3Client, bucket: string, pipeline: string): AsyncGenerator<Found> {
  const prefix = pipelinePrefix(pipeline);
  const seen = new Set<string>();
  for (const list of [listObjects, listUploads, listVersions]) {
    for await (const name of list(s3, bucket, prefix)) {
      // The folder itself, as the S3 console creates folders.
      if (name === prefix || seen.has(name)) continue;
      seen.add(name);
      const run = runInPrefix(name, pipeline);
      yield run ? { run } : { foreign: name };
    }
  }
}

/** Whether all that the run holds is younger than that; false where it holds no object. */
export async function isYoungerThan(s3: S3Client, bucket: string, run: RunId, time: number): Promise<boolean> {
  // One page tells: a run that has just begun has nothing older, and one that is older has little that is not.
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: runPrefix(run) }));
  return Contents.length > 0 && Contents.every(({ LastModified }) => (LastModified?.getTime() ?? 0) > time);
}

async function* listObjects(s3: S3Client, bucket: string, prefix: string): AsyncGenerator<string> {
  for await (const name of new SmallObjects(s3, bucket).list(prefix, '/')) yield prefix + name;
}

async function* listUploads(s3: S3Client, bucket: string, prefix: string): AsyncGenerator<string> {
  let after: { KeyMarker: string; UploadIdMarker?: string } | undefined;
  for (;;) {
    const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, Delimiter: '/', ...after });
    const page: ListMultipartUploadsCommandOutput = await s3.send(command);
    yield* namesIn(page.CommonPrefixes, page.Uploads);
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    if (!IsTruncated || !NextKeyMarker) return;
    after = { KeyMarker: NextKeyMarker, ...(NextUploadIdMarker && { UploadIdMarker: NextUploadIdMarker }) };
  }
}

async function* listVersions(s3: S3Client, bucket: string, prefix: string): AsyncGenerator<string> {
  let after: { KeyMarker: string; VersionIdMarker?: string } | undefined;
  for (;;) {
    const command = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, Delimiter: '/', ...after });
    const page: ListObjectVersionsCommandOutput = await s3.send(command);
    yield* namesIn(page.CommonPrefixes, [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]);
    const { IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
    if (!IsTruncated || !NextKeyMarker) return;
    after = { KeyMarker: NextKeyMarker, ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }) };
  }
}

function* namesIn(
  folders: readonly { readonly Prefix?: string | undefined }[] = [],
  keys: readonly { readonly Key?: string | undefined }[] = [],
): Generator<string> {
  for (const { Prefix = '' } of folders) yield Prefix;
  for (const { Key = '' } of keys) yield Key;
}
