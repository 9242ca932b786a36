/** Which runs there are, when they begin, and how each of them ends: the same for the same seed. */

import type { ForcedEnd } from '../../test/account/machine.ts';
import { Random } from './random.ts';
import { pathMilliseconds, TASKS, type Tide } from './tide.ts';

export interface PlannedRun {
  readonly name: string;
  /** When it begins, in milliseconds. */
  readonly atMs: number;
  readonly tide: Tide;
  readonly ending: 'success' | 'aborted' | 'killed';
  /** Where it is ended from outside: how long after its beginning, while its tasks are at work. */
  readonly endAfterMs: number;
  /** Nobody hears of its end. */
  readonly eventLost: boolean;
}

export interface FleetPlan {
  readonly runs: number;
  readonly seed: number;
  /** In which all of them begin. */
  readonly spanMs: number;
}

const SHARE_ENDED = 0.2;
/** Of those that are ended. */
const SHARE_LOST = 0.25;
const KIBIBYTE = 1_024;

export function planRuns({ runs, seed, spanMs }: FleetPlan): PlannedRun[] {
  const random = new Random(seed);
  const ended = Math.round(runs * SHARE_ENDED);
  const lost = Math.round(ended * SHARE_LOST);
  const fates = random.shuffled(
    Array.from({ length: runs }, (_, index) => ({
      ending: index >= ended ? ('success' as const) : index % 2 === 0 ? ('aborted' as const) : ('killed' as const),
      eventLost: index < lost,
    })),
  );
  return fates.map((fate, index) => {
    const tide = tideOf(random);
    return {
      name: `run-${String(index + 1).padStart(3, '0')}`,
      atMs: spanMs * ebbAndFlow(random.next()),
      tide,
      ...fate,
      endAfterMs: pathMilliseconds(tide) * random.between(0.05, 0.95),
    };
  });
}

/** As Step Functions ends an execution by an operator's hand, and by its own. */
export function endOf(ending: 'aborted' | 'killed'): ForcedEnd {
  return ending === 'aborted'
    ? { status: 'ABORTED', cause: 'an operator stopped it' }
    : {
        status: 'FAILED',
        error: 'States.Runtime',
        cause: 'The execution reached the maximum number of history events (25000).',
      };
}

/** A share of the span: twice in it, after a quarter and after three, many come together. */
function ebbAndFlow(uniform: number): number {
  return uniform + (0.6 * Math.sin(4 * Math.PI * uniform)) / (4 * Math.PI);
}

function tideOf(random: Random): Tide {
  const each = (least: number, most: number) =>
    Object.fromEntries(TASKS.map((task) => [task, Math.round(random.between(least, most))]));
  return { milliseconds: each(300, 1_000), bytes: each(50 * KIBIBYTE, 250 * KIBIBYTE) } as unknown as Tide;
}
