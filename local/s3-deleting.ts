/**
 * DeleteObjects as S3 does it: fauxqs 2.4.1 takes `&amp;lt;` apart twice and numbered characters not at all, and so
 * deletes another object than the one that was named.
 */

import { escapeXml } from './s3-listing.ts';

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

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

function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi, (all, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return NAMED[name] ?? all;
  });
}
