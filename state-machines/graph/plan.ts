/** A plan: a graph that has been checked, with every default filled in and every edge found. Plain, readonly data. */

import type { AnyFormat } from './formats.ts';
import type { ResourceReq, RetryDef } from './settings.ts';

export interface PlannedTask {
  readonly name: string;
  /** The tasks that must have finished before this one starts, in the order of their declaration. */
  readonly dependencies: readonly string[];
  readonly inputs: Readonly<Record<string, PlannedInput>>;
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
  readonly retries: number;
  readonly retry: Required<RetryDef>;
  readonly timeoutSeconds: number;
  readonly resources: Required<ResourceReq>;
  readonly expectedSeconds?: number;
}

export interface PlannedInput {
  readonly task: string;
  readonly output: string;
  readonly format: AnyFormat;
  readonly optional: boolean;
}

export interface PlannedOutput {
  readonly format: AnyFormat;
  readonly durable: boolean;
}

export class Plan {
  readonly pipeline: string;
  /** In the order of their declaration. */
  readonly tasks: readonly PlannedTask[];
  readonly #byName: ReadonlyMap<string, PlannedTask>;

  constructor(pipeline: string, tasks: readonly PlannedTask[]) {
    this.pipeline = pipeline;
    this.tasks = tasks;
    this.#byName = new Map(tasks.map((task) => [task.name, task]));
  }

  get taskCount(): number {
    return this.tasks.length;
  }

  task(name: string): PlannedTask | undefined {
    return this.#byName.get(name);
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
