/**
 * What lies under a prefix, page by page: object versions, unfinished uploads, plain objects.
 *
 * A key that does not begin with the prefix is an error, and nothing of its page is handed on: an endpoint that ignores
 * the prefix must not bring about that other data is deleted.
 */

import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Requests } from './requests.ts';

export interface Place {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly requests: Requests;
}

/** One thing that can be deleted. */
export interface Entry {
  readonly key: string;
  /** `null` in a bucket that was never versioned; absent from a listing without versions. */
  readonly versionId?: string;
  readonly bytes: number;
  /** The object itself; false for one of its earlier versions and for a delete marker. */
  readonly isObject: boolean;
}

export interface Upload {
  readonly key: string;
  readonly uploadId: string;
}

/** Keys can hold what XML cannot, so S3 is asked to encode them. */
const ENCODED = { EncodingType: 'url' } as const;

/** Every version and delete marker. A bucket that was never versioned has one version of each object. */
export async function* listVersions({ s3, bucket, prefix, requests }: Place): AsyncGenerator<readonly Entry[]> {
  let after: { KeyMarker: string; VersionIdMarker?: string } | undefined;
  for (;;) {
    const command = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...ENCODED, ...after });
    const page = await requests.send(() => s3.send(command));
    const text = decoderOf(page);
    const versions = (page.Versions ?? []).map(({ Key, VersionId, Size = 0, IsLatest = true }) => ({
      ...entry(text(Key), VersionId),
      bytes: Size,
      isObject: IsLatest,
    }));
    const markers = (page.DeleteMarkers ?? []).map(({ Key, VersionId }) => ({
      ...entry(text(Key), VersionId),
      bytes: 0,
      isObject: false,
    }));
    yield checked([...versions, ...markers], prefix, bucket, 'ListObjectVersions');
    const { NextKeyMarker, NextVersionIdMarker } = page;
    if (!page.IsTruncated || NextKeyMarker === undefined) return;
    const next = {
      KeyMarker: text(NextKeyMarker),
      ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }),
    };
    if (next.KeyMarker === after?.KeyMarker && next.VersionIdMarker === after.VersionIdMarker) return;
    after = next;
  }
}

/** Parts of uploads that nobody will complete hold storage, and no listing of objects shows them. */
export async function* listUploads({ s3, bucket, prefix, requests }: Place): AsyncGenerator<readonly Upload[]> {
  let after: { KeyMarker: string; UploadIdMarker?: string } | undefined;
  for (;;) {
    const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...ENCODED, ...after });
    const page = await requests.send(() => s3.send(command));
    const text = decoderOf(page);
    const uploads = (page.Uploads ?? []).map(({ Key, UploadId = '' }) => ({ key: text(Key), uploadId: UploadId }));
    yield checked(uploads, prefix, bucket, 'ListMultipartUploads');
    const { NextKeyMarker, NextUploadIdMarker } = page;
    if (!page.IsTruncated || NextKeyMarker === undefined) return;
    const next = { KeyMarker: text(NextKeyMarker), ...(NextUploadIdMarker && { UploadIdMarker: NextUploadIdMarker }) };
    if (next.KeyMarker === after?.KeyMarker && next.UploadIdMarker === after.UploadIdMarker) return;
    after = next;
  }
}

/** Objects as readers see them. */
export async function* listObjects({ s3, bucket, prefix, requests }: Place): AsyncGenerator<readonly Entry[]> {
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      ...ENCODED,
      ...(token && { ContinuationToken: token }),
    });
    const page = await requests.send(() => s3.send(command));
    const text = decoderOf(page);
    const objects = (page.Contents ?? []).map(({ Key, Size = 0 }) => ({ key: text(Key), bytes: Size, isObject: true }));
    yield checked(objects, prefix, bucket, 'ListObjectsV2');
    if (page.NextContinuationToken === token) return;
    token = page.NextContinuationToken;
  } while (token);
}

/** An endpoint listed what it was not asked for. */
export class ForeignKeyError extends Error {
  override readonly name = 'ForeignKey';
}

function checked<T extends { readonly key: string }>(
  page: readonly T[],
  prefix: string,
  bucket: string,
  request: string,
): readonly T[] {
  const foreign = page.find(({ key }) => !key.startsWith(prefix));
  if (foreign === undefined) return page;
  throw new ForeignKeyError(
    `${request} of the bucket ${bucket} was asked for ${JSON.stringify(prefix)} and answered with the key ${JSON.stringify(foreign.key)}; nothing of that page was deleted`,
  );
}

function entry(key: string, versionId: string | undefined): { readonly key: string; readonly versionId?: string } {
  return versionId === undefined || versionId === '' ? { key } : { key, versionId };
}

/** S3 encodes as forms do, with `+` for a space. Not every endpoint encodes, even if asked; one that does says so. */
function decoderOf({
  EncodingType,
}: {
  readonly EncodingType?: string | undefined;
}): (text: string | undefined) => string {
  if (EncodingType !== 'url') return (text = '') => text;
  return (text = '') => decodeURIComponent(text.replaceAll('+', ' '));
}
