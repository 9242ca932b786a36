import { AbortMultipartUploadCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { eachLimited } from '../../storage/each-limited.ts';
import type { Place, Upload } from './listings.ts';
import { REQUESTS_AT_ONCE } from './requests.ts';

/**
 * Aborts unfinished multipart uploads; there is no request that aborts many.
 *
 * @param refusals is added to: why uploads could not be aborted, as `Code: Message`
 */
export async function abortUploads(
  place: Place,
  pages: AsyncIterable<readonly Upload[]>,
  refusals: Set<string>,
): Promise<{ readonly seen: number; readonly gone: number }> {
  let seen = 0;
  let gone = 0;
  await eachLimited(pages, 1, async (page) => {
    seen += page.length;
    await eachLimited(page, REQUESTS_AT_ONCE, async (upload) => {
      if (await abort(place, upload, refusals)) gone += 1;
    });
  });
  return { seen, gone };
}

async function abort(
  { s3, bucket, requests }: Place,
  { key, uploadId }: Upload,
  refusals: Set<string>,
): Promise<boolean> {
  const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId });
  try {
    await requests.send(() => s3.send(command));
    return true;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    // Completed or aborted by somebody else since it was listed.
    if (error.name === 'NoSuchUpload') return true;
    if (error.$metadata.httpStatusCode !== 403) throw error;
    refusals.add(`${error.name}: ${error.message}`);
    return false;
  }
}
