/** What runs for each chunk, on a condition, and around the tasks, in words. */

import { formatCount } from '../../../history/units.ts';
import type { PlannedEach, PlannedHook } from '../../../state-machines/graph/plan.ts';

export function eachText({
  task,
  output,
  maxChunks,
  maxConcurrency,
  batchSize,
  toleratedFailures,
}: PlannedEach): string {
  const batches = batchSize > 1 ? ` in batches of ${batchSize}` : '';
  const tolerated =
    'percentage' in toleratedFailures
      ? `${toleratedFailures.percentage} % may fail`
      : toleratedFailures.count > 0
        ? `${toleratedFailures.count} may fail`
        : 'none may fail';
  return `${task}.${output}: ${formatCount(maxChunks, 'chunk')} at the most${batches}, ${maxConcurrency} at once, ${tolerated}`;
}

export function hookText({ hook, owner }: Pick<PlannedHook, 'hook' | 'owner'>): string {
  const of = owner.kind === 'group' ? ` of the group ${owner.group}` : '';
  switch (hook) {
    case 'errors':
      return owner.kind === 'task' ? `when ${owner.task} has failed` : `when a task${of} has failed`;
    case 'finally':
      return owner.kind === 'group'
        ? `after the tasks${of}, where one of them has run`
        : 'always, at the end of the run';
    case 'after-execution':
      return 'when the execution has ended';
    default:
      return hook satisfies never;
  }
}
