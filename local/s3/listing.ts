/**
 * ListObjectsV2, ListObjectVersions and ListMultipartUploads as S3 answers them for a bucket that was never versioned:
 * keys in order, folders counted as one entry each, and every page beginning where the one before it ended. fauxqs 2.4.1
 * sorts in one order and goes on in another, so that from the second page on entries are missing or come twice, and
 * answers the other two as if they were ListObjects.
 */

import type { OrderedObjects } from './objects.ts';

export interface ListedObject {
  readonly key: string;
  readonly contentLength: number;
  readonly etag: string;
  readonly lastModified: Date;
}

export interface ListedUpload {
  readonly key: string;
  readonly uploadId: string;
}

export type ListingQuery = Readonly<Record<string, string | undefined>>;

const ENTRIES_A_PAGE = 1_000;
const XML = '<?xml version="1.0" encoding="UTF-8"?>';
const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
export function listObjects(objects: OrderedObjects<ListedObject>, bucket: string, query: ListingQuery): string {
  const { prefix = '', 'continuation-token': token, 'start-after': startAfter = '' } = query;
  const after = token === undefined ? startAfter : Buffer.from(token, 'base64').toString();
  const { entries, most, more } = pageOf(objects, query, after);
  const text = encoderOf(query);
  const next = more ? Buffer.from(entries.at(-1)?.[0] ?? '').toString('base64') : undefined;
  return [
    `${XML}<ListBucketResult ${NAMESPACE}><Name>${escapeXml(bucket)}</Name><Prefix>${text(prefix)}</Prefix>`,
    `<KeyCount>${entries.length}</KeyCount><MaxKeys>${most}</MaxKeys><IsTruncated>${more}</IsTruncated>`,
    encoding(query),
    next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`,
    ...entries.map(([entry, object]) =>
      object ? `<Contents>${described(object, text)}</Contents>` : folder(text(entry)),
    ),
    '</ListBucketResult>',
  ].join('');
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html */
export function listVersions(objects: OrderedObjects<ListedObject>, bucket: string, query: ListingQuery): string {
  const { prefix = '', 'key-marker': after = '' } = query;
  const { entries, most, more } = pageOf(objects, query, after);
  const text = encoderOf(query);
  const last = text(entries.at(-1)?.[0] ?? '');
  return [
    `${XML}<ListVersionsResult ${NAMESPACE}><Name>${escapeXml(bucket)}</Name><Prefix>${text(prefix)}</Prefix>`,
    `<KeyMarker>${text(after)}</KeyMarker><VersionIdMarker/><MaxKeys>${most}</MaxKeys><IsTruncated>${more}</IsTruncated>`,
    encoding(query),
    more ? `<NextKeyMarker>${last}</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>` : '',
    ...entries.map(([entry, object]) =>
      object
        ? `<Version><VersionId>null</VersionId><IsLatest>true</IsLatest>${described(object, text)}</Version>`
        : folder(text(entry)),
    ),
    '</ListVersionsResult>',
  ].join('');
}

/** All in one page: a run on one machine never has more than a page of them. */
export function listUploads(uploads: Iterable<ListedUpload>, bucket: string, query: ListingQuery): string {
  const { prefix = '' } = query;
  const text = encoderOf(query);
  return [
    `${XML}<ListMultipartUploadsResult ${NAMESPACE}><Bucket>${escapeXml(bucket)}</Bucket><IsTruncated>false</IsTruncated>`,
    encoding(query),
    ...[...uploads]
      .filter(({ key }) => key.startsWith(prefix))
      .map(({ key, uploadId }) => `<Upload><Key>${text(key)}</Key><UploadId>${uploadId}</UploadId></Upload>`),
    '</ListMultipartUploadsResult>',
  ].join('');
}

/** A key and its object, or a folder and none. */
type ListedEntry = readonly [entry: string, object: ListedObject | undefined];

function pageOf(
  objects: OrderedObjects<ListedObject>,
  query: ListingQuery,
  after: string,
): { readonly entries: readonly ListedEntry[]; readonly most: number; readonly more: boolean } {
  const { prefix = '', delimiter = '' } = query;
  const most = Math.min(Number(query['max-keys'] ?? ENTRIES_A_PAGE), ENTRIES_A_PAGE);
  const entries: ListedEntry[] = [];
  for (const [key, object] of after > prefix ? objects.after(after) : objects.from(prefix)) {
    if (!key.startsWith(prefix)) break;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = end < 0 ? key : key.slice(0, end + delimiter.length);
    if ((after !== '' && entry <= after) || entry === entries.at(-1)?.[0]) continue;
    if (entries.length === most) return { entries, most, more: most > 0 };
    entries.push([entry, end < 0 ? object : undefined]);
  }
  return { entries, most, more: false };
}

function described({ key, contentLength, etag, lastModified }: ListedObject, text: (key: string) => string): string {
  const time = lastModified.toISOString();
  return `<Key>${text(key)}</Key><LastModified>${time}</LastModified><ETag>${escapeXml(etag)}</ETag><Size>${contentLength}</Size><StorageClass>STANDARD</StorageClass>`;
}

function folder(prefix: string): string {
  return `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`;
}

function encoding(query: ListingQuery): string {
  return query['encoding-type'] === 'url' ? '<EncodingType>url</EncodingType>' : '';
}

/** S3 encodes as forms do, with `+` for a space, and leaves slashes as they are. */
function encoderOf(query: ListingQuery): (text: string) => string {
  if (query['encoding-type'] !== 'url') return escapeXml;
  return (text) =>
    /^[\w/.-]*$/.test(text)
      ? text
      : encodeURIComponent(text)
          .replaceAll('%2F', '/')
          .replaceAll('%20', '+')
          .replace(/[!'()~]/g, percent);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
