/**
 * Writes the states of one branch: a sequence of tasks and Parallel states.
 *
 * State data inside a branch is `{ out, up? }`. `out` starts empty; each task leaves its mark there, `{ status }` or the
 * error that was caught, and a Parallel leaves the `out` of each of its branches under its own name. Every exit of the
 * branch hands on `$.out`. `up` is the state data around the Parallel, there only where a guard has to look outside.
 * A task that did not run leaves no mark, so guards ask whether a mark is present before they read it: no path that
 * could be missing is ever read, which would be the uncatchable States.Runtime.
 */

import type { PlannedTask } from '../graph/plan.ts';
import { all, type Branch, type ChoiceState, type Condition, path, type State } from './asl.ts';
import type { Order } from './relation.ts';
import type { Parallel, Structure } from './structure.ts';
import { taskState } from './task-state.ts';

export interface BranchContext {
  readonly order: Order;
  readonly names: StateNames;
  readonly taskOf: (task: string) => PlannedTask;
  readonly placeholderOf: (task: string) => string;
}

export interface CompiledBranch {
  readonly branch: Branch;
  /** Where a task of this branch leaves its mark, from the branch's `$.out`: `['a']`, `['b + c'][0]['b']`. */
  readonly marks: ReadonlyMap<string, string>;
  /** Paths outside the branch (`$.up…`) that its guards read. */
  readonly outerReads: ReadonlySet<string>;
  /** States entered when every task succeeds. */
  readonly statesEntered: number;
}

/** Where to find the mark of a task, as a path into the state data at this place. */
type FindMark = (task: string) => string;

/**
 * @param known tasks that have succeeded whenever this branch is entered
 * @param findOuter finds the marks of tasks outside the branch
 */
export function compileBranch(
  structure: Structure,
  known: ReadonlySet<string>,
  findOuter: FindMark,
  context: BranchContext,
): CompiledBranch {
  const parts = structure.kind === 'sequence' ? structure.parts : [structure];
  const steps = planSteps(parts, known, context);
  const end = `${steps.at(-1)?.name} end`;
  const entryOf = (index: number) => steps[index]?.guard?.name ?? steps[index]?.name ?? end;

  const states: Record<string, State> = {};
  const marks = new Map<string, string>();
  const outerReads = new Set<string>();
  let statesEntered = 0;
  let endUsed = false;

  const findMark: FindMark = (task) => {
    const mark = marks.get(task);
    return mark === undefined ? findOuter(task) : `$.out${mark}`;
  };
  const noteRead = (mark: string) => {
    if (mark.startsWith('$.up')) outerReads.add(mark);
  };

  for (const [index, step] of steps.entries()) {
    const exit =
      index + 1 < steps.length ? { Next: entryOf(index + 1) } : ({ OutputPath: '$.out', End: true } as const);
    endUsed ||= step.kind === 'task' && step.onFailure >= steps.length;
    statesEntered += 1;
    if (step.kind === 'task') {
      const onFailure = entryOf(step.onFailure);
      if (step.guard) {
        const waitsFor = step.guard.waitsFor.map(findMark);
        waitsFor.forEach(noteRead);
        states[step.guard.name] = guardState(waitsFor, step.name, onFailure);
        statesEntered += 1;
      }
      const mark = path('', step.name);
      states[step.name] = taskState(
        step.task,
        context.placeholderOf(step.name),
        path('$.out', step.name),
        onFailure,
        exit,
      );
      marks.set(step.name, mark);
      continue;
    }
    const inner = step.parallel.parts.map((part) =>
      compileBranch(part, step.known, (task) => findMark(task).replace('$', '$.up'), context),
    );
    for (const [branchIndex, compiled] of inner.entries()) {
      for (const [task, mark] of compiled.marks) marks.set(task, path('', step.name, branchIndex) + mark);
      statesEntered += compiled.statesEntered;
      for (const read of compiled.outerReads) noteRead(read.replace('$.up', '$'));
    }
    const readsOutside = inner.some((compiled) => compiled.outerReads.size > 0);
    states[step.name] = {
      Type: 'Parallel',
      Parameters: { out: {}, ...(readsOutside && { 'up.$': '$' }) },
      Branches: inner.map((compiled) => compiled.branch),
      ResultPath: path('$.out', step.name),
      ...exit,
    };
  }
  if (endUsed) states[end] = { Type: 'Pass', OutputPath: '$.out', End: true };
  return { branch: { StartAt: entryOf(0), States: states }, marks, outerReads, statesEntered };
}

