/**
 * DeleteObjects as S3 does it: fauxqs 2.4.1 takes `&amp;lt;` apart twice and numbered characters not at all, and so
 * deletes another object than the one that was named.
 */

import { unescapeXml } from '../../lambdas/storage/unescape-xml.ts';
import type { Refusal } from './endpoint.ts';
import { escapeXml } from './listing.ts';

export interface Deletion {
  readonly objects: readonly DeletedObject[];
  readonly quiet: boolean;
}

export interface DeletedObject {
  readonly key: string;
  /** Each object has only its `null` version, which goes whether it is named or not. */
  readonly versionId?: string;
}

/** @param body XML */
export function parseDeletion(body: string): Deletion {
  const objects = [...body.matchAll(/<Object>(.*?)<\/Object>/gs)].map(([, object = '']): DeletedObject => {
    const key = /<Key>([^<]*)<\/Key>/.exec(object)?.[1] ?? '';
    const versionId = /<VersionId>([^<]*)<\/VersionId>/.exec(object)?.[1];
    return { key: unescapeXml(key), ...(versionId !== undefined && { versionId: unescapeXml(versionId) }) };
  });
  return { objects, quiet: /<Quiet>\s*true\s*<\/Quiet>/i.test(body) };
}

/** @param refused for each object why it was not deleted, or nothing */
export function deletionAnswer({ objects, quiet }: Deletion, refused: readonly (Refusal | undefined)[]): string {
  const deleted = objects.map(({ key, versionId }, index) => {
    const version = versionId === undefined ? '' : `<VersionId>${escapeXml(versionId)}</VersionId>`;
    const named = `<Key>${escapeXml(key)}</Key>${version}`;
    const refusal = refused[index];
    if (refusal)
      return `<Error>${named}<Code>${refusal.code}</Code><Message>${escapeXml(refusal.message)}</Message></Error>`;
    return quiet ? '' : `<Deleted>${named}</Deleted>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${deleted.join('')}</DeleteResult>`;
}
