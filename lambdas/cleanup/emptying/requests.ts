/** Requests to S3, counted, and sent again while S3 asks for patience and there is time. */

import { type S3ClientConfig, S3ServiceException } from '@aws-sdk/client-s3';
import { backOff } from '../../storage/s3-requests.ts';

/** For the clients of functions that delete: S3 answers 503 for a while until a prefix has grown to a high rate. */
export const PATIENT_CLIENT = {
  maxAttempts: 6,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 12_000, throwOnRequestTimeout: true },
} satisfies S3ClientConfig;

export const REQUESTS_AT_ONCE = 8;
/** Each of them is as many as the client's attempts. */
export const TRIES = 8;
/** The longest wait is 6.4 seconds, well within what functions reserve before their deadline. */
const LONGEST_WAIT = 6;

const RETRYABLE = new Set([
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequests',
]);
const CONNECTION_LOST = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT']);

/** Whether the same request can succeed later, by the code that S3 or the SDK gives. */
export function isRetryable(code: string | undefined): boolean {
  return code !== undefined && RETRYABLE.has(code);
}

/** S3 still asks for patience, and time is over. */
export class OutOfTimeError extends Error {
  override readonly name = 'OutOfTime';
}

interface Answer {
  readonly $metadata?: { readonly attempts?: number };
}

export class Requests {
  readonly #hasTime: () => boolean;
  #count = 0;

  /** @param hasTime asked before anything is tried again */
  constructor(hasTime: () => boolean) {
    this.#hasTime = hasTime;
  }

  /** Those that the client has sent again of itself included. */
  get count(): number {
    return this.#count;
  }

  /** @throws OutOfTimeError, or what S3 answered where it will answer the same again, or has done so often enough */
  async send<T extends Answer>(request: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await request();
        this.#count += answer.$metadata?.attempts ?? 1;
        return answer;
      } catch (error) {
        this.#count += (error as Answer).$metadata?.attempts ?? 1;
        if (!mayPass(error) || tries === TRIES) throw error;
      }
      await this.waitBeforeTry(tries);
    }
  }

  /** @throws OutOfTimeError */
  async waitBeforeTry(tries: number): Promise<void> {
    if (!this.#hasTime()) throw new OutOfTimeError();
    await backOff(Math.min(tries, LONGEST_WAIT));
  }
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isRetryable(error.name) || CONNECTION_LOST.has((error as NodeJS.ErrnoException).code ?? '')) return true;
  const status = error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0;
  return status >= 500 || status === 429;
}
