/** Deletes everything under one run's prefix, as much of it as time allows, and looks again whether all is gone. */

import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ObjectIdentifier,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { type RunId, runPrefix } from '../../state-machines/contract/keys.ts';
import { eachLimited } from '../storage/each-limited.ts';
import { backOff } from '../storage/s3-requests.ts';

/** DeleteObjects takes 1,000 keys, as many as a listing's page has. */
const DELETES_AT_ONCE = 8;
const TRIES = 5;

export interface Emptied {
  readonly objects: number;
  readonly bytes: number;
  /** Objects that the last listing showed and that are still there; 0 proves the prefix empty, unless time was over. */
  readonly left: number;
  /** Time was over first. */
  readonly outOfTime: boolean;
  /** Why keys could not be deleted, where S3 said so, as `Code: Message`. */
  readonly refusals: readonly string[];
}

/**
 * Goes through the listing again and again until it is empty: late writers add to it while it is read. Gives up when a
 * whole pass has deleted nothing.
 *
 * @param id checked by `runPrefix`: nothing but one run's whole prefix can be named
 * @param hasTime asked before each page
 */
export async function emptyPrefix(s3: S3Client, bucket: string, id: RunId, hasTime: () => boolean): Promise<Emptied> {
  const prefix = runPrefix(id);
  const refusals = new Set<string>();
  let objects = 0;
  let bytes = 0;
  for (;;) {
    let seen = 0;
    let deleted = 0;
    let outOfTime = false;
    // Before the listing, so that an upload that is completed meanwhile is seen by it.
    const uploadsAborted = await settled(abortUploads(s3, bucket, prefix));
    async function* pages() {
      for await (const page of listPages(s3, bucket, prefix)) {
        outOfTime = !hasTime();
        if (outOfTime) return;
        seen += page.length;
        yield page;
      }
    }
    await eachLimited(pages(), DELETES_AT_ONCE, async (page) => {
      const kept = await deletePage(s3, bucket, page, refusals);
      const gone = page.filter(({ key }) => !kept.has(key));
      deleted += gone.length;
      bytes += gone.reduce((sum, object) => sum + object.bytes, 0);
    });
    objects += deleted;
    if (seen === 0 || outOfTime || deleted === 0) {
      // Objects come first: what cannot be done about uploads must not keep them.
      if (!outOfTime) uploadsAborted.throwIfFailed();
      return { objects, bytes, left: seen - deleted, outOfTime, refusals: [...refusals] };
    }
  }
}

async function settled(work: Promise<void>): Promise<{ throwIfFailed(): void }> {
  const [outcome] = await Promise.allSettled([work]);
  return {
    throwIfFailed() {
      if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
}

/** How much lies under a run's prefix. */
export async function measurePrefix(
  s3: S3Client,
  bucket: string,
  id: RunId,
): Promise<{ objects: number; bytes: number }> {
  let objects = 0;
  let bytes = 0;
  for await (const page of listPages(s3, bucket, runPrefix(id))) {
    objects += page.length;
    bytes += page.reduce((sum, object) => sum + object.bytes, 0);
  }
  return { objects, bytes };
}

type Page = readonly { readonly key: string; readonly bytes: number }[];

async function* listPages(s3: S3Client, bucket: string, prefix: string): AsyncGenerator<Page> {
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }));
    const objects = (page.Contents ?? []).map(({ Key = '', Size = 0 }) => ({ key: Key, bytes: Size }));
    if (objects.length > 0) yield objects;
    token = page.NextContinuationToken;
  } while (token);
}

/** @returns the keys that are still there: S3 answers 200 and names in `Errors` what it did not delete */
async function deletePage(s3: S3Client, bucket: string, page: Page, refusals: Set<string>): Promise<Set<string>> {
  let left: ObjectIdentifier[] = page.map(({ key }) => ({ Key: key }));
  for (let tries = 1; left.length > 0; tries++) {
    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: left, Quiet: true } }),
    );
    left = Errors.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
    if (tries < TRIES && left.length > 0) {
      await backOff(tries);
      continue;
    }
    for (const { Code, Message } of Errors) refusals.add(`${Code}: ${Message}`);
    break;
  }
  return new Set(left.map(({ Key = '' }) => Key));
}

/** Parts of uploads that nobody will complete hold storage, and no object listing shows them. */
async function abortUploads(s3: S3Client, bucket: string, prefix: string): Promise<void> {
  let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (marker) {
    const page: Awaited<ReturnType<typeof listUploads>> = await listUploads(s3, bucket, prefix, marker);
    await eachLimited(page.Uploads ?? [], DELETES_AT_ONCE, async ({ Key, UploadId }) => {
      await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })).catch(ignoreGone);
    });
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    marker =
      IsTruncated && NextKeyMarker
        ? { KeyMarker: NextKeyMarker, ...(NextUploadIdMarker && { UploadIdMarker: NextUploadIdMarker }) }
        : undefined;
  }
}

/** Completed or aborted by somebody else since it was listed. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof S3ServiceException && error.name === 'NoSuchUpload')) throw error;
}

function listUploads(
  s3: S3Client,
  bucket: string,
  prefix: string,
  marker: { KeyMarker?: string; UploadIdMarker?: string },
) {
  return s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker }));
}
