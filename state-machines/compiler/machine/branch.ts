/**
 * Writes the states of one branch: a sequence of tasks, hooks and Parallel states.
 *
 * State data inside a branch is `{ out, up? }`. `out` starts empty; each task leaves its mark there, its status or the
 * error that was caught, and a Parallel leaves the `out` of each of its branches under a number. Every exit of the branch
 * hands on `$.out`. `up` is the state data around the Parallel, there only where something inside looks outside.
 * A task that was skipped leaves no mark, so guards ask whether a mark is present before they read it: no path that
 * could be missing is ever read, which would be the uncatchable States.Runtime.
 */

import { RUN_ERRORS } from '../../contract/error-names.ts';
import type { PlannedHook } from '../../graph/plan.ts';
import { type Branch, type ChoiceState, type Condition, every, path, present, type State, some } from '../asl.ts';
import type { Structure } from '../structure.ts';
import { aslCondition } from './condition.ts';
import {
  canBeOmitted,
  type FlowContext,
  type HookStep,
  type Known,
  planSteps,
  type Step,
  type TaskStep,
} from './flow.ts';
import { functionStateName, type StateNames } from './state-names.ts';
import { chunkStates, type Exit, hookState, taskState } from './task-state.ts';

export interface BranchContext extends FlowContext {
  readonly names: StateNames;
  readonly placeholderOf: (name: string) => string;
  /** Where the context has the name and the input of the execution that hooks are for. @default the machine's own */
  readonly run?: Readonly<Record<string, string>>;
  /** Where a late hook finds how the run ended: its notes, and its error where it was ended by one. */
  readonly runEnd?: string;
}

export interface CompiledBranch {
  readonly branch: Branch;
  /** Where a task or hook of this branch leaves its mark, from the branch's `$.out`: `.a`, `._1[0].b`. */
  readonly marks: ReadonlyMap<string, string>;
  /** Paths outside the branch (`$.up…`) that are read in it. */
  readonly outerReads: ReadonlySet<string>;
  /** States entered when every task runs and succeeds; a chunk-parallel task's chunks are not counted. */
  readonly statesEntered: number;
}

/** Where to find the mark of a task, as a path into the state data at this place. */
export type FindMark = (task: string) => string;

/**
 * @param known wherever this branch is entered
 * @param findOuter finds the marks of tasks outside the branch
 */
export function compileBranch(
  structure: Structure,
  known: Known,
  findOuter: FindMark,
  context: BranchContext,
): CompiledBranch {
  const parts = structure.kind === 'sequence' ? structure.parts : [structure];
  return new BranchWriter(planSteps(parts, known, context), findOuter, context).write();
}

class BranchWriter {
  readonly #steps: readonly Step[];
  readonly #names: readonly string[];
  readonly #guards: readonly (string | undefined)[];
  readonly #findOuter: FindMark;
  readonly #context: BranchContext;
  readonly #states: Record<string, State> = {};
  readonly #marks = new Map<string, string>();
  readonly #end: string;
  #endUsed = false;
  #stop: string | undefined;
  readonly #outerReads = new Set<string>();
  #statesEntered = 0;

  constructor(steps: readonly Step[], findOuter: FindMark, context: BranchContext) {
    const { names } = context;
    this.#steps = steps;
    this.#findOuter = findOuter;
    this.#context = context;
    this.#names = steps.map((step) => (step.kind === 'parallel' ? names.ofParallel(step.parallel) : nameOf(step)));
    this.#guards = steps.map((step) => (isGuarded(step) ? names.unique(guardName(step)) : undefined));
    this.#end = `${this.#names.at(-1)} end`;
  }

