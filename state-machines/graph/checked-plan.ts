import { UsageError } from '../contract/errors.ts';
import { isObject } from '../contract/objects.ts';
import { show } from '../contract/show.ts';
import type { Plan } from './plan.ts';

/**
 * JavaScript checks no types, and the graph itself is what is given most easily.
 *
 * @param where what it is given to, for the error
 * @throws UsageError where it is no plan
 */
export function checkedPlan(given: Plan, where: string): Plan {
  // By its parts: a loader may have made a second copy of the class.
  if (isObject(given) && Array.isArray(given.tasks) && Array.isArray(given.hooks) && 'taskCount' in given) return given;
  const isGraph = isObject(given) && typeof (given as { readonly build?: unknown }).build === 'function';
  const what = isGraph ? 'is given a graph' : `is given ${show(given)}`;
  throw new UsageError('PipelineInvalid', `${where} ${what}, and takes a plan: what graph.build() returns`);
}
