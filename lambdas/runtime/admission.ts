import { RUN_ERRORS } from '../../state-machines/contract/error-names.ts';
import { shapeOf } from '../../state-machines/graph/shape-of.ts';
import { takeOver } from '../storage/take-over.ts';
import { NonRetryableError } from './errors.ts';
import type { Attempt } from './invocation.ts';

/**
 * Takes the run for the execution that resumes it, unless that has it already. Nothing may be read or written of a
 * resumed run before. An execution has the run of its own name without asking.
 *
 * @throws NonRetryableError where the run cannot be resumed
 */
export async function admit({ plan, event, leases }: Pick<Attempt, 'plan' | 'event' | 'leases'>): Promise<void> {
  const { execution } = event;
  if (event.run === execution) return;
  const run = { pipeline: plan.pipeline, run: event.run };
  const takeover = await takeOver(run, execution, shapeOf(plan), leases);
  if (takeover.kind === 'held') return;
  const why =
    takeover.kind === 'kept'
      ? // A function that outlived its execution must not take what that has given back.
        `the execution "${execution}" has ended; start another that resumes the run "${event.run}"`
      : takeover.why;
  throw new NonRetryableError(`${RUN_ERRORS.resume}: ${why}`);
}