  write(): CompiledBranch {
    for (const [index, step] of this.#steps.entries()) {
      const isLast = index + 1 === this.#steps.length;
      this.#statesEntered += statesEnteredIn(step, this.#guards[index] !== undefined, isLast);
      if (step.kind === 'task') this.#writeTask(step, index);
      else if (step.kind === 'hook') this.#writeHook(step, index);
      else this.#writeParallel(step, index);
    }
    if (this.#endUsed) this.#states[this.#end] = { Type: 'Pass', OutputPath: '$.out', End: true };
    if (this.#stop) {
      this.#states[this.#stop] = { Type: 'Fail', Error: RUN_ERRORS.task, CausePath: 'States.JsonToString($.failed)' };
    }
    return {
      branch: { StartAt: this.#entryOf(0), States: this.#states },
      marks: this.#marks,
      outerReads: this.#outerReads,
      statesEntered: this.#statesEntered,
    };
  }

  #writeTask(step: TaskStep, index: number): void {
    const { node, asks, onFailure } = step;
    const { task, handlers } = node;
    const { names, placeholderOf } = this.#context;
    const place = {
      placeholder: placeholderOf(task.name),
      mark: path('$.out', task.name),
      onFailure: this.#writeFailure(task.name, handlers, onFailure),
      exit: this.#exitOf(index),
    };
    const guard = this.#guards[index];
    if (guard) {
      const omitted = canBeOmitted(asks) ? names.unique(`${task.name} omitted`) : undefined;
      if (omitted) {
        const Result = { status: 'OMITTED' };
        this.#states[omitted] = { Type: 'Pass', Result, ResultPath: place.mark, ...this.#exitOf(index) };
      }
      this.#states[guard] = this.#guardState(step, omitted);
    }
    if (!task.each) this.#states[task.name] = taskState(task, place);
    else {
      const chunks = path(`${this.#findMark(task.each.task)}.chunks`, task.name);
      const chunkNames = {
        chunk: names.unique(functionStateName(task.name, 'chunk')),
        chunkFailed: names.unique(`${task.name} chunk failed`),
        gather: names.unique(functionStateName(task.name, 'gather')),
      };
      Object.assign(this.#states, chunkStates({ ...task, each: task.each }, place, chunkNames, chunks));
    }
    this.#marks.set(task.name, path('', task.name));
  }

  /** @returns the state to go on with when a task has failed */
  #writeFailure(task: string, handlers: readonly PlannedHook[], onFailure: number): string {
    // At once: its handlers run behind the run, for here other tasks would start beside them.
    if (this.#context.onTaskFailure === 'stop') return this.#writeStop(task);
    let next = this.#entryOf(onFailure);
    for (const handler of handlers.toReversed()) {
      this.#states[handler.name] = this.#hookState(handler, next, { Next: next });
      next = handler.name;
    }
    return next;
  }

  #writeStop(task: string): string {
    const { names } = this.#context;
    this.#stop ??= names.unique(`${this.#end.replace(/ end$/, '')} stop`);
    const failed = names.unique(`${task} failed`);
    const Parameters = { failed: { [`${task}.$`]: path('$.out', task) } };
    this.#states[failed] = { Type: 'Pass', Parameters, Next: this.#stop };
    return failed;
  }

  #writeHook(step: HookStep, index: number): void {
    const { hook } = step.node;
    const guard = this.#guards[index];
    const next = this.#entryOf(index + 1);
    if (guard) {
      this.#states[guard] = {
        Type: 'Choice',
        Choices: [{ ...this.#hookCondition(step), Next: step.name }],
        Default: next,
      };
    }
    this.#states[step.name] = this.#hookState(hook, next, this.#exitOf(index));
  }

  #hookState(hook: PlannedHook, onFailure: string, exit: Exit): State {
    const mark = path('$.out', hook.name);
    this.#marks.set(hook.name, path('', hook.name));
    // It is sent the whole state data, so that it can tell how the run has gone.
    this.#outerReads.add(EVERYTHING);
    const place = { placeholder: this.#context.placeholderOf(hook.name), mark, onFailure, exit };
    return hookState(hook, place, this.#context.run);
  }

  #hookCondition({ node: { hook, runs } }: HookStep): Condition {
    const marks = hook.about.map((task) => this.#findMark(task));
    const failed = marks.map((mark) => present(`${mark}.Error`));
    const ran = marks.map((mark) => every(succeeded(mark)));
    const due = hook.hook === 'errors' ? failed : [...failed, ...ran];
    if (runs !== 'late') return some(due);
    const { runEnd = '' } = this.#context;
    // Where nobody can tell whether the group ran, what is to run always does.
    const unknown = { Variable: `${runEnd}.out`, IsPresent: false };
    return every([
      present(`${runEnd}.Error`),
      { Variable: this.#findMark(hook.name), IsPresent: false },
      some(hook.hook === 'finally' ? [unknown, ...due] : due),
    ]);
  }

  #writeParallel({ parallel, known }: Extract<Step, { kind: 'parallel' }>, index: number): void {
    const name = this.#names[index] ?? '';
    const { runEnd, names } = this.#context;
    const key = names.nextKey();
    const context: BranchContext = {
      ...this.#context,
      ...(runEnd && { runEnd: fromInside(runEnd) }),
    };
    const inner = parallel.parts.map((part) =>
      compileBranch(part, known, (task) => fromInside(this.#findMark(task)), context),
    );
    const reads = inner.flatMap(({ outerReads }) => [...outerReads]);
    for (const read of reads) this.#note(read === EVERYTHING ? read : read.replace('$.up', '$'));
    for (const [branchIndex, compiled] of inner.entries()) {
      for (const [task, mark] of compiled.marks) this.#marks.set(task, path('', key, branchIndex) + mark);
      this.#statesEntered += compiled.statesEntered;
    }
    this.#states[name] = {
      Type: 'Parallel',
      Parameters: { out: {}, ...(reads.length > 0 && { 'up.$': '$' }) },
      Branches: inner.map((compiled) => compiled.branch),
      ResultPath: path('$.out', key),
      ...this.#exitOf(index),
    };
  }

  #guardState({ node: { task }, asks, onFailure }: TaskStep, omitted: string | undefined): ChoiceState {
    const endedWell = asks.endedWell.map((name) => present(`${this.#findMark(name)}.status`));
    const ranWell = (name: string) => succeeded(this.#findMark(name));
    const needed = [
      ...asks.succeeded.flatMap(ranWell),
      ...(asks.oneSucceeded.length > 0 ? [some(asks.oneSucceeded.map((name) => every(ranWell(name))))] : []),
      ...(asks.when ? [aslCondition(asks.when, (name) => this.#findMark(name))] : []),
    ];
    const runs = { ...every([...endedWell, ...needed]), Next: task.name };
    if (omitted === undefined) return { Type: 'Choice', Choices: [runs], Default: this.#entryOf(onFailure) };
    if (endedWell.length === 0) return { Type: 'Choice', Choices: [runs], Default: omitted };
    return {
      Type: 'Choice',
      Choices: [runs, { ...every(endedWell), Next: omitted }],
      Default: this.#entryOf(onFailure),
    };
  }

  #entryOf(index: number): string {
    const entry = this.#guards[index] ?? this.#names[index];
    if (entry === undefined) this.#endUsed = true;
    return entry ?? this.#end;
  }

  #exitOf(index: number): Exit {
    return index + 1 < this.#steps.length ? { Next: this.#entryOf(index + 1) } : { OutputPath: '$.out', End: true };
  }

  #findMark(task: string): string {
    const mark = this.#marks.get(task);
    if (mark !== undefined) return `$.out${mark}`;
    const outer = this.#findOuter(task);
    this.#note(outer);
    return outer;
  }

  #note(read: string): void {
    if (read.startsWith('$.up') || read === EVERYTHING) this.#outerReads.add(read);
  }
}

/** All state data around a branch, at any distance. */
const EVERYTHING = '$.up…';

/** A path into the state data around a Parallel, as it is inside of it. */
function fromInside(at: string): string {
  return at.replace('$', '$.up');
}

/** A task that was omitted has a status too. */
function succeeded(mark: string): Condition[] {
  const Variable = `${mark}.status`;
  return [present(Variable), { Variable, StringEquals: 'SUCCEEDED' }];
}

function nameOf(step: TaskStep | HookStep): string {
  return step.kind === 'task' ? step.node.task.name : step.name;
}

function isGuarded(step: Step): step is TaskStep | HookStep {
  switch (step.kind) {
    case 'task':
      return step.asks.endedWell.length > 0 || canBeOmitted(step.asks);
    case 'hook':
      return step.node.runs !== 'always' && !(step.node.runs === 'ran' && step.certain);
    case 'parallel':
      return false;
    default:
      return step satisfies never;
  }
}

function guardName(step: TaskStep | HookStep): string {
  return step.kind === 'task' ? `${step.node.task.name} ready?` : `${step.name} due?`;
}

function statesEnteredIn(step: Step, guarded: boolean, isLast: boolean): number {
  switch (step.kind) {
    case 'task':
      return (guarded ? 1 : 0) + (step.node.task.each ? 2 : 1);
    case 'hook': {
      const runs = step.node.hook.hook === 'finally' && step.node.runs !== 'late';
      // A Choice cannot end a branch: where it is the last, it leads to a state that does.
      return (guarded ? 1 : 0) + (runs || isLast ? 1 : 0);
    }
    case 'parallel':
      return 1;
    default:
      return step satisfies never;
  }
}
