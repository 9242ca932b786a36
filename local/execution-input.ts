/** The input of an execution here, with what its options put into it. */

import { UsageError } from '../state-machines/contract/errors.ts';
import { assertKeep, inputAsJson } from '../state-machines/contract/execution-input.ts';
import { isObject } from '../state-machines/contract/objects.ts';

export interface ReadByEbbtide {
  readonly keep?: boolean | undefined;
  readonly resume?: string | undefined;
}

/** @throws UsageError */
export function executionInput(input: unknown, { keep, resume }: ReadByEbbtide): unknown {
  const text = inputAsJson(input);
  assertKeep(input);
  if (!keep && resume === undefined) return JSON.parse(text);
  if (isObject(input)) return { ...JSON.parse(text), ...(keep && { keep }), ...(resume !== undefined && { resume }) };
  throw new UsageError(
    'InvalidInput',
    `${keep ? 'keep' : 'the run to resume'} is put into the input, which must be an object for that`,
  );
}