type Step =
  | {
      readonly kind: 'task';
      readonly name: string;
      readonly task: PlannedTask;
      readonly guard?: { readonly name: string; readonly waitsFor: readonly string[] };
      /** The step to go on with when the task fails or cannot run. */
      readonly onFailure: number;
    }
  | {
      readonly kind: 'parallel';
      readonly name: string;
      readonly parallel: Parallel;
      /** Tasks that have succeeded whenever the Parallel is entered. */
      readonly known: ReadonlySet<string>;
      readonly guard?: undefined;
    };

/**
 * Decides where guards stand. A guard is needed where the tasks that a task depends on are not known to have succeeded
 * on every way that leads to it.
 */
function planSteps(parts: readonly Structure[], known: ReadonlySet<string>, context: BranchContext): Step[] {
  const { order, names } = context;
  const knownAt: (ReadonlySet<string> | undefined)[] = [known];
  const leadTo = (index: number, succeeded: ReadonlySet<string>) => {
    const before = knownAt[index];
    knownAt[index] = before ? before.intersection(succeeded) : succeeded;
  };
  const members = parts.map((part) => tasksOf(part));
  return parts.map((part, index): Step => {
    const here = knownAt[index] ?? known;
    if (part.kind === 'sequence') throw new Error('a sequence inside a sequence: nest() merges them');
    if (part.kind === 'parallel') {
      leadTo(index + 1, here);
      return { kind: 'parallel', name: names.ofParallel(part), parallel: part, known: here };
    }
    const taskIndex = order.indexOf.get(part.task) ?? 0;
    const waits = (other: string) => order.descendants[taskIndex]?.has(order.indexOf.get(other) ?? 0) === true;
    const onFailure = firstIndex(members, index + 1, (tasks) => !tasks.every(waits));
    const waitsFor = nearestDependencies(order, taskIndex).filter((dependency) => !here.has(dependency));
    const succeeded = here.union(new Set(ancestorsOf(order, taskIndex)));
    if (waitsFor.length > 0) leadTo(onFailure, here);
    leadTo(onFailure, succeeded);
    leadTo(index + 1, succeeded.union(new Set([part.task])));
    return {
      kind: 'task',
      name: part.task,
      task: context.taskOf(part.task),
      onFailure,
      ...(waitsFor.length > 0 && { guard: { name: names.ofGuard(part.task), waitsFor } }),
    };
  });
}

function guardState(marks: readonly string[], task: string, otherwise: string): ChoiceState {
  const succeeded = marks.flatMap((mark): Condition[] => [
    { Variable: `${mark}.status`, IsPresent: true },
    { Variable: `${mark}.status`, StringEquals: 'SUCCEEDED' },
  ]);
  return { Type: 'Choice', Choices: [{ ...all(succeeded), Next: task }], Default: otherwise };
}

/** The dependencies that no other dependency waits for: if they succeeded, all the others did. */
function nearestDependencies(order: Order, index: number): string[] {
  const dependencies = order.tasks[index]?.dependencies ?? [];
  return dependencies.filter((name) => {
    const own = order.indexOf.get(name) ?? 0;
    return !dependencies.some((other) => order.ancestors[order.indexOf.get(other) ?? 0]?.has(own));
  });
}

function ancestorsOf(order: Order, index: number): string[] {
  return order.tasks.filter((_, other) => order.ancestors[index]?.has(other)).map((task) => task.name);
}

export function tasksOf(structure: Structure): string[] {
  return structure.kind === 'task' ? [structure.task] : structure.parts.flatMap(tasksOf);
}

function firstIndex<T>(items: readonly T[], from: number, fits: (item: T) => boolean): number {
  for (let index = from; index < items.length; index++) if (fits(items[index] as T)) return index;
  return items.length;
}

/** Names for the states that are no tasks: unique in the whole machine, 80 characters at the most, free of quotes. */
export class StateNames {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** `aggregate + enrich`; with many branches `a + b + 10 more`. */
  ofParallel(parallel: Parallel): string {
    const firsts = parallel.parts.map((part) => tasksOf(part)[0] ?? '');
    const shown = firsts.length <= 3 ? firsts : [...firsts.slice(0, 2), `${firsts.length - 2} more`];
    return this.#unique(shown.join(' + '));
  }

  ofGuard(task: string): string {
    return this.#unique(`${task} ready?`);
  }

  #unique(wanted: string): string {
    for (let count = 1; ; count++) {
      const suffix = count === 1 ? '' : ` (${count})`;
      const name = wanted.slice(0, 74 - suffix.length) + suffix;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      return name;
    }
  }
}
