/**
 * ListObjectsV2 as S3 answers it: keys in order (by code unit, which for ASCII is S3's order), folders counted as one
 * entry each, and every page beginning where the one before it ended. fauxqs 2.4.1 sorts in one order and goes on in
 * another, so that from the second page on entries are missing or come twice.
 */

export interface ListedObject {
  readonly key: string;
  readonly contentLength: number;
  readonly etag: string;
  readonly lastModified: Date;
}

export type ListingQuery = Readonly<Record<string, string | undefined>>;

const ENTRIES_A_PAGE = 1_000;

/** @param objects all of the bucket whose keys begin with the prefix, in any order */
export function listObjects(objects: readonly ListedObject[], bucket: string, query: ListingQuery): string {
  const { prefix = '', delimiter = '', 'continuation-token': token } = query;
  const after = token === undefined ? (query['start-after'] ?? '') : Buffer.from(token, 'base64').toString();
  const most = Math.min(Number(query['max-keys'] ?? ENTRIES_A_PAGE), ENTRIES_A_PAGE);
  const entries: [entry: string, object: ListedObject | undefined][] = [];
  let more = false;
  const rest = objects.filter(({ key }) => key > after);
  for (const object of rest.sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    const entry = end < 0 ? object.key : object.key.slice(0, end + delimiter.length);
    if (entry <= after || entry === entries.at(-1)?.[0]) continue;
    more = entries.length === most;
    if (more) break;
    entries.push([entry, end < 0 ? object : undefined]);
  }
  const next = more ? Buffer.from(entries.at(-1)?.[0] ?? '').toString('base64') : undefined;
  return [
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${escapeXml(bucket)}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${entries.length}</KeyCount>`,
    `<MaxKeys>${most}</MaxKeys><IsTruncated>${more}</IsTruncated>`,
    next === undefined ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`,
    ...entries.map(([entry, object]) => (object ? contents(object) : folder(entry))),
    '</ListBucketResult>',
  ].join('');
}

function contents({ key, contentLength, etag, lastModified }: ListedObject): string {
  const time = lastModified.toISOString();
  return `<Contents><Key>${escapeXml(key)}</Key><Size>${contentLength}</Size><ETag>${escapeXml(etag)}</ETag><LastModified>${time}</LastModified><StorageClass>STANDARD</StorageClass></Contents>`;
}

function folder(prefix: string): string {
  return `<CommonPrefixes><Prefix>${escapeXml(prefix)}</Prefix></CommonPrefixes>`;
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
