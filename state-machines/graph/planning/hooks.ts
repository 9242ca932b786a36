/**
 * Hooks: what they belong to, what must be over before they run, and whose outputs they can take.
 *
 * In order: a task's own errors tasks run when it has failed; a group's errors tasks, then its finally tasks, when its
 * tasks and all hooks inside it are over; the graph's errors tasks, then its finally tasks, after everything else; and
 * the after-execution tasks when the execution has ended.
 */

import { show } from '../../contract/show.ts';
import { findCycles } from '../cycle.ts';
import type { GroupDeclaration, HookDeclaration } from '../declarations.ts';
import { type GraphProblem, problem } from '../errors.ts';
import type { PlannedHook, PlannedInput, PlannedTask } from '../plan.ts';

export interface GroupedTask {
  readonly task: PlannedTask;
  readonly groups: readonly string[];
}

export interface HookGraph {
  readonly tasks: readonly GroupedTask[];
  readonly groups: readonly GroupDeclaration[];
  readonly hooks: readonly { readonly declaration: HookDeclaration; readonly planned: PlannedTask }[];
  /** Between hooks only. */
  readonly edges: readonly { readonly before: string; readonly after: string }[];
}

export function planHooks(graph: HookGraph): { hooks: PlannedHook[]; problems: GraphProblem[] } {
  const problems: GraphProblem[] = [];
  const declarations = new Map(graph.hooks.map(({ declaration }) => [declaration.handle.name, declaration]));
  const edges = graph.edges.filter(({ before, after }) => {
    const [first, second] = [declarations.get(before), declarations.get(after)];
    if (first && second && scopeOf(first) === scopeOf(second)) return true;
    problems.push(
      problem(
        'InvalidHook',
        `addDependency(${show(before)}, ${show(after)}): a dependency can order two tasks, or two hooks of one kind and one owner; ${describe(before, first)}, ${describe(after, second)}`,
      ),
    );
    return false;
  });

  const hooks = graph.hooks.map(({ declaration, planned }): PlannedHook => {
    const { hook, owner } = declaration;
    return {
      ...planned,
      hook,
      owner,
      about: aboutOf(declaration, graph),
      dependencies: dependenciesOf(declaration, graph, edges),
    };
  });
  for (const cycle of findCycles(
    hooks.map((hook) => ({ ...hook, dependencies: hook.dependencies.filter((name) => declarations.has(name)) })),
  )) {
    problems.push(
      problem(
        'HookCycle',
        `these hooks wait for each other: ${cycle.join(' → ')}; remove one of the dependencies`,
        cycle,
      ),
    );
  }
  const certain = overBefore(graph.tasks, hooks);
  for (const hook of hooks) problems.push(...checkInputs(hook, certain, declarations));
  return { hooks, problems };
}

function scopeOf({ hook, owner }: Pick<HookDeclaration, 'hook' | 'owner'>): string {
  return [hook, ...Object.values(owner)].join(' ');
}

function describe(name: string, declaration: HookDeclaration | undefined): string {
  if (!declaration) return `"${name}" is a task`;
  const { hook, owner } = declaration;
  const whose =
    owner.kind === 'graph' ? 'the graph' : `the ${owner.kind} "${owner.kind === 'group' ? owner.group : owner.task}"`;
  return `"${name}" is of the ${hook} tasks of ${whose}`;
}

function aboutOf({ owner }: HookDeclaration, { tasks }: HookGraph): string[] {
  switch (owner.kind) {
    case 'task':
      return [owner.task];
    case 'group':
      return tasks.filter(({ groups }) => groups.includes(owner.group)).map(({ task }) => task.name);
    case 'graph':
      return tasks.map(({ task }) => task.name);
    default:
      return owner satisfies never;
  }
}

