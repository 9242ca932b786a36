/** The parts of a machine that are compiled from tasks and hooks: the run itself, and each phase of hooks around it. */

import { STATES } from '../../contract/states.ts';
import { inDependencyOrder, type Plan, type PlannedHook, type PlannedTask } from '../../graph/plan.ts';
import { path } from '../asl.ts';
import { secondsOf } from '../estimate.ts';
import { placeHooks } from '../nesting/place-hooks.ts';
import { type GraphNode, orderOf } from '../relation.ts';
import { type Nest, type Structure, structureOf } from '../structure.ts';
import { type BranchContext, type CompiledBranch, compileBranch, type FindMark } from './branch.ts';
import { nothingKnown } from './flow.ts';
import { type HookNode, type MachineNode, omittableTasks } from './nodes.ts';
import { functionStateName, StateNames } from './state-names.ts';

export type PartContext = Pick<BranchContext, 'run' | 'runEnd'>;

export class MachineParts {
  readonly #plan: Plan;
  readonly #names: StateNames;
  readonly #placeholders: Readonly<Record<string, string>>;

  /** @param placeholders which one stands for the function of a task or a hook */
  constructor(plan: Plan, placeholders: Readonly<Record<string, string>>) {
    this.#plan = plan;
    this.#placeholders = placeholders;
    this.#names = new StateNames([...plan.functions.map(({ name }) => name), ...Object.values(STATES)]);
  }

  /** All tasks, each with its own errors tasks, and the hooks of the groups. */
  run(
    nest: Nest | undefined,
  ): CompiledBranch & { readonly structure: Structure; readonly nodes: readonly GraphNode[] } {
    const { tasks } = this.#plan;
    const ofGroups = this.#hooksInRun();
    const machineNodes: [string, MachineNode][] = [
      ...tasks.map((task): [string, MachineNode] => [
        task.name,
        { kind: 'task', task, handlers: this.#handlersOf(task.name) },
      ]),
      ...ofGroups.map((hook): [string, MachineNode] => [
        hook.name,
        { kind: 'hook', hook, runs: hook.hook === 'errors' ? 'failed' : 'ran' },
      ]),
    ];
    const nodes = runNodes(tasks, ofGroups);
    const structure = nest ? nest(nodes) : placeHooks(structureOf(tasks), ofGroups);
    return { ...this.#compile(nodes, structure, new Map(machineNodes), unknownMark), structure, nodes };
  }

  /**
   * The hooks of one kind, one phase behind the run or behind the execution; undefined where there are none. Hooks of
   * tasks and groups run in it where the run was ended before they could in their own place.
   */
  phase(kind: PlannedHook['hook'], context: PartContext = {}): CompiledBranch | undefined {
    const phase = this.#plan.hooks.filter(({ hook }) => hook === kind);
    const late = phase.filter(({ owner }) => owner.kind !== 'graph');
    const stateNames = new Map(late.map(({ name }) => [name, this.#names.unique(functionStateName(name, 'late'))]));
    const nameOf = (name: string) => stateNames.get(name) ?? name;
    const nodes = phase.map((hook) => {
      const before = new Set([...hook.dependencies, ...this.#handlersBefore(hook)]);
      const comesBefore = (other: PlannedHook) =>
        before.has(other.name) || RANKS[other.owner.kind] < RANKS[hook.owner.kind];
      const dependencies = phase.filter(comesBefore).map(({ name }) => nameOf(name));
      return { ...hook, name: nameOf(hook.name), dependencies };
    });
    if (nodes.length === 0) return undefined;
    const machineNodes = phase.map((hook): [string, HookNode] => [
      nameOf(hook.name),
      { kind: 'hook', hook, runs: stateNames.has(hook.name) ? 'late' : 'always' },
    ]);
    // Notes from records do not nest.
    const findMark: FindMark = (name) => path('$.up.out', name);
    return this.#compile(nodes, structureOf(nodes), new Map(machineNodes), findMark, context);
  }

  /** Those of groups. Where a failure ends the run, nothing is left in it for their errors tasks: they run behind it. */
  #hooksInRun(): PlannedHook[] {
    const { hooks, onTaskFailure } = this.#plan;
    const ofGroups = hooks.filter(({ owner }) => owner.kind === 'group');
    if (onTaskFailure === 'continue') return ofGroups;
    const behind = new Set(ofGroups.filter(({ hook }) => hook === 'errors').map(({ name }) => name));
    return ofGroups
      .filter(({ name }) => !behind.has(name))
      .map((hook) => ({ ...hook, dependencies: hook.dependencies.filter((name) => !behind.has(name)) }));
  }

  /** In the order in which they run. */
  #handlersOf(task: string): PlannedHook[] {
    return inDependencyOrder(this.#plan.hooks.filter(({ owner }) => owner.kind === 'task' && owner.task === task));
  }

  #handlersBefore({ name, owner }: PlannedHook): string[] {
    const handlers = owner.kind === 'task' ? this.#handlersOf(owner.task).map((handler) => handler.name) : [];
    return handlers.slice(0, Math.max(0, handlers.indexOf(name)));
  }

  #compile(
    nodes: readonly GraphNode[],
    structure: Structure,
    machineNodes: ReadonlyMap<string, MachineNode>,
    findMark: FindMark,
    context: PartContext = {},
  ): CompiledBranch {
    const order = orderOf(nodes);
    return compileBranch(structure, nothingKnown(order), findMark, {
      order,
      nodeOf: (name) => machineNodes.get(name) as MachineNode,
      omittable: omittableTasks(this.#plan.tasks),
      onTaskFailure: this.#plan.onTaskFailure,
      names: this.#names,
      placeholderOf: (name) => this.#placeholders[name] ?? '',
      ...context,
    });
  }
}

/** Whose hooks come first. */
const RANKS = { task: 0, group: 1, graph: 2 };

/** Errors tasks do not run where all goes well: where there are hints, theirs is zero, and is nobody else's mean. */
function runNodes(tasks: readonly PlannedTask[], hooks: readonly PlannedHook[]): GraphNode[] {
  if (tasks.every(({ expectedSeconds }) => expectedSeconds === undefined)) return [...tasks, ...hooks];
  const seconds = secondsOf(tasks);
  return [
    ...tasks.map((task) => ({ ...task, expectedSeconds: seconds(task.name) })),
    ...hooks.map((hook) => (hook.hook === 'errors' ? { ...hook, expectedSeconds: 0 } : hook)),
  ];
}

function unknownMark(task: string): never {
  throw new Error(`the task "${task}" is looked for before it can have run`);
}
