/** An execution's input: what Ebbtide itself reads of it, and what Step Functions takes. */

import { ContractError, UsageError } from './errors.ts';
import { explainName, isName, RUN_ID } from './names.ts';
import { isObject } from './objects.ts';
import { PAYLOAD_LIMIT } from './result.ts';
import { show } from './show.ts';

export const READ_BY_EBBTIDE: readonly string[] = ['resume', 'keep'];

/**
 * The run of an execution: the one of its own name, or the one that its input asks to resume.
 *
 * @throws ContractError where the input asks to resume what is no run id, or the execution itself
 */
export function runOf(execution: string, input: unknown): string {
  const resume = isObject(input) ? input['resume'] : undefined;
  if (resume === undefined) return execution;
  if (!isName(RUN_ID, resume)) throw new ContractError('InvalidName', explainName('run id to resume', RUN_ID, resume));
  if (resume === execution)
    throw new ContractError('InvalidName', `the execution "${execution}" cannot resume the run of its own name`);
  return resume;
}

/** How long a run is kept at the least that was asked to be kept. */
export const SHORTEST_KEEP_SECONDS = 86_400;

/** Whoever starts a run is told at once; in the run itself, anything but `true` keeps nothing. @throws UsageError */
export function assertKeep(input: unknown): void {
  const keep = isObject(input) ? input['keep'] : undefined;
  if (keep === undefined || typeof keep === 'boolean') return;
  throw new UsageError('InvalidInput', `the input has "keep": ${show(keep)}; it must be true or false`);
}

/** `keep: true`: the run's intermediates are kept, however it ends, and none goes early. */
export function asksToKeep(input: unknown): boolean {
  return isObject(input) && input['keep'] === true;
}

/** As Step Functions takes it. @throws UsageError where it is no JSON value, or too large */
export function inputAsJson(input: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(input);
  } catch {
    text = undefined;
  }
  if (text === undefined) throw new UsageError('InvalidInput', 'the input is no JSON value');
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= PAYLOAD_LIMIT) return text;
  throw new UsageError('InvalidInput', `the input is ${bytes} bytes long; Step Functions takes ${PAYLOAD_LIMIT}`);
}
