import { InvalidDataError } from '../errors.ts';
import { describe } from './describe.ts';

/** @throws InvalidDataError for what JSON cannot hold */
export function toJson(value: unknown, what: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new InvalidDataError(`${what} is no JSON value: ${(error as Error).message}`);
  }
  if (text === undefined) throw new InvalidDataError(`${what} must be a JSON value, not ${describe(value)}`);
  return text;
}

/** @throws InvalidDataError */
export function fromJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidDataError(`${what} is not JSON: ${(error as Error).message}`);
  }
}
