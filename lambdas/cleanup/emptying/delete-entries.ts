/** Deletes up to 1,000 entries of a listing with one request, and those again that S3 asks to be patient about. */

import { DeleteObjectCommand, DeleteObjectsCommand, type ObjectIdentifier } from '@aws-sdk/client-s3';
import type { Entry, Place } from './listings.ts';
import { isRetryable, OutOfTimeError, TRIES } from './requests.ts';

/** The body of DeleteObjects is XML 1.0, which has no way to write these. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

/**
 * S3 answers 200 also where it did not delete everything, and names in `Errors` what is left and why.
 *
 * @param refusals is added to: why entries could not be deleted, as `Code: Message`
 * @returns those that are gone; fewer where time was over before S3 was ready
 */
export async function deleteEntries(
  place: Place,
  entries: readonly Entry[],
  refusals: Set<string>,
): Promise<readonly Entry[]> {
  const kept = new Set<Entry>();
  for (const entry of entries) if (NOT_IN_XML.test(entry.key)) await deleteOne(place, entry);
  let left = entries.filter(({ key }) => !NOT_IN_XML.test(key));
  try {
    for (let tries = 1; left.length > 0; tries++) {
      if (tries > 1) await place.requests.waitBeforeTry(tries - 1);
      const again: Entry[] = [];
      for (const { entry, code, message } of await deleteMany(place, left)) {
        if (isRetryable(code) && tries < TRIES) {
          again.push(entry);
        } else {
          kept.add(entry);
          refusals.add(`${code}: ${message}`);
        }
      }
      left = again;
    }
  } catch (error) {
    if (!(error instanceof OutOfTimeError)) throw error;
    for (const entry of left) kept.add(entry);
  }
  return kept.size === 0 ? entries : entries.filter((entry) => !kept.has(entry));
}

interface Failure {
  readonly entry: Entry;
  readonly code: string;
  readonly message: string;
}

async function deleteMany({ s3, bucket, requests }: Place, entries: readonly Entry[]): Promise<Failure[]> {
  const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: entries.map(identify), Quiet: true } });
  const { Errors = [] } = await requests.send(() => s3.send(command));
  return Errors.flatMap(({ Key, VersionId, Code = 'Unknown', Message = '' }) => {
    if (Code === 'NoSuchKey' || Code === 'NoSuchVersion') return [];
    const named = entries.filter(
      ({ key, versionId }) => key === Key && (!VersionId || versionId === undefined || versionId === VersionId),
    );
    return named.map((entry) => ({ entry, code: Code, message: Message }));
  });
}

async function deleteOne({ s3, bucket, requests }: Place, entry: Entry): Promise<void> {
  await requests.send(() => s3.send(new DeleteObjectCommand({ Bucket: bucket, ...identify(entry) })));
}

function identify({ key, versionId }: Entry): ObjectIdentifier & { Key: string } {
  return { Key: key, ...(versionId !== undefined && { VersionId: versionId }) };
}
