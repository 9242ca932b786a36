/**
 * What is known at each place of a branch, and so what has to be asked there.
 *
 * A task runs only where nothing upstream of it has failed and what it needs was not omitted. A guard asks for that, but
 * only for what is not certain already: on some way to the task, what must have ended well may have failed, or not run.
 */

import type { PlannedCondition, PlannedTask } from '../../graph/plan.ts';
import { BitSet, type Order } from '../relation.ts';
import { type Parallel, type Structure, tasksOf } from '../structure.ts';
import { type HookNode, type MachineNode, needsAnyOf, type TaskNode } from './nodes.ts';

/** What is known wherever a place is reached. */
export interface Known {
  readonly succeeded: BitSet;
  /** Succeeded or omitted: not failed, and not skipped. */
  readonly endedWell: BitSet;
}

export interface FlowContext {
  readonly order: Order;
  readonly nodeOf: (name: string) => MachineNode;
  readonly omittable: ReadonlySet<string>;
  readonly onTaskFailure: 'continue' | 'stop';
}

export type Step = TaskStep | HookStep | ParallelStep;

export interface TaskStep {
  readonly kind: 'task';
  readonly node: TaskNode;
  readonly asks: Asks;
  /** The index of the step to go on with when the task fails, or is skipped. */
  readonly onFailure: number;
}

/** What a task's guard asks. Nothing in it: the task has no guard. */
export interface Asks {
  /** These have ended well; else the task is skipped. */
  readonly endedWell: readonly string[];
  /** And these have not been omitted, and one of the others has not, and the condition holds; else it is omitted. */
  readonly succeeded: readonly string[];
  readonly oneSucceeded: readonly string[];
  readonly when?: PlannedCondition;
}

export interface HookStep {
  readonly kind: 'hook';
  readonly name: string;
  readonly node: HookNode;
  /** One of the tasks that it is about is certain to have run. */
  readonly certain: boolean;
}

export interface ParallelStep {
  readonly kind: 'parallel';
  readonly parallel: Parallel;
  readonly known: Known;
}

export function nothingKnown(order: Order): Known {
  return { succeeded: new BitSet(order.tasks.length), endedWell: new BitSet(order.tasks.length) };
}

/** @param known wherever the sequence is entered */
export function planSteps(parts: readonly Structure[], known: Known, context: FlowContext): Step[] {
  const { order, nodeOf, onTaskFailure } = context;
  const knownAt: (Known | undefined)[] = [known];
  const leadTo = (index: number, { succeeded, endedWell }: Known) => {
    const before = knownAt[index];
    if (!before) {
      knownAt[index] = { succeeded: succeeded.copy(), endedWell: endedWell.copy() };
      return;
    }
    before.succeeded.retainAll(succeeded);
    before.endedWell.retainAll(endedWell);
  };
  return parts.map((part, index): Step => {
    const here = knownAt[index] ?? known;
    if (part.kind === 'sequence') throw new Error('a sequence inside a sequence: nesting merges them');
    if (part.kind === 'parallel') {
      leadTo(index + 1, here);
      return { kind: 'parallel', parallel: part, known: here };
    }
    const node = nodeOf(part.task);
    if (node.kind === 'hook') {
      leadTo(index + 1, here);
      const certain = node.hook.about.some((name) => here.succeeded.has(order.indexOf.get(name) ?? -1));
      return { kind: 'hook', name: part.task, node, certain };
    }
    const own = order.indexOf.get(part.task) ?? 0;
    const descendants = order.descendants[own] as BitSet;
    let onFailure = index + 1;
    while (onFailure < parts.length && waitsFor(parts[onFailure] as Structure, descendants, context)) onFailure++;

    const asks = asksOf(node.task, own, here, context);
    if (onTaskFailure === 'continue') {
      if (asks.endedWell.length > 0) leadTo(onFailure, here);
      leadTo(onFailure, knownAfter(here, own, 'FAILED', context));
    }
    if (canBeOmitted(asks)) leadTo(index + 1, knownAfter(here, own, 'OMITTED', context));
    leadTo(index + 1, knownAfter(here, own, 'SUCCEEDED', context));
    return { kind: 'task', node, asks, onFailure };
  });
}

export function canBeOmitted({ succeeded, oneSucceeded, when }: Asks): boolean {
  return succeeded.length > 0 || oneSucceeded.length > 0 || when !== undefined;
}

/** Whether all of a part is skipped with a task of these descendants. Hooks never are. */
function waitsFor(part: Structure, descendants: BitSet, { order, nodeOf }: FlowContext): boolean {
  return tasksOf(part).every((name) => nodeOf(name).kind === 'task' && descendants.has(order.indexOf.get(name) ?? -1));
}

function asksOf(
  task: PlannedTask,
  own: number,
  { succeeded, endedWell }: Known,
  { order, omittable, onTaskFailure }: FlowContext,
): Asks {
  const has = (set: BitSet) => (name: string) => set.has(order.indexOf.get(name) ?? -1);
  const oneOf = needsAnyOf(task, omittable);
  return {
    // Where a failure ends the run, whatever is reached has only good endings before it.
    endedWell: onTaskFailure === 'stop' ? [] : nearest(order, own).filter((name) => !has(endedWell)(name)),
    succeeded: task.requires.filter((name) => omittable.has(name) && !has(succeeded)(name)),
    oneSucceeded: oneOf.some(has(succeeded)) ? [] : oneOf,
    ...(task.when && { when: task.when }),
  };
}

/**
 * What is known once a task has ended. However it did, everything before it ended well, or it would have been skipped;
 * and where it has run, what it needs has succeeded.
 */
function knownAfter(here: Known, own: number, status: 'SUCCEEDED' | 'FAILED' | 'OMITTED', context: FlowContext): Known {
  const { order, omittable } = context;
  const ancestors = order.ancestors[own] as BitSet;
  const known = { succeeded: here.succeeded.copy(), endedWell: here.endedWell.copy() };
  known.endedWell.addAll(ancestors);
  known.succeeded.addAll(neverOmitted(ancestors, order, omittable));
  if (status !== 'OMITTED') {
    for (const name of requiredBy(context, own)) known.succeeded.add(order.indexOf.get(name) ?? 0);
  }
  if (status !== 'FAILED') known.endedWell.add(own);
  if (status === 'SUCCEEDED') known.succeeded.add(own);
  return known;
}

function neverOmitted(ancestors: BitSet, order: Order, omittable: ReadonlySet<string>): BitSet {
  if (omittable.size === 0) return ancestors;
  const certain = ancestors.copy();
  for (const name of omittable) certain.remove(order.indexOf.get(name) ?? -1);
  return certain;
}

/** What a task requires, and what those require: had one of them been omitted, it would have been too. */
function requiredBy({ order, nodeOf, omittable }: FlowContext, own: number): Set<string> {
  if (omittable.size === 0) return new Set();
  const first = order.tasks[own]?.name ?? '';
  const required = new Set([first]);
  for (const name of required) {
    const node = nodeOf(name);
    if (node.kind === 'task') for (const other of node.task.requires) required.add(other);
  }
  required.delete(first);
  return required;
}

/** The dependencies of which all others follow: if they ended well, all did. */
function nearest({ tasks, nearest }: Order, own: number): string[] {
  return (nearest[own] ?? []).toSorted((a, b) => a - b).map((index) => tasks[index]?.name ?? '');
}
