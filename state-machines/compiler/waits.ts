/**
 * What each task waits for, and why: what the graph says, and what only the nesting adds.
 *
 * Followed from task to task, the two together are the whole order of the nested machine, and nothing else.
 */

import type { Plan, PlannedTask } from '../graph/plan.ts';
import { subjectsOf } from '../graph/planning/conditions.ts';
import { secondsOf } from './estimate.ts';
import { type GraphNode, orderOf } from './relation.ts';
import type { Structure } from './structure.ts';

export interface TaskWaits {
  readonly task: string;
  /** The tasks that it depends on (of a hook: and the hooks before it), in the order of its plan. */
  readonly for: readonly Wait[];
  /** Barriers that no edge of the graph asks for; left out where there are none. */
  readonly nesting?: NestingWait;
}

export interface Wait {
  readonly on: string;
  /** At least one. */
  readonly reasons: readonly WaitReason[];
}

export type WaitReason =
  | { readonly kind: 'input'; readonly input: string; readonly output: string; readonly optional: boolean }
  | { readonly kind: 'chunks'; readonly output: string }
  | { readonly kind: 'condition'; readonly output: string; readonly path: readonly string[] }
  /** Said with addDependency, or by what a hook is. */
  | { readonly kind: 'order' };

export interface NestingWait {
  /** What ends right before it can start, and is not upstream of it. */
  readonly behind: readonly string[];
  /** How long it stands still for them once its own dependencies are over, by the tasks' `expectedSeconds`. */
  readonly seconds: number;
}

/**
 * @param nodes the tasks, and the hooks that are nested with them, with the dependencies by which they were
 * @returns one for each of them, in their order
 */
export function waitsOf(plan: Plan, nodes: readonly GraphNode[], structure: Structure): TaskWaits[] {
  const nested = nestingWaits(nodes, structure);
  return nodes.map(({ name, dependencies }) => {
    const planned = plan.task(name) ?? plan.hook(name);
    const nesting = nested.get(name);
    return {
      task: name,
      for: planned ? dependenciesOf({ ...planned, dependencies }) : [],
      ...(nesting && { nesting }),
    };
  });
}

/** Why a task waits for each of its dependencies. */
export function dependenciesOf(task: PlannedTask): Wait[] {
  const found = new Map<string, WaitReason[]>();
  const note = (on: string, reason: WaitReason) => found.set(on, [...(found.get(on) ?? []), reason]);
  for (const [input, { task: on, output, optional }] of Object.entries(task.inputs)) {
    note(on, { kind: 'input', input, output, optional });
  }
  if (task.each) note(task.each.task, { kind: 'chunks', output: task.each.output });
  for (const subject of task.when ? subjectsOf(task.when) : []) {
    if (subject.from === 'output')
      note(subject.task, { kind: 'condition', output: subject.output, path: subject.path });
  }
  // What a hook of the graph takes is over before it for what it is.
  const names = new Set([...task.dependencies, ...found.keys()]);
  return [...names].map((on) => ({ on, reasons: distinct(found.get(on) ?? [{ kind: 'order' }]) }));
}

function distinct(reasons: readonly WaitReason[]): WaitReason[] {
  return [...new Map(reasons.map((reason) => [JSON.stringify(reason), reason])).values()];
}

/** The barriers that a nesting adds, by the task that stands still at them. */
export function nestingWaits(nodes: readonly GraphNode[], structure: Structure): Map<string, NestingWait> {
  const order = orderOf(nodes);
  const seconds = secondsOf(nodes);
  const started = startsOf(structure, seconds);
  const endOf = (name: string) => (started.get(name) ?? 0) + seconds(name);
  const waits = new Map<string, NestingWait>();
  walk(structure, [], (task, before) => {
    const own = order.indexOf.get(task) ?? -1;
    const behind = before.filter((name) => !order.ancestors[own]?.has(order.indexOf.get(name) ?? -1));
    if (behind.length === 0) return;
    const ready = Math.max(0, ...(order.nearest[own] ?? []).map((index) => endOf(order.tasks[index]?.name ?? '')));
    waits.set(task, { behind, seconds: Math.max(0, (started.get(task) ?? 0) - ready) });
  });
  return waits;
}

/** Calls back with each task and the tasks that end right before its place. */
function walk(
  structure: Structure,
  before: readonly string[],
  visit: (task: string, before: readonly string[]) => void,
): void {
  if (structure.kind === 'task') visit(structure.task, before);
  let last = before;
  for (const part of structure.kind === 'task' ? [] : structure.parts) {
    walk(part, last, visit);
    if (structure.kind === 'sequence') last = lastOf(part);
  }
}

/** The tasks with which a part ends. */
function lastOf(structure: Structure): readonly string[] {
  if (structure.kind === 'task') return [structure.task];
  const last = structure.kind === 'sequence' ? structure.parts.slice(-1) : structure.parts;
  return last.flatMap(lastOf);
}

function startsOf(structure: Structure, seconds: (task: string) => number): Map<string, number> {
  const starts = new Map<string, number>();
  const place = (part: Structure, at: number): number => {
    if (part.kind === 'task') {
      starts.set(part.task, at);
      return at + seconds(part.task);
    }
    let end = at;
    for (const inner of part.parts) {
      const over = place(inner, part.kind === 'sequence' ? end : at);
      end = part.kind === 'sequence' ? over : Math.max(end, over);
    }
    return end;
  };
  place(structure, 0);
  return starts;
}
