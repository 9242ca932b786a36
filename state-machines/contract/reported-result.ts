import { isObject } from './objects.ts';
import type { RunResult } from './result.ts';

/**
 * The result that a run's own cleanup has reported, as its execution's output or as the cause of its error.
 *
 * @returns undefined for the output or cause of an execution that ended in another way
 */
export function resultIn(text: string | null | undefined): RunResult | undefined {
  try {
    const result: unknown = JSON.parse(text ?? '');
    return isRunResult(result) ? result : undefined;
  } catch {
    return undefined;
  }
}

function isRunResult(value: unknown): value is RunResult {
  if (!isObject(value)) return false;
  const { run, status, tasks, released } = value;
  const areResults = isObject(tasks) && Object.values(tasks).every(isObject);
  return typeof run === 'string' && typeof status === 'string' && areResults && isObject(released);
}
