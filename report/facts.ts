/** What the parts of the report are made of: the tasks and hooks with what is planned, told and reported of each. */

import type { Links } from '../history/links.ts';
import type { RunHistory, TaskHistory } from '../history/run-history.ts';
import type { TaskResult } from '../state-machines/contract/result.ts';
import type { Plan, PlannedTask } from '../state-machines/graph/plan.ts';

export interface Facts {
  readonly plan: Plan;
  readonly history: RunHistory;
  readonly links: Links;
  /** When the report was made, ISO 8601. */
  readonly madeAt: string;
  /** From the run's start to its end, or to when the report was made. */
  readonly totalMs: number;
  /** When the execution was ended with attempts under way: what came then was its finalizer's. */
  readonly cutOffMs?: number;
  /** Until the first attempt began: here, the time that bundling and synthesis took. */
  readonly preparingMs: number;
  readonly tasks: readonly Part[];
  readonly hooks: readonly Part[];
  /** From the run's start to a time, within its whole. */
  msOf(at: string): number;
}

/** A task or a hook. All times in milliseconds since the run began. */
export interface Part {
  readonly name: string;
  /** Of its row in the table. */
  readonly id: string;
  readonly history: TaskHistory;
  /** Undefined where the run was of an older plan. */
  readonly planned?: PlannedTask;
  readonly result?: TaskResult;
  /** When all that it depends on was over, where it began. */
  readonly readyMs?: number;
  readonly startMs?: number;
  /** Of one that goes on: as far as it is told. */
  readonly endMs?: number;
}

/** @param madeAt ISO 8601 */
export function factsOf(plan: Plan, history: RunHistory, links: Links, madeAt: string): Facts {
  const began = Date.parse(history.startedAt);
  const times = history.tasks.flatMap(({ attempts, endedAt }) => [
    ...(endedAt ? [endedAt] : []),
    ...attempts.flatMap((attempt) => [attempt.startedAt, attempt.endedAt ?? attempt.startedAt]),
  ]);
  const ends = [...times, ...history.held.map(({ at }) => at), history.endedAt ?? madeAt].map((at) => Date.parse(at));
  const totalMs = Math.max(1, ends.reduce((last, ms) => Math.max(last, ms || 0), 0) - began || 0);
  const msOf = (at: string) => Math.min(totalMs, Math.max(0, Date.parse(at) - began || 0));
  const begins = history.tasks.flatMap(({ startedAt }) => (startedAt ? [msOf(startedAt)] : []));
  const preparingMs = begins.length > 0 ? begins.reduce((first, ms) => Math.min(first, ms)) : totalMs;

  const cutOff = history.tasks.flatMap(({ attempts }) => attempts).find(({ status }) => status === 'STOPPED')?.endedAt;

  const byName = new Map(history.tasks.map((task) => [task.name, task]));
  const endMsOf = (task: TaskHistory | undefined) =>
    task?.endedAt && task.status !== 'RUNNING' && task.status !== 'RETRYING' ? msOf(task.endedAt) : undefined;
  const cleanedMs = history.cleanups.reduce((last, { endedAt }) => Math.max(last, endedAt ? msOf(endedAt) : 0), 0);
  const readyMsOf = (name: string) => {
    const hook = plan.hook(name);
    const before = [...(plan.task(name)?.dependencies ?? []), ...(hook ? [...hook.dependencies, ...hook.about] : [])];
    const first = hook?.hook === 'after-execution' ? cleanedMs : preparingMs;
    return before.reduce((ready, name) => Math.max(ready, endMsOf(byName.get(name)) ?? 0), first);
  };
  const part = (task: TaskHistory, id: string): Part => {
    const { name, startedAt } = task;
    const planned = plan.task(name) ?? plan.hook(name);
    const result = history.result?.hooks?.[name] ?? history.result?.tasks[name];
    const startMs = startedAt === undefined ? undefined : msOf(startedAt);
    const endMs = startMs === undefined ? undefined : (endMsOf(task) ?? totalMs);
    return {
      name,
      id,
      history: task,
      ...(planned && { planned }),
      ...(result && { result }),
      ...(startMs !== undefined && { startMs, readyMs: Math.min(startMs, readyMsOf(name)) }),
      ...(endMs !== undefined && { endMs }),
    };
  };
  return {
    plan,
    history,
    links,
    madeAt,
    totalMs,
    ...(cutOff !== undefined && { cutOffMs: msOf(cutOff) }),
    preparingMs,
    tasks: history.tasks.filter(({ hook }) => !hook).map((task, index) => part(task, `task-${index + 1}`)),
    hooks: history.tasks.filter(({ hook }) => hook).map((task, index) => part(task, `hook-${index + 1}`)),
    msOf,
  };
}

export function isOver({ status }: RunHistory): boolean {
  return status !== 'RUNNING';
}

/** How long it took: with all its attempts, and the waits between them. */
export function durationMsOf({ startMs, endMs }: Part): number | undefined {
  return startMs === undefined || endMs === undefined ? undefined : endMs - startMs;
}

export function waitMsOf({ readyMs, startMs }: Part): number | undefined {
  return readyMs === undefined || startMs === undefined ? undefined : startMs - readyMs;
}

/** The tasks whose failure a skipped one was skipped for; the nearest ones upstream. */
export function failedBefore(part: Part, { tasks }: Facts): string[] {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const failed = new Set<string>();
  const seen = new Set<string>();
  const walk = (planned: PlannedTask | undefined) => {
    for (const name of planned?.dependencies ?? []) {
      const before = byName.get(name);
      if (!before || seen.has(name)) continue;
      seen.add(name);
      if (before.history.status === 'FAILED') failed.add(name);
      else if (before.history.status === 'SKIPPED') walk(before.planned);
    }
  };
  walk(part.planned);
  return tasks.flatMap(({ name }) => (failed.has(name) ? [name] : []));
}

export interface DurableOutput {
  readonly part: Part;
  readonly output: string;
  readonly key: string;
  readonly bytes: number;
  readonly rows?: number;
}

export function durableOutputs({ tasks, hooks }: Facts): DurableOutput[] {
  return [...tasks, ...hooks].flatMap((part) =>
    Object.entries(part.result?.outputs ?? {}).flatMap(([output, { resultKey, bytes, rows }]) =>
      resultKey === undefined ? [] : [{ part, output, key: resultKey, bytes, ...(rows !== undefined && { rows }) }],
    ),
  );
}