function dependenciesOf(declaration: HookDeclaration, graph: HookGraph, edges: HookGraph['edges']): string[] {
  const { handle, hook, owner } = declaration;
  const ordered = edges.filter(({ after }) => after === handle.name).map(({ before }) => before);
  if (owner.kind !== 'group') return ordered;
  const inner = graph.groups.filter(({ groups }) => groups.includes(owner.group)).map(({ name }) => name);
  const hooksInside = graph.hooks
    .map(({ declaration: other }) => other)
    .filter(
      (other) =>
        other.owner.kind === 'group' &&
        (inner.includes(other.owner.group) ||
          (other.owner.group === owner.group && hook === 'finally' && other.hook === 'errors')),
    );
  return [...new Set([...aboutOf(declaration, graph), ...hooksInside.map(({ handle: { name } }) => name), ...ordered])];
}

/** Who is certain to be over, in one way or another, when a hook runs. */
function overBefore(
  tasks: readonly GroupedTask[],
  hooks: readonly PlannedHook[],
): (hook: PlannedHook) => ReadonlySet<string> {
  const dependencies = new Map(
    [...tasks.map(({ task }) => task), ...hooks].map((node) => [node.name, node.dependencies]),
  );
  const localHandlers = (task: string) =>
    hooks.filter(({ owner }) => owner.kind === 'task' && owner.task === task).map(({ name }) => name);
  return (hook) => {
    const found = new Set(hook.dependencies);
    if (hook.owner.kind === 'task') found.add(hook.owner.task);
    for (const other of hook.owner.kind === 'graph' ? [...tasks.map(({ task }) => task), ...hooks] : []) {
      if (rankOf(other) < rankOf(hook)) found.add(other.name);
    }
    for (const name of found) {
      for (const before of dependencies.get(name) ?? []) found.add(before);
      // A task is over for others only when its own handlers are; for these it is over before.
      if (name !== (hook.owner.kind === 'task' && hook.owner.task))
        for (const handler of localHandlers(name)) found.add(handler);
    }
    found.delete(hook.name);
    // Behind a run that was ended by an error, all errors tasks come before all finally tasks.
    if (hook.hook === 'errors') for (const other of hooks) if (other.hook === 'finally') found.delete(other.name);
    return found;
  };
}

function rankOf(node: PlannedTask | PlannedHook): number {
  if (!('hook' in node) || node.owner.kind !== 'graph') return 0;
  return { errors: 1, finally: 2, 'after-execution': 3 }[node.hook];
}

function checkInputs(
  hook: PlannedHook,
  certain: (hook: PlannedHook) => ReadonlySet<string>,
  declarations: ReadonlyMap<string, HookDeclaration>,
): GraphProblem[] {
  const { name, inputs } = hook;
  if (hook.hook === 'after-execution') {
    // As declared: an input that was not found is none of the plan's.
    const { definition } = declarations.get(name)?.handle ?? {};
    return (['inputs', 'outputs'] as const)
      .filter((data) => Object.keys(definition?.[data] ?? {}).length > 0)
      .map((what) =>
        problem(
          'InvalidHook',
          `the after-execution task "${name}" has ${what}; the run's data has gone when it runs, so it can have none`,
        ),
      );
  }
  const over = certain(hook);
  return Object.entries(inputs).flatMap(([input, taken]: [string, PlannedInput]) => {
    if (over.has(taken.task)) return [];
    const other = declarations.get(taken.task);
    const beside = other && scopeOf(other) === scopeOf(hook);
    const why = beside
      ? `which runs beside it; order them with addDependency("${taken.task}", "${name}")`
      : `which may not be over when "${name}" runs`;
    const late = hook.hook === 'errors' && other?.hook === 'finally';
    const mend = late ? ': errors tasks come first where the run is ended by an error; make it a finally task' : '';
    return [
      problem(
        'InvalidHookInput',
        `the input "${input}" of "${name}" is "${taken.task}.${taken.output}" of ${other ? `the ${other.hook} task` : 'the task'} "${taken.task}", ${why}${mend}`,
      ),
    ];
  });
}
