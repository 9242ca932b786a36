/** The input of an execution here: any JSON value that Step Functions would take. */

import { UsageError } from '../state-machines/contract/errors.ts';
import { assertKeep } from '../state-machines/contract/execution-input.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { PAYLOAD_LIMIT } from '../state-machines/contract/result.ts';

export interface ReadByEbbtide {
  readonly keep?: boolean | undefined;
  readonly resume?: string | undefined;
}

/** @throws UsageError */
export function executionInput(input: unknown, { keep, resume }: ReadByEbbtide): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(input);
  } catch {
    text = undefined;
  }
  if (text === undefined) throw new UsageError('InvalidInput', 'the input is no JSON value');
  if (Buffer.byteLength(text) > PAYLOAD_LIMIT) {
    throw new UsageError(
      'InvalidInput',
      `the input is ${Buffer.byteLength(text)} bytes long; Step Functions takes ${PAYLOAD_LIMIT}`,
    );
  }
  assertKeep(input);
  if (!keep && resume === undefined) return JSON.parse(text);
  if (isObject(input)) return { ...JSON.parse(text), ...(keep && { keep }), ...(resume !== undefined && { resume }) };
  throw new UsageError(
    'InvalidInput',
    `${keep ? 'keep' : 'the run to resume'} is put into the input, which must be an object for that`,
  );
}
