/** What every event is read with. */

import { ContractError } from './errors.ts';
import { explainName, isName, RUN_ID } from './names.ts';
import { isObject } from './objects.ts';

export function parseRunId(run: unknown): string {
  if (!isName(RUN_ID, run)) throw new ContractError('InvalidName', explainName('run id', RUN_ID, run));
  return run;
}

export function asObject(value: unknown, what: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw new ContractError('InvalidEvent', `a ${what} must be an object; given: ${JSON.stringify(value)}`);
}
