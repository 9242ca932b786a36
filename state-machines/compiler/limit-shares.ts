/** How much a pipeline uses of each limit, ours and AWS's: what grows with the graph, and what tasks ask for. */

import { RESOURCES, TIMEOUT_SECONDS } from '../graph/limits.ts';
import { INLINE_CONCURRENCY, isDistributed, type Plan, type PlannedTask } from '../graph/plan.ts';
import { MAX_CHUNKS, MAX_CONCURRENCY } from '../graph/planning/each.ts';
import type { LimitUse } from './limits.ts';

export interface LimitShare {
  readonly name: string;
  readonly used: number;
  readonly allowed: number;
  readonly unit: 'bytes' | 'events' | 'resources' | 'MiB' | 'seconds' | 'chunks' | 'at once';
  readonly percent: number;
  /** `graph`: grows with it, and ends its growth. `task`: what one task asks for, however many there are. */
  readonly of: 'graph' | 'task';
  /** What contributes most, or asks for it. */
  readonly most?: string;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
export const STACK_RESOURCES = 500;
/** Of a deployment with the construct's defaults, beside its functions. */
const RESOURCES_AROUND = 35;
/** The function, its role, that role's policy, its log group. */
const RESOURCES_A_FUNCTION = 4;

/** A policy by which the machine may start executions of its own. */
const RESOURCES_OF_CHILD_EXECUTIONS = 1;

export function stackResources({ functions, tasks }: Plan): number {
  const children = tasks.some(({ each }) => each && isDistributed(each)) ? RESOURCES_OF_CHILD_EXECUTIONS : 0;
  return RESOURCES_AROUND + RESOURCES_A_FUNCTION * functions.length + children;
}

/** @returns those of the graph, then those of tasks, each from the one that is nearest to its end */
export function limitShares(plan: Plan, uses: readonly LimitUse[]): LimitShare[] {
  const resources = share('stack resources', stackResources(plan), STACK_RESOURCES, 'resources', 'graph');
  const graph = uses.map(({ name, used, limit, unit, largest }) =>
    share(name, used, limit, unit, 'graph', largest[0]?.what),
  );
  const byShare = (a: LimitShare, b: LimitShare) => b.percent - a.percent;
  return [...[...graph, resources].sort(byShare), ...ofTasks(plan).sort(byShare)];
}

function ofTasks({ functions, tasks }: Plan): LimitShare[] {
  const chunked = tasks.flatMap((task) => (task.each ? [{ ...task, each: task.each }] : []));
  const most = <T extends PlannedTask>(
    [name, unit, allowed]: readonly [string, LimitShare['unit'], number],
    among: readonly T[],
    amount: (task: T) => number,
  ): LimitShare[] => {
    const [first] = among.toSorted((a, b) => amount(b) - amount(a));
    return first ? [share(name, amount(first), allowed, unit, 'task', first.name)] : [];
  };
  const concurrency = ({ each }: (typeof chunked)[number]) => each.maxConcurrency;
  const inline = chunked.filter(({ each }) => !isDistributed(each));
  const distributed = chunked.filter(({ each }) => isDistributed(each));
  return [
    ...most(['memory', 'MiB', RESOURCES.memoryMiB.max], functions, ({ resources }) => resources.memoryMiB),
    ...most(
      ['ephemeral storage', 'MiB', RESOURCES.ephemeralStorageMiB.max],
      functions,
      ({ resources }) => resources.ephemeralStorageMiB,
    ),
    ...most(['timeout', 'seconds', TIMEOUT_SECONDS.max], functions, ({ timeoutSeconds }) => timeoutSeconds),
    ...most(['chunks', 'chunks', MAX_CHUNKS.max], chunked, ({ each }) => each.maxChunks),
    ...most(['concurrency in the execution', 'at once', INLINE_CONCURRENCY], inline, concurrency),
    ...most(['concurrency of child executions', 'at once', MAX_CONCURRENCY.max], distributed, concurrency),
  ];
}

function share(
  name: string,
  used: number,
  allowed: number,
  unit: LimitShare['unit'],
  of: LimitShare['of'],
  most?: string,
): LimitShare {
  return { name, used, allowed, unit, percent: (used / allowed) * 100, of, ...(most !== undefined && { most }) };
}
