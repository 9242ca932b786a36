/** Checks what a chunk-parallel task says of its chunks. */

import { show } from '../../contract/show.ts';
import { type GraphProblem, problem } from '../errors.ts';
import { DEFAULT_MAX_CHUNKS } from '../formats.ts';
import { check } from '../limits.ts';
import { INLINE_CONCURRENCY, type PlannedEach } from '../plan.ts';
import { isOutputRef } from '../refs.ts';
import type { EachDef } from '../task.ts';
import { type KnownOutputs, misgiven } from './refs.ts';

/** https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html */
const MAX_CONCURRENCY = { min: 1, max: 10_000, integer: true };
const TOLERATED = { min: 0, max: 100_000, integer: true };
const BATCH = { min: 1, max: 1_000, integer: true };
/** Gathering reads a record for each chunk, and has Lambda's 15 minutes for it. */
export const MAX_CHUNKS = { min: 1, max: 100_000, integer: true };

export function resolveEach(
  definition: Partial<EachDef>,
  outputs: KnownOutputs,
  task: string,
): { readonly each?: PlannedEach; readonly problems: readonly GraphProblem[] } {
  const { each: ref, maxConcurrency = INLINE_CONCURRENCY, toleratedFailures = 0, batchSize = 1 } = definition;
  const problems: GraphProblem[] = [];
  const where = `task "${task}": each`;
  if (ref === undefined) {
    for (const option of ['maxConcurrency', 'toleratedFailures', 'batchSize'] as const) {
      if (definition[option] === undefined) continue;
      problems.push(problem('InvalidEach', `task "${task}": ${option} is for a task with each: a list of chunks`));
    }
    return { problems };
  }
  const tolerated = toleratedOf(toleratedFailures);
  problems.push(
    ...check('InvalidEach', task, 'maxConcurrency', MAX_CONCURRENCY, maxConcurrency),
    ...check('InvalidEach', task, 'batchSize', BATCH, batchSize),
  );
  if (!tolerated) {
    const given = show(toleratedFailures);
    problems.push(
      problem(
        'InvalidEach',
        `task "${task}": toleratedFailures is ${given}; it must be a whole number from 0 to 100,000, or a percentage, as "5%"`,
      ),
    );
  }
  if (!isOutputRef(ref)) {
    problems.push(problem('InvalidEach', `${where} ${misgiven(ref)}; it must be an output declared as chunks()`));
    return { problems };
  }
  const found = outputs.resolve(ref, where);
  if ('code' in found) return { problems: [...problems, found] };
  const { format } = found;
  if (format.kind !== 'chunks' || format.gathered) {
    const kind = format.gathered ? 'what the chunks of another task wrote' : format.kind;
    problems.push(
      problem(
        'InvalidEach',
        `${where} is "${found.task}.${found.output}", which is ${kind}; it must be an output declared as chunks()`,
      ),
    );
  }
  if (problems.length > 0 || !tolerated) return { problems };
  const maxChunks = format.max ?? DEFAULT_MAX_CHUNKS;
  return {
    problems,
    each: {
      task: found.task,
      output: found.output,
      maxConcurrency,
      toleratedFailures: tolerated,
      batchSize,
      maxChunks,
    },
  };
}

function toleratedOf(given: unknown): PlannedEach['toleratedFailures'] | undefined {
  if (typeof given === 'number') {
    const { min, max } = TOLERATED;
    return Number.isInteger(given) && given >= min && given <= max ? { count: given } : undefined;
  }
  const [, digits] = (typeof given === 'string' && /^(\d{1,3}(?:\.\d{1,4})?)%$/.exec(given)) || [];
  return digits !== undefined && Number(digits) <= 100 ? { percentage: Number(digits) } : undefined;
}
