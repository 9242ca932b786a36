/**
 * The rules of a run, written down plainly: how each task ends, which hooks run, and what comes before what. It knows
 * the pipeline as it was declared and nothing of how it is planned, compiled or run.
 */

import type { Condition, TaskStatus } from '../../state-machines/index.ts';
import type { Behaviour, GroupSpec, HookSpec, Spec, TaskSpec } from './spec.ts';

export type Statuses = Readonly<Record<string, TaskStatus>>;

/** How every task ends where no failure and no error ends the run early. */
export function statusesOf(spec: Spec, behaviour: Behaviour): Statuses {
  const statuses: Record<string, TaskStatus> = {};
  const statusOf = (name: string): TaskStatus => {
    const task = taskOf(spec, name);
    statuses[name] ??= decide(spec, task, behaviour, statusOf);
    return statuses[name];
  };
  for (const { name } of spec.tasks) statusOf(name);
  return statuses;
}

function decide(spec: Spec, task: TaskSpec, behaviour: Behaviour, statusOf: (task: string) => TaskStatus): TaskStatus {
  const dependencies = dependenciesOf(spec, task).map(statusOf);
  const required = requiredBy(spec, task).map(statusOf);
  const takesOptional = (task.takesOptional ?? []).length > 0;

  if (dependencies.some((status) => status === 'FAILED' || status === 'SKIPPED')) return 'SKIPPED';
  if (required.includes('OMITTED')) return 'OMITTED';
  if (dependencies.length > 0 && required.length === 0 && !takesOptional) {
    if (dependencies.every((status) => status === 'OMITTED')) return 'OMITTED';
  }
  if (!conditionsOf(spec, task).every((condition) => holds(condition, behaviour))) return 'OMITTED';
  return behaviour.failing?.has(task.name) ? 'FAILED' : 'SUCCEEDED';
}

/** What a task waits for. */
export function dependenciesOf(spec: Spec, task: TaskSpec): string[] {
  return [...new Set([...requiredBy(spec, task), ...(task.takesOptional ?? []), ...(task.after ?? [])])];
}

/** Those of them of which it requires something: data, or a value for a condition. */
function requiredBy(spec: Spec, task: TaskSpec): string[] {
  return [...(task.takes ?? []), ...conditionsOf(spec, task).flatMap(tasksLookedAt)];
}

/** A task's own condition, and those of the groups that it is in. */
function conditionsOf(spec: Spec, task: TaskSpec): Condition[] {
  return [task, ...groupsAround(spec, task.group)].flatMap(({ when }) => (when ? [when] : []));
}

function tasksLookedAt(condition: Condition): string[] {
  switch (condition.kind) {
    case 'test':
      return condition.subject.from === 'output' ? [lookedAt(condition.subject.ref)] : [];
    case 'not':
      return tasksLookedAt(condition.condition);
    default:
      return condition.conditions.flatMap(tasksLookedAt);
  }
}

/** A value that is not there passes no test, one of another type none but whether it is there. */
function holds(condition: Condition, behaviour: Behaviour): boolean {
  switch (condition.kind) {
    case 'all':
      return condition.conditions.every((part) => holds(part, behaviour));
    case 'any':
      return condition.conditions.some((part) => holds(part, behaviour));
    case 'not':
      return !holds(condition.condition, behaviour);
    default: {
      const { subject, test } = condition;
      const whole = subject.from === 'input' ? behaviour.input : (behaviour.data?.[lookedAt(subject.ref)] ?? {});
      const value = subject.path.reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], whole);
      if (test.is === 'present') return value !== undefined;
      if (test.is === 'equal') return value === test.value;
      if (typeof value !== typeof test.value) return false;
      const comparable = value as number | string;
      if (test.is === 'less') return comparable < test.value;
      if (test.is === 'at most') return comparable <= test.value;
      if (test.is === 'greater') return comparable > test.value;
      return comparable >= test.value;
    }
  }
}

