/** What a part of the machine is made of: tasks, and hooks at their place. */

import { inDependencyOrder, type PlannedHook, type PlannedTask } from '../../graph/plan.ts';

export type MachineNode = TaskNode | HookNode;

export interface TaskNode {
  readonly kind: 'task';
  readonly task: PlannedTask;
  /** Run one after the other when the task has failed. */
  readonly handlers: readonly PlannedHook[];
}

export interface HookNode {
  readonly kind: 'hook';
  readonly hook: PlannedHook;
  /**
   * `always`; or only where one of its tasks has `failed`, or `ran` at all; or `late`: behind a run that was ended before
   * it could run in it.
   */
  readonly runs: 'always' | 'failed' | 'ran' | 'late';
}

/** Tasks that may end up OMITTED; all others that are reached without a failure upstream do run. */
export function omittableTasks(tasks: readonly PlannedTask[]): ReadonlySet<string> {
  const omittable = new Set<string>();
  for (const task of inDependencyOrder(tasks)) {
    if (task.when || task.requires.some((name) => omittable.has(name)) || needsAnyOf(task, omittable).length > 0)
      omittable.add(task.name);
  }
  return omittable;
}

/**
 * A task that takes nothing of the tasks before it is omitted with them, but only if all of them are.
 *
 * @returns those of which one must have succeeded; none where the task is certain to have one
 */
export function needsAnyOf(task: PlannedTask, omittable: ReadonlySet<string>): readonly string[] {
  // Inputs that are not optional are among what it requires.
  if (task.requires.length > 0 || Object.keys(task.inputs).length > 0) return [];
  return task.dependencies.every((name) => omittable.has(name)) ? task.dependencies : [];
}
