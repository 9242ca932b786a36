/** Whether an execution may work on the run that it resumes: the run is kept, of this graph, and nobody else's. */

import { RUN_ERRORS } from '../../state-machines/contract/events.ts';
import { shapeOf } from '../../state-machines/graph/shape-of.ts';
import { NonRetryableError } from './errors.ts';
import type { Attempt } from './invocation.ts';

/**
 * Takes the run for the execution, unless that has it or it is the run of its own name. Nothing may be read or written
 * of a resumed run before.
 *
 * @throws NonRetryableError where the run cannot be resumed
 */
export async function admit({ plan, event, leases }: Pick<Attempt, 'plan' | 'event' | 'leases'>): Promise<void> {
  const { execution } = event;
  if (event.run === execution) return;
  const run = { pipeline: plan.pipeline, run: event.run };
  const named = `the run "${event.run}"`;
  const lease = await leases.lease(run);
  if (!lease) {
    throw refused(
      `nothing is kept of ${named}: it has ended well, or its time is over, or there was none of that name; start a new run, and have keepOnFailure keep the next one that fails`,
    );
  }
  // A function that outlived its execution must not take what that has given back.
  if (lease.execution === execution)
    throw refused(`the execution "${execution}" has ended; start another that resumes ${named}`);
  if (lease.shape !== shapeOf(plan)) {
    throw refused(
      `${named} is of another graph: tasks, or what they take, produce or wait for, have changed since; deploy the graph that it is of, or start a new run`,
    );
  }
  const number = lease.holder + 1;
  const { by } = (await leases.holder(run, number)) ?? (await leases.take(run, number, { execution }));
  if (by === 'reaper')
    throw refused(`${named} is being deleted, as it was kept until ${lease.until}; start a new run instead`);
  if (by.execution !== execution)
    throw refused(
      `${named} is held by the execution "${by.execution}", which resumes it too; wait until that has ended, and resume it then if it failed`,
    );
}

function refused(why: string): NonRetryableError {
  return new NonRetryableError(`${RUN_ERRORS.resume}: ${why}`);
}
