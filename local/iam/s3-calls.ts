/**
 * What a request to S3 needs: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */

import { copySource } from '../s3/copy-source.ts';
import type { S3Request } from '../s3/endpoint.ts';
import type { Call } from './permissions.ts';

/** @returns undefined for a request that is not known here */
export function s3CallsOf(request: S3Request): readonly Call[] | undefined {
  const { bucket, key } = request;
  if (bucket === '') return request.method === 'GET' ? [{ action: 's3:ListAllMyBuckets', resource: '*' }] : undefined;
  return key === '' ? bucketCalls(request) : objectCalls(request);
}

export function objectArn(bucket: string, key: string): string {
  return `arn:aws:s3:::${bucket}/${key}`;
}

export function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}

function bucketCalls({ method, bucket, query, deletes }: S3Request): Call[] | undefined {
  const asked = subresources(query, OF_LISTINGS);
  const call = (action: string, context?: Call['context']): Call[] => [
    { action, resource: bucketArn(bucket), ...(context && { context }) },
  ];
  const listing = (...keys: readonly string[]) =>
    Object.fromEntries(
      keys.flatMap((key) => (query[key] === undefined ? [] : [[`s3:${key}`, query[key]] as [string, string]])),
    );
  switch (`${method} ${asked.join('&')}`) {
    case 'GET ':
    case 'GET list-type':
      return call('s3:ListBucket', listing('prefix', 'delimiter', 'max-keys'));
    case 'GET versions':
      return call('s3:ListBucketVersions', listing('prefix', 'delimiter', 'max-keys'));
    // S3 has no s3:prefix for it.
    case 'GET uploads':
      return call('s3:ListBucketMultipartUploads');
    case 'GET location':
      return call('s3:GetBucketLocation');
    case 'HEAD ':
      return call('s3:ListBucket');
    case 'PUT ':
      return call('s3:CreateBucket');
    case 'DELETE ':
      return call('s3:DeleteBucket');
    case 'POST delete':
      return deletes?.map(({ key, versionId }) => deletion(bucket, key, versionId));
    default:
      return undefined;
  }
}

function objectCalls({ method, bucket, key, query, headers }: S3Request): Call[] | undefined {
  const asked = subresources(query, OF_OBJECTS);
  const call = (action: string, context?: Call['context']): Call => ({
    action,
    resource: objectArn(bucket, key),
    ...(context && { context }),
  });
  switch (`${method} ${asked.join('&')}`) {
    case 'GET ':
    case 'HEAD ':
      return [call('s3:GetObject')];
    case 'GET versionId':
    case 'HEAD versionId':
      return [call('s3:GetObjectVersion', { 's3:VersionId': query['versionId'] ?? '' })];
    case 'GET uploadId':
      return [call('s3:ListMultipartUploadParts')];
    case 'PUT ':
    case 'PUT partNumber&uploadId':
    case 'POST uploads': {
      const source = sourceOf(headers);
      const besides = BY_HEADER.flatMap(([header, action]) =>
        Object.keys(headers).some((name) => header.test(name)) ? [call(action)] : [],
      );
      return [...(source ? [source] : []), call('s3:PutObject', fromHeaders(headers)), ...besides];
    }
    case 'POST uploadId':
      return [call('s3:PutObject', fromHeaders(headers))];
    case 'DELETE ':
    case 'DELETE versionId':
      return [deletion(bucket, key, query['versionId'])];
    case 'DELETE uploadId':
      return [call('s3:AbortMultipartUpload')];
    default:
      return undefined;
  }
}

function deletion(bucket: string, key: string, versionId: string | undefined): Call {
  const resource = objectArn(bucket, key);
  if (versionId === undefined) return { action: 's3:DeleteObject', resource };
  return { action: 's3:DeleteObjectVersion', resource, context: { 's3:VersionId': versionId } };
}

function sourceOf(headers: S3Request['headers']): Call | undefined {
  const source = copySource(headers);
  if (!source) return undefined;
  const action = source.versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  return { action, resource: objectArn(source.bucket, source.key) };
}

/** What a request that makes an object needs besides, where it has such a header. */
const BY_HEADER: readonly (readonly [header: RegExp, action: string])[] = [
  [/^x-amz-tagging$/, 's3:PutObjectTagging'],
  [/^x-amz-(acl|grant-.+)$/, 's3:PutObjectAcl'],
  [/^x-amz-object-lock-(mode|retain-until-date)$/, 's3:PutObjectRetention'],
  [/^x-amz-object-lock-legal-hold$/, 's3:PutObjectLegalHold'],
];

/** S3 has condition keys of the same names as these headers. */
const CONDITION_HEADERS: Readonly<Record<string, string>> = {
  'if-match': 's3:if-match',
  'if-none-match': 's3:if-none-match',
  'x-amz-acl': 's3:x-amz-acl',
  'x-amz-copy-source': 's3:x-amz-copy-source',
  'x-amz-metadata-directive': 's3:x-amz-metadata-directive',
  'x-amz-server-side-encryption': 's3:x-amz-server-side-encryption',
  'x-amz-storage-class': 's3:x-amz-storage-class',
};

function fromHeaders(headers: S3Request['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(CONDITION_HEADERS).flatMap(([header, key]) => {
      const value = headers[header];
      return typeof value === 'string' ? [[key, value] as const] : [];
    }),
  );
}

/** Parameters that say which operation it is, in order. */
function subresources(query: S3Request['query'], others: ReadonlySet<string>): string[] {
  return Object.keys(query)
    .filter((name) => !others.has(name) && !/^(x-id$|x-amz-|response-)/i.test(name))
    .sort();
}

const OF_LISTINGS: ReadonlySet<string> = new Set([
  'prefix',
  'delimiter',
  'max-keys',
  'max-uploads',
  'encoding-type',
  'continuation-token',
  'start-after',
  'fetch-owner',
  'marker',
  'key-marker',
  'version-id-marker',
  'upload-id-marker',
]);

const OF_OBJECTS: ReadonlySet<string> = new Set(['max-parts', 'part-number-marker', 'encoding-type']);
