/** What somebody says of a run for an estimate, checked. */

import { UsageError } from '../contract/errors.ts';
import { show } from '../contract/show.ts';
import { didYouMeanOneOf } from '../graph/nearest.ts';
import type { Plan } from '../graph/plan.ts';
import type { Guesses } from './work.ts';

const LONGEST_SECONDS = 900;

/** @throws UsageError */
export function refuseWrongGuesses(plan: Plan, { seconds = {}, chunks = {} }: Guesses): void {
  const names = plan.functions.map(({ name }) => name);
  for (const [name, given] of Object.entries(seconds)) {
    if (!names.includes(name)) {
      throw new UsageError(
        'UnknownTask',
        `seconds of "${name}": the pipeline "${plan.pipeline}" has no task or hook of that name${didYouMeanOneOf(name, names)}`,
      );
    }
    if (!(given >= 0 && given <= LONGEST_SECONDS)) {
      throw new UsageError(
        'InvalidOption',
        `seconds of "${name}" is ${show(given)}; an invocation takes from 0 to ${LONGEST_SECONDS} seconds`,
      );
    }
  }
  const chunked = plan.tasks.filter(({ each }) => each).map(({ name }) => name);
  for (const [name, given] of Object.entries(chunks)) {
    const each = plan.task(name)?.each;
    if (!each) {
      const those =
        chunked.length > 0 ? `those of "${plan.pipeline}" are ${chunked.join(', ')}` : `"${plan.pipeline}" has none`;
      throw new UsageError(
        'UnknownTask',
        `chunks of "${name}": that is no task that runs for each chunk of a list; ${those}`,
      );
    }
    if (!Number.isInteger(given) || given < 0 || given > each.maxChunks) {
      throw new UsageError(
        'InvalidOption',
        `chunks of "${name}" is ${show(given)}; give a whole number from 0 to ${show(each.maxChunks)}, as many as ${each.task}.${each.output} may hold`,
      );
    }
  }
}
