/** The values that conditions look at, taken out of a json output as it is written. */

import { type Scalar, VALUE_TEXT_LIMIT, valueAt, valueName } from '../../state-machines/contract/values.ts';
import type { PlannedOutput } from '../../state-machines/graph/plan.ts';
import { describe } from './codecs/describe.ts';
import { fromJson, toJson } from './codecs/json-text.ts';
import { NonRetryableError } from './errors.ts';
import { validate } from './validate.ts';

/**
 * The values as a reader of the output would find them: what JSON and the validator make of what was written.
 *
 * @returns by `valueName`; without those that are not there, as a condition takes them
 * @throws NonRetryableError where one is no scalar, or a long text: state data is for small things
 */
export async function reportedValues(
  name: string,
  { format, reported = [] }: PlannedOutput,
  written: unknown,
): Promise<Record<string, Scalar>> {
  const values: Record<string, Scalar> = {};
  if (reported.length === 0) return values;
  const where = `output "${name}"`;
  const read = await validate(format, fromJson(toJson(written, where), where), where);
  for (const path of reported) {
    const value = valueAt(read, path);
    const plain = value instanceof Date ? value.toJSON() : value;
    if (plain === undefined) continue;
    if (!isScalar(plain)) throw refused(where, path, describe(plain));
    if (typeof plain === 'string' && plain.length > VALUE_TEXT_LIMIT)
      throw refused(where, path, `a text of ${plain.length} characters`);
    values[valueName(name, path)] = plain;
  }
  return values;
}

function refused(where: string, path: readonly string[], found: string): NonRetryableError {
  const at = path.length > 0 ? `, at ${path.join('.')}` : '';
  return new NonRetryableError(
    `${where}${at}: a condition looks at it, so it must be a number, a boolean, null, or a text of ${VALUE_TEXT_LIMIT} characters at the most; it is ${found}`,
  );
}

function isScalar(value: unknown): value is Scalar {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  return typeof value === 'number' && Number.isFinite(value);
}
