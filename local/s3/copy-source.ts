import type { S3Request } from './endpoint.ts';

/** The bucket and the key that a copy is made from. */
export function copySource(
  headers: S3Request['headers'],
): { bucket: string; key: string; versionId?: string } | undefined {
  const header = headers['x-amz-copy-source'];
  if (typeof header !== 'string') return undefined;
  const [path = '', versionId] = header.replace(/^\//, '').split('?versionId=');
  const [bucket = '', ...key] = path.split('/').map(decodeURIComponent);
  return { bucket, key: key.join('/'), ...(versionId !== undefined && { versionId }) };
}
