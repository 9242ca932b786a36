/**
 * DeleteObjects as S3 does it: fauxqs 2.4.1 takes `&amp;lt;` apart twice and numbered characters not at all, and so
 * deletes another object than the one that was named.
 */

import { unescapeXml } from '../../lambdas/storage/unescape-xml.ts';
import { escapeXml } from './listing.ts';

export interface Deletion {
  readonly keys: readonly string[];
  readonly quiet: boolean;
}

/** @param body XML; version ids are not looked at, since each object has only its `null` version */
export function parseDeletion(body: string): Deletion {
  const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => unescapeXml(key));
  return { keys, quiet: /<Quiet>\s*true\s*<\/Quiet>/i.test(body) };
}

export function deletionAnswer({ keys, quiet }: Deletion): string {
  const deleted = quiet ? [] : keys.map((key) => `<Deleted><Key>${escapeXml(key)}</Key></Deleted>`);
  return `<?xml version="1.0" encoding="UTF-8"?><DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${deleted.join('')}</DeleteResult>`;
}
