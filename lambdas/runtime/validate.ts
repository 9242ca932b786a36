import type { AnyFormat } from '../../state-machines/graph/formats.ts';
import { InvalidDataError } from './errors.ts';

/**
 * Runs a format's validator, where it has one.
 *
 * @returns what the validator makes of the value
 * @throws InvalidDataError with every issue that it has
 */
export function validate(format: AnyFormat, value: unknown, where: string): unknown {
  if (!format.schema) return value;
  const result = format.schema['~standard'].validate(value);
  return result instanceof Promise ? result.then((settled) => validValue(settled, where)) : validValue(result, where);
}

/** The same for rows; `before` is how many came before them. */
export async function validateRows(
  format: AnyFormat,
  rows: readonly unknown[],
  where: string,
  before: number,
): Promise<readonly unknown[]> {
  if (!format.schema) return rows;
  const valid: unknown[] = [];
  for (const [index, row] of rows.entries())
    valid.push(await validate(format, row, `${where}, row ${before + index + 1}`));
  return valid;
}

type Result = Awaited<ReturnType<NonNullable<AnyFormat['schema']>['~standard']['validate']>>;

function validValue(result: Result, where: string): unknown {
  if (!result.issues) return result.value;
  const issues = result.issues.map(({ message, path }) => {
    const keys = (path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment));
    return keys.length > 0 ? `${keys.join('.')}: ${message}` : message;
  });
  throw new InvalidDataError(`${where} is not valid: ${issues.join('; ')}`);
}
