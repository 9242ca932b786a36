import { isObject } from '../contract/objects.ts';
import type { Condition } from './conditions.ts';
import type { GraphDeclaration, GraphOptions, HookKind, HookOwner } from './declarations.ts';
import { GraphError } from './errors.ts';
import type { Plan } from './plan.ts';
import { planGraph } from './planning/plan-graph.ts';
import { formatOf, readable } from './planning/shape.ts';
import { type DataRef, isRef, optional } from './refs.ts';
import type {
  AnyTaskHandle,
  EachDef,
  ExtraOf,
  FunctionDef,
  HookHandle,
  InputsDef,
  OutputsDef,
  TaskDef,
  TaskHandle,
} from './task.ts';

/** Where tasks and their hooks can be added: a graph, or a group in it. */
abstract class Scope {
  readonly name: string;
  protected readonly graph: GraphDeclaration;
  readonly #groups: readonly string[];

  constructor(name: string, graph: GraphDeclaration, groups: readonly string[]) {
    this.name = name;
    this.graph = graph;
    this.#groups = groups;
  }

  /**
   * Adds a task. It starts once all that it depends on has ended well: the tasks whose outputs it takes as inputs, chunks or
   * in its condition, and those of `addDependency`. With `each` it is chunk-parallel.
   *
   * @example
   * const list = graph.addTask('list', { outputs: { pages: chunks<{ url: string }>() } });
   * const fetch = graph.addTask('fetch', {
   *   each: list.outputs.pages,
   *   maxConcurrency: 20,
   *   toleratedFailures: '5%',
   *   outputs: { rows: ndjson<Row>() },
   * });
   * graph.addTask('load', { inputs: { rows: fetch.outputs.rows } }); // the rows of all pages
   */
  addTask<
    const Inputs extends InputsDef = {},
    const Outputs extends OutputsDef = {},
    const Each extends EachDef['each'] | undefined = undefined,
  >(
    name: string,
    definition: TaskDef<Inputs, Outputs> & Omit<Partial<EachDef>, 'each'> & { readonly each?: Each } = {},
  ): TaskHandle<Inputs, Outputs, ExtraOf<Each>> {
    const addErrorsTask = (hook: string, hookDefinition: FunctionDef = {}) =>
      this.addHook('errors', hook, hookDefinition, { kind: 'task', task: name });
    const handle = { ...this.#handle(name, readable(definition)), addErrorsTask };
    this.graph.functions.push({ kind: 'task', handle, given: definition, groups: this.#groups });
    return handle as unknown as TaskHandle<Inputs, Outputs, ExtraOf<Each>>;
  }

  /**
   * Adds a task that runs when one of these tasks has failed, once all of them are over; that of a graph also where the
   * run was ended by anything else that the state machine can catch. Its inputs may be any outputs of these tasks and
   * of what ran before them, each undefined where its task has not committed.
   */
  addErrorsTask<const Inputs extends InputsDef = {}, const Outputs extends OutputsDef = {}>(
    name: string,
    definition: FunctionDef<Inputs, Outputs> = {},
  ): HookHandle<Inputs, Outputs> {
    return this.addHook('errors', name, definition, this.owner) as HookHandle<Inputs, Outputs>;
  }

  /**
   * Adds a task that always runs, whatever happened, once all of these tasks and their errors tasks are over; that of a
   * group only where one of the group's tasks has run. Several of them run side by side unless a dependency orders
   * them, and none cares whether another failed. Its inputs are as those of an errors task, whose outputs it can take
   * too.
   *
   * @example
   * const start = graph.addTask('start-cluster', { outputs: { cluster: json<{ id: string }>() } });
   * graph.addFinallyTask('stop-cluster', { inputs: { cluster: start.outputs.cluster } });
   */
  addFinallyTask<const Inputs extends InputsDef = {}, const Outputs extends OutputsDef = {}>(
    name: string,
    definition: FunctionDef<Inputs, Outputs> = {},
  ): HookHandle<Inputs, Outputs> {
    return this.addHook('finally', name, definition, this.owner) as HookHandle<Inputs, Outputs>;
  }

  /**
   * Adds a group of tasks with errors and finally tasks of its own, and a condition for all of them. It orders nothing:
   * its tasks run when what they depend on is over, as any others, and its hooks when all its tasks are.
   *
   * @param options.when holds for each task in it, with the task's own. @default its tasks always run
   * @example
   * const warehouse = graph.group('warehouse', { when: fromInput('target').equals('warehouse') });
   * warehouse.addTask('copy', { inputs: { table: load.outputs.table } });
   * warehouse.addErrorsTask('roll-back');
   */
  group(name: string, options: { readonly when?: Condition } = {}): TaskGroup {
    const { when } = isObject(options) ? options : {};
    this.graph.groups.push({ name, groups: this.#groups, ...(when !== undefined && { when }), given: options });
    return new TaskGroup(name, this.graph, [...this.#groups, name]);
  }

  protected abstract readonly owner: HookOwner;

  protected addHook(hook: HookKind, name: string, definition: FunctionDef, owner: HookOwner): AnyTaskHandle {
    const { inputs, ...others } = readable(definition);
    const allOptional = Object.entries(inputs ?? {}).map(([input, ref]) => [input, isRef(ref) ? optional(ref) : ref]);
    const handle = this.#handle(name, { ...others, ...(inputs && { inputs: Object.fromEntries(allOptional) }) });
    this.graph.functions.push({ kind: 'hook', handle, given: definition, hook, owner });
    return handle;
  }

  #handle(name: string, definition: FunctionDef & Partial<EachDef>): AnyTaskHandle {
    const gathered = definition.each !== undefined;
    const refs = Object.entries(definition.outputs ?? {}).map(([output, declared]): [string, DataRef] => [
      output,
      { kind: 'ref', task: name, output, format: { ...formatOf(declared), ...(gathered && { gathered }) } },
    ]);
    return {
      name,
      definition,
      graph: this.graph.face,
      outputs: Object.fromEntries(refs),
    };
  }
}

/** A part of a graph with hooks of its own. Made by `graph.group(name)`. */
export class TaskGroup extends Scope {
  protected readonly owner: HookOwner = { kind: 'group', group: this.name };
}

/**
 * A pipeline's tasks and what each takes from the others.
 *
 * Nothing is checked while the graph is put together; `build()` checks all of it and reports every problem at once.
 *
 * @example
 * const graph = new TaskGraph('flights');
 * const extract = graph.addTask('extract', { outputs: { raw: ndjson<Flight>() }, retries: 2 });
 * const load = graph.addTask('load', { inputs: { raw: extract.outputs.raw }, outputs: { table: durable(csv<Row>()) } });
 * export const plan = graph.build();
 */
export class TaskGraph extends Scope {
  protected readonly owner: HookOwner = { kind: 'graph' };

  constructor(name: string, options: GraphOptions = {}) {
    const face = { name, build: () => build(declaration) };
    const declaration: GraphDeclaration = { name, options, face, functions: [], groups: [], dependencies: [] };
    super(name, declaration, []);
  }

  /** The tasks in the order in which they were added. */
  get tasks(): readonly AnyTaskHandle[] {
    return this.graph.functions.filter(({ kind }) => kind === 'task').map(({ handle }) => handle);
  }

  /**
   * Adds a task that runs once the execution has ended, in whatever way, and is told its final status. The run's data
   * has gone by then, so it has neither inputs nor outputs; and it can change nothing about the run any more.
   */
  addAfterExecutionTask(name: string, definition: Omit<FunctionDef, 'inputs' | 'outputs'> = {}): HookHandle<{}, {}> {
    return this.addHook('after-execution', name, definition, this.owner) as HookHandle<{}, {}>;
  }

  /**
   * Makes `after` wait for `before` though it takes no data from it: two tasks, or two hooks of one kind and one owner
   * (two finally tasks of the graph, two errors tasks of one group).
   */
  addDependency(before: AnyTaskHandle | string, after: AnyTaskHandle | string): this {
    this.graph.dependencies.push({ before, after });
    return this;
  }

  /** @throws GraphError with every problem that the graph has */
  build(): Plan {
    return build(this.graph);
  }
}

function build(declaration: GraphDeclaration): Plan {
  const { plan, problems } = planGraph(declaration);
  if (problems.length > 0) throw new GraphError(declaration.name, problems);
  return plan;
}
