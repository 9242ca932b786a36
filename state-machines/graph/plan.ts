/** A plan: a graph that has been checked, with every default filled in and every edge found. Plain, readonly data. */

import type { ConditionOn } from './conditions.ts';
import type { HookKind, HookOwner } from './declarations.ts';
import type { AnyFormat } from './formats.ts';
import type { ResourceReq, RetryDef } from './settings.ts';

export interface PlannedTask {
  readonly name: string;
  /** The tasks that must have finished before this one starts, in the order of their declaration. */
  readonly dependencies: readonly string[];
  /** Those of them that must have succeeded: it takes an output of theirs, its chunks, or a value for its condition. */
  readonly requires: readonly string[];
  readonly inputs: Readonly<Record<string, PlannedInput>>;
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
  readonly retries: number;
  readonly retry: Required<RetryDef>;
  readonly timeoutSeconds: number;
  readonly resources: Required<ResourceReq>;
  readonly expectedSeconds?: number;
  readonly when?: PlannedCondition;
  readonly each?: PlannedEach;
}

/** A task around the others. Its `dependencies` are tasks and hooks that are over before it, in any way. */
export interface PlannedHook extends PlannedTask {
  readonly hook: HookKind;
  readonly owner: HookOwner;
  /** The tasks that it is about: all of the graph, the group's, or the one. */
  readonly about: readonly string[];
}

export interface PlannedEach {
  readonly task: string;
  readonly output: string;
  readonly maxConcurrency: number;
  readonly toleratedFailures: { readonly count: number } | { readonly percentage: number };
  readonly batchSize: number;
  /** How many chunks there may be. */
  readonly maxChunks: number;
}

/** More chunks at once than this are executions of their own. About as many as Step Functions runs in one. */
export const INLINE_CONCURRENCY = 40;

export function isDistributed({ maxConcurrency }: PlannedEach): boolean {
  return maxConcurrency > INLINE_CONCURRENCY;
}

export type PlannedCondition = ConditionOn<PlannedSubject>;

export type PlannedSubject =
  | { readonly from: 'input'; readonly path: readonly string[] }
  | { readonly from: 'output'; readonly task: string; readonly output: string; readonly path: readonly string[] };

export interface PlannedInput {
  readonly task: string;
  readonly output: string;
  readonly format: AnyFormat;
  readonly optional: boolean;
}

export interface PlannedOutput {
  readonly format: AnyFormat;
  readonly durable: boolean;
  /** The values in it that conditions look at, which its task then answers with. */
  readonly reported?: readonly (readonly string[])[];
  /** The tasks that run once for each of its chunks. */
  readonly chunksOf?: readonly string[];
  /** The tasks that read it: once all of them have committed, it goes. Without them it stays until the run ends. */
  readonly releasedBy?: readonly string[];
}

export class Plan {
  readonly pipeline: string;
  /** In the order of their declaration. */
  readonly tasks: readonly PlannedTask[];
  /** In the order of their declaration. */
  readonly hooks: readonly PlannedHook[];
  readonly onTaskFailure: 'continue' | 'stop';
  readonly #tasks: ReadonlyMap<string, PlannedTask>;
  readonly #hooks: ReadonlyMap<string, PlannedHook>;

  constructor(
    pipeline: string,
    tasks: readonly PlannedTask[],
    hooks: readonly PlannedHook[] = [],
    onTaskFailure: 'continue' | 'stop' = 'continue',
  ) {
    this.pipeline = pipeline;
    this.tasks = tasks;
    this.hooks = hooks;
    this.onTaskFailure = onTaskFailure;
    this.#tasks = new Map(tasks.map((task) => [task.name, task]));
    this.#hooks = new Map(hooks.map((hook) => [hook.name, hook]));
  }

  get taskCount(): number {
    return this.tasks.length;
  }

  task(name: string): PlannedTask | undefined {
    return this.#tasks.get(name);
  }

  hook(name: string): PlannedHook | undefined {
    return this.#hooks.get(name);
  }

  /** Everything that has a function of its own: the tasks, then the hooks. */
  get functions(): readonly PlannedTask[] {
    return [...this.tasks, ...this.hooks];
  }

  /** Those inside the execution, which may touch the run's data. */
  get hooksBeforeCleanup(): readonly PlannedHook[] {
    return this.hooks.filter(({ hook }) => hook !== 'after-execution');
  }

  get hooksAfterExecution(): readonly PlannedHook[] {
    return this.hooks.filter(({ hook }) => hook === 'after-execution');
  }

  /** The tasks by wave: a task is in the first wave after all its dependencies' waves. */
  waves(): string[][] {
    const waveOf = new Map<string, number>();
    const waves: string[][] = [];
    for (const task of inDependencyOrder(this.tasks)) {
      const wave = 1 + Math.max(-1, ...task.dependencies.map((name) => waveOf.get(name) ?? -1));
      waveOf.set(task.name, wave);
    }
    for (const { name } of this.tasks) {
      const wave = waveOf.get(name) ?? 0;
      while (waves.length <= wave) waves.push([]);
      waves[wave]?.push(name);
    }
    return waves;
  }
}

/**
 * The tasks, each after all that it depends on; where that leaves a choice, in the order of their declaration.
 * Tasks on a cycle, or behind one, are left out. Kahn's algorithm (1962).
 */
export function inDependencyOrder<T extends Pick<PlannedTask, 'name' | 'dependencies'>>(tasks: readonly T[]): T[] {
  const waitingFor = new Map(tasks.map((task) => [task.name, new Set(task.dependencies).size]));
  const dependents = new Map<string, T[]>();
  for (const task of tasks) {
    for (const dependency of new Set(task.dependencies)) {
      const list = dependents.get(dependency);
      if (list) list.push(task);
      else dependents.set(dependency, [task]);
    }
  }
  const ordered = tasks.filter((task) => waitingFor.get(task.name) === 0);
  for (const task of ordered) {
    for (const dependent of dependents.get(task.name) ?? []) {
      const left = (waitingFor.get(dependent.name) ?? 0) - 1;
      waitingFor.set(dependent.name, left);
      if (left === 0) ordered.push(dependent);
    }
  }
  return ordered;
}