/** How the run has gone, as far as hooks care. */
export interface Course {
  readonly statuses: Partial<Statuses>;
  /** A failure or an error has ended it early. */
  readonly ended: boolean;
}

/** Whether there is a reason to run a hook. */
export function isDue(spec: Spec, hook: HookSpec, { statuses, ended }: Course): boolean {
  const about = tasksAbout(spec, hook).map((task) => statuses[task]);
  const failed = about.includes('FAILED');
  if (hook.kind === 'errors') return failed || (!hook.of && ended);
  return !hook.of || failed || about.includes('SUCCEEDED');
}

/** The tasks that a hook is about. */
export function tasksAbout(spec: Spec, { of: owner }: HookSpec): string[] {
  return spec.tasks
    .filter(({ name, group }) => {
      if (!owner) return true;
      return 'task' in owner ? name === owner.task : isInside(spec, group, owner.group);
    })
    .map(({ name }) => name);
}

/** What must be over before what starts, where both run at all. */
export function orderIn(spec: Spec): { before: string; after: string }[] {
  const { tasks, hooks = [] } = spec;
  return [
    ...tasks.flatMap((task) => dependenciesOf(spec, task).map((before) => ({ before, after: task.name }))),
    ...hooks.flatMap((hook) => [
      ...tasksAbout(spec, hook).map((before) => ({ before, after: hook.name })),
      ...(hook.after ?? []).map((before) => ({ before, after: hook.name })),
      ...hooks
        .filter((other) => comesBefore(spec, other, hook))
        .map(({ name }) => ({ before: name, after: hook.name })),
    ]),
  ];
}

/** Local handlers, then hooks of groups from the inside out, then the graph's; errors tasks before finally tasks. */
function comesBefore(spec: Spec, hook: HookSpec, later: HookSpec): boolean {
  if (JSON.stringify(hook.of) === JSON.stringify(later.of)) return hook.kind === 'errors' && later.kind === 'finally';
  if (!later.of) return true;
  if ('task' in later.of || !hook.of) return false;
  const inside = 'task' in hook.of ? taskOf(spec, hook.of.task).group : groupOf(spec, hook.of.group).group;
  return isInside(spec, inside, later.of.group);
}

/**
 * The errors that a run may end with; none where all is well. What went wrong first is what it reports: that a finally
 * task or the cleanup failed too hides nothing.
 */
export function errorsOf(
  { hooks = [] }: Spec,
  { statuses, endedBy }: { readonly statuses: Partial<Statuses>; readonly endedBy: string | undefined },
  { failedHooks, cleanupFailed }: { readonly failedHooks: ReadonlySet<string>; readonly cleanupFailed: boolean },
): string[] {
  if (endedBy !== undefined) return [endedBy.startsWith('States.') ? 'RunFailed' : endedBy];
  if (Object.values(statuses).includes('FAILED')) return ['TaskFailed'];
  const finallyFailed = hooks.some(({ name, kind }) => kind === 'finally' && failedHooks.has(name));
  return [...(finallyFailed ? ['FinallyFailed'] : []), ...(cleanupFailed ? ['CleanupFailed'] : [])];
}

function isInside(spec: Spec, group: string | undefined, outer: string): boolean {
  return groupsAround(spec, group).some(({ name }) => name === outer);
}

/** A group and those around it. */
function groupsAround(spec: Spec, name: string | undefined): GroupSpec[] {
  if (name === undefined) return [];
  const group = groupOf(spec, name);
  return [group, ...groupsAround(spec, group.group)];
}

function groupOf({ groups = [] }: Spec, name: string): GroupSpec {
  return groups.find((group) => group.name === name) ?? { name };
}

function taskOf({ tasks }: Spec, name: string): TaskSpec {
  return tasks.find((task) => task.name === name) ?? { name };
}

/** `check.data` → `check` */
function lookedAt(ref: { readonly task: string } | { readonly name: string }): string {
  return 'task' in ref ? ref.task : (ref.name.split('.')[0] ?? '');
}
