/** What is done about S3's answers in more than one place. */

import { setTimeout as sleep } from 'node:timers/promises';
import { S3ServiceException } from '@aws-sdk/client-s3';

/** The HTTP status of an error that S3 answered with; undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** That there is none; or none that a role may see that cannot list the bucket, to which S3 says 403. */
export function isMissing(error: unknown): boolean {
  const status = statusOf(error);
  return status === 404 || status === 403;
}

/** What a conditional write meets: 412 says that it is there already, 409 that another is at it this moment. */
export function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409;
}

/** Waits before another try: exponential, full jitter, as S3 asks of those it has told to slow down. */
export async function backOff(tries: number): Promise<void> {
  await sleep(Math.random() * 100 * 2 ** tries);
}
