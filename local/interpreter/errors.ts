/** Errors that the interpreter reports by itself, named as Step Functions names them. */

import { PAYLOAD_LIMIT, STOPPED } from '../../state-machines/contract/result.ts';

/** An error as Retry and Catch match it: by its name. */
export function statesError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** Ends what goes on inside the library once it is over: it would retry, and enter further states. */
export class Over extends Error {
  override readonly name = STOPPED.name;
  readonly isRetryable = false;
  readonly isCatchable = false;

  constructor() {
    super(STOPPED.message);
  }
}

/** A definition and its data do not fit: no Retry and no Catch matches that. */
export class RuntimeFailure extends Error {
  override readonly name = 'States.Runtime';
  readonly isRetryable = false;
  readonly isCatchable = false;
}

/** @throws States.DataLimitExceeded */
export function refuseOversized(what: string, payload: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(payload) ?? '');
  if (bytes <= PAYLOAD_LIMIT) return;
  throw statesError(
    'States.DataLimitExceeded',
    `${what} is ${bytes} bytes long; Step Functions passes on ${PAYLOAD_LIMIT}`,
  );
}
