/** The durations that a pipeline is given, as far as AWS takes them. */

import { Duration } from 'aws-cdk-lib';
import { UsageError } from '../state-machines/contract/errors.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { show } from '../state-machines/contract/show.ts';

/** Step Functions gives an execution's name out again after 90 days, and with it the run's prefix. */
const LONGEST_KEEP = Duration.days(60);
const SHORTEST_VISIT = Duration.minutes(1);

/** JavaScript checks no types. @param what names it in the error. @throws UsageError where it is no Duration */
export function durationOf(given: Duration, what: string): Duration {
  if (isObject(given) && typeof given.toSeconds === 'function') return given;
  throw new UsageError('InvalidOption', `${what} is ${show(given)}; give a Duration, such as Duration.hours(1)`);
}

/**
 * In whole seconds, as the state machine is told.
 *
 * @throws UsageError
 */
export function checkedTimeout(timeout: Duration): Duration {
  const seconds = durationOf(timeout, 'timeout').toSeconds({ integral: false });
  if (Number.isSafeInteger(seconds) && seconds > 0) return timeout;
  throw new UsageError(
    'InvalidOption',
    `timeout is ${timeout.toHumanString()}; it must be whole seconds, and one at the least`,
  );
}

/**
 * In whole seconds, as the state machine is told; 60 days at the most.
 *
 * @throws UsageError
 */
export function checkedKeep(keepOnFailure: Duration): Duration {
  const seconds = durationOf(keepOnFailure, 'keepOnFailure').toSeconds({ integral: false });
  if (Number.isSafeInteger(seconds) && seconds <= LONGEST_KEEP.toSeconds()) return keepOnFailure;
  throw new UsageError(
    'InvalidOption',
    `keepOnFailure is ${keepOnFailure.toHumanString()}; it must be whole seconds, and ${LONGEST_KEEP.toDays()} days at the most: what is wanted for longer is a result, so make the output durable(…)`,
  );
}

/** In whole minutes, as EventBridge takes a rate. @throws UsageError */
export function checkedRate(reapEvery: Duration): Duration {
  const minutes = durationOf(reapEvery, 'reapEvery').toMinutes({ integral: false });
  if (Number.isSafeInteger(minutes) && minutes >= SHORTEST_VISIT.toMinutes()) return reapEvery;
  throw new UsageError(
    'InvalidOption',
    `reapEvery is ${reapEvery.toHumanString()}; it must be whole minutes, and one at the least`,
  );
}
