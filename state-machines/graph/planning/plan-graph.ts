/** From declarations to a plan: names checked, refs resolved, defaults filled in, and every problem noted on the way. */

import { explainName, isName, OUTPUT_NAME, PIPELINE_NAME, TASK_NAME } from '../../contract/names.ts';
import { isObject } from '../../contract/objects.ts';
import { show } from '../../contract/show.ts';
import { STATES } from '../../contract/states.ts';
import { findCycles } from '../cycle.ts';
import type { GraphDeclaration, GroupDeclaration, TaskDeclaration } from '../declarations.ts';
import { type GraphProblem, problem } from '../errors.ts';
import { check, checkLimits, checkOptions, DEFAULTS, retryOf } from '../limits.ts';
import { didYouMean } from '../nearest.ts';
import { Plan, type PlannedCondition, type PlannedInput, type PlannedOutput, type PlannedTask } from '../plan.ts';
import type { DataRef } from '../refs.ts';
import type { AnyTaskHandle, Dependency, EachDef, TaskDef } from '../task.ts';
import { resolveCondition, subjectsOf } from './conditions.ts';
import { withConsumers } from './consumers.ts';
import { MAX_CHUNKS, resolveEach } from './each.ts';
import { type GroupedTask, planHooks } from './hooks.ts';
import { KnownOutputs } from './refs.ts';
import { checkRelease, checkReleases, releasesOf } from './releases.ts';
import { checkShape } from './shape.ts';

/** The plan is only fit for use where there are no problems. */
export function planGraph(graph: GraphDeclaration): { plan: Plan; problems: GraphProblem[] } {
  const { name } = graph;
  const options: Readonly<Record<string, unknown>> = isObject(graph.options) ? graph.options : {};
  const problems: GraphProblem[] = [];
  if (!isName(PIPELINE_NAME, name))
    problems.push(problem('InvalidName', explainName('pipeline name', PIPELINE_NAME, name)));
  if (!graph.functions.some(({ kind }) => kind === 'task'))
    problems.push(problem('EmptyGraph', `the graph ${show(name)} has no task; add one with addTask`));
  const { onTaskFailure = 'continue', release } = options;
  if (onTaskFailure !== 'continue' && onTaskFailure !== 'stop')
    problems.push(problem('InvalidTask', `onTaskFailure is ${show(onTaskFailure)}; it must be "continue" or "stop"`));
  problems.push(
    ...checkOptions('InvalidTask', 'a graph', graph.options, ['onTaskFailure', 'release']),
    ...checkRelease('the graph', release),
  );

  const byName = new Map<string, GraphDeclaration['functions'][number]>();
  for (const declaration of graph.functions) {
    const { handle } = declaration;
    if (typeof handle.name !== 'string') {
      problems.push(problem('InvalidName', explainName('task name', TASK_NAME, handle.name)));
    } else if (byName.has(handle.name)) {
      problems.push(problem('DuplicateTask', `two tasks are called "${handle.name}"; give each a name of its own`));
    } else byName.set(handle.name, declaration);
  }
  const declared = [...byName.values()];
  const hooks = declared.filter((declaration) => declaration.kind === 'hook');
  const isHook = new Set(hooks.map(({ handle }) => handle.name));
  problems.push(...checkGroups(graph));

  const edges = resolveDependencies(graph.dependencies, byName, problems);
  const edgesTo = Map.groupBy(edges, ({ after }) => after);
  // Those of a second task of a name too: that is its only problem.
  const named = graph.functions.filter(({ handle }) => typeof handle.name === 'string');
  const outputs = new KnownOutputs(named.flatMap(({ handle }) => Object.values<DataRef>(handle.outputs)));
  const conditionsOfGroups = resolveGroups(graph.groups, outputs, problems);
  const resolved = declared.map((declaration): GroupedTask => {
    const { handle } = declaration;
    problems.push(
      ...checkNames(handle),
      ...checkShape(handle.name, declaration.given),
      ...checkLimits(handle.name, handle.definition, declaration.kind),
      ...(declaration.kind === 'task' ? checkReleases(handle) : []),
    );
    const inputs = resolveInputs(handle, outputs, problems);
    const { each, problems: eachProblems } = resolveEach(handle.definition as Partial<EachDef>, outputs, handle.name);
    problems.push(...eachProblems);
    const groups = declaration.kind === 'task' ? declaration.groups : [];
    const when =
      declaration.kind === 'task' ? conditionOf(declaration, conditionsOfGroups, outputs, problems) : undefined;

    const required = new Set([
      ...Object.values(inputs).flatMap(({ task, optional }) => (optional ? [] : [task])),
      ...(each ? [each.task] : []),
      ...(when ? subjectsOf(when).flatMap((subject) => (subject.from === 'output' ? [subject.task] : [])) : []),
    ]);
    const fromHooks = [...required, ...Object.values(inputs).map(({ task }) => task)].filter((task) =>
      isHook.has(task),
    );
    for (const hook of declaration.kind === 'task' ? new Set(fromHooks) : []) {
      const message = `the task "${handle.name}" takes data of "${hook}", which is a hook: hooks run after the tasks`;
      problems.push(problem('InvalidHookInput', message));
    }
    const wanted = new Set([...required, ...Object.values(inputs).map(({ task }) => task)]);
    for (const { before } of edgesTo.get(handle.name) ?? []) wanted.add(before);
    const { definition } = handle;
    const { expectedSeconds }: TaskDef = definition;
    const task: PlannedTask = {
      name: handle.name,
      dependencies: [...byName.keys()].filter((other) => wanted.has(other) && !isHook.has(other)),
      requires: [...byName.keys()].filter((other) => required.has(other)),
      inputs,
      outputs: plannedOutputs(handle),
      retries: definition.retries ?? DEFAULTS.retries,
      retry: retryOf(definition),
      timeoutSeconds: definition.timeoutSeconds ?? DEFAULTS.timeoutSeconds,
      resources: { ...DEFAULTS.resources, ...definition.resources },
      ...(expectedSeconds !== undefined && { expectedSeconds }),
      ...(when && { when }),
      ...(each && { each }),
    };
    return { task, groups };
  });

  const grouped = resolved.filter(({ task }) => !isHook.has(task.name));
  const tasks = withConsumers(
    resolved.map(({ task }) => task),
    isHook,
    releasesOf(declared, release),
  );
  for (const cycle of findCycles(tasks)) {
    problems.push(
      problem('Cycle', `these tasks wait for each other: ${cycle.join(' → ')}; remove one of the edges`, cycle),
    );
  }
  const planned = planHooks({
    tasks: grouped,
    groups: graph.groups,
    hooks: hooks.flatMap((declaration) => {
      const task = resolved.find(({ task }) => task.name === declaration.handle.name)?.task;
      return task ? [{ declaration, planned: task }] : [];
    }),
    edges: edges.filter(({ before, after }) => isHook.has(before) || isHook.has(after)),
  });
  problems.push(...planned.problems);
  return { plan: new Plan(name, tasks, planned.hooks, onTaskFailure === 'stop' ? 'stop' : 'continue'), problems };
}

function resolveInputs(
  handle: AnyTaskHandle,
  outputs: KnownOutputs,
  problems: GraphProblem[],
): Record<string, PlannedInput> {
  const inputs: Record<string, PlannedInput> = {};
  for (const [input, declared] of Object.entries(handle.definition.inputs ?? {})) {
    const resolved = outputs.resolveInput(declared, `the input "${input}" of task "${handle.name}"`);
    if ('code' in resolved) problems.push(resolved);
    else inputs[input] = resolved;
  }
  return inputs;
}

/** The conditions of groups, by the group's name. Of groups of one name, which is a problem of its own, the first one's. */
function resolveGroups(
  groups: readonly GroupDeclaration[],
  outputs: KnownOutputs,
  problems: GraphProblem[],
): ReadonlyMap<string, PlannedCondition> {
  const conditions = new Map<string, PlannedCondition>();
  for (const { name, when } of groups) {
    if (when === undefined) continue;
    const resolved = resolveCondition(when, outputs, `the condition of group ${show(name)}`);
    problems.push(...resolved.problems);
    if (resolved.condition && !conditions.has(name)) conditions.set(name, resolved.condition);
  }
  return conditions;
}

/** A task's own condition, and those of the groups that it is in. */
function conditionOf(
  { handle, groups }: TaskDeclaration,
  ofGroups: ReadonlyMap<string, PlannedCondition>,
  outputs: KnownOutputs,
  problems: GraphProblem[],
): PlannedCondition | undefined {
  const { when }: TaskDef = handle.definition;
  const own =
    when === undefined ? undefined : resolveCondition(when, outputs, `the condition of task "${handle.name}"`);
  problems.push(...(own?.problems ?? []));
  const conditions = [...groups.map((group) => ofGroups.get(group)), own?.condition].filter(
    (condition) => condition !== undefined,
  );
  return conditions.length > 1 ? { kind: 'all', conditions } : conditions[0];
}

function checkGroups({ groups, functions }: GraphDeclaration): GraphProblem[] {
  const problems: GraphProblem[] = [];
  for (const [index, { name, given }] of groups.entries()) {
    if (!isName(TASK_NAME, name)) problems.push(problem('InvalidName', explainName('group name', TASK_NAME, name)));
    if (typeof name !== 'string') continue;
    problems.push(...checkOptions('InvalidGroup', `the group "${name}"`, given, ['when']));
    if (groups.findIndex((other) => other.name === name) !== index)
      problems.push(problem('InvalidGroup', `two groups are called "${name}"; give each a name of its own`));
    if (!functions.some((declaration) => declaration.kind === 'task' && declaration.groups.includes(name)))
      problems.push(problem('InvalidGroup', `the group "${name}" has no task; add one with its addTask`));
  }
  return problems;
}

function resolveDependencies(
  dependencies: readonly Dependency[],
  declared: ReadonlyMap<string, { readonly handle: AnyTaskHandle }>,
  problems: GraphProblem[],
): { before: string; after: string }[] {
  const edges = [];
  for (const dependency of dependencies) {
    const [before, after] = [dependency.before, dependency.after].map(nameIn);
    const where = `addDependency(${show(before)}, ${show(after)})`;
    let known = true;
    for (const end of new Set([dependency.before, dependency.after])) {
      const name = nameIn(end);
      if (name === undefined) {
        known = false;
        problems.push(problem('UnknownTask', `${where} is given ${show(end)}, no task and no name of one`));
        continue;
      }
      const found = declared.get(name)?.handle;
      if (found && (typeof end === 'string' || end.graph === found.graph)) continue;
      known = false;
      const why = found
        ? 'which belongs to another graph'
        : `which is no task of this graph${didYouMean(name, declared.keys())}`;
      problems.push(problem('UnknownTask', `${where} names "${name}", ${why}`));
    }
    if (known && before !== undefined && after !== undefined) edges.push({ before, after });
  }
  return edges;
}

/** @returns undefined for what is, in JavaScript, neither a task's name nor its handle */
function nameIn(end: unknown): string | undefined {
  const name = isObject(end) ? end['name'] : end;
  return typeof name === 'string' ? name : undefined;
}

function checkNames(handle: AnyTaskHandle): GraphProblem[] {
  const problems = Object.entries<DataRef>(handle.outputs).flatMap(([output, { format }]) =>
    check('InvalidEach', handle.name, `outputs.${output}: max`, MAX_CHUNKS, format.max),
  );
  if (!isName(TASK_NAME, handle.name))
    problems.push(problem('InvalidName', explainName('task name', TASK_NAME, handle.name)));
  if (Object.values<string>(STATES).includes(handle.name)) {
    problems.push(
      problem('InvalidName', `no task can be called "${handle.name}": the state machine has a state of that name`),
    );
  }
  for (const [what, names] of [
    ['input', Object.keys(handle.definition.inputs ?? {})],
    ['output', Object.keys(handle.definition.outputs ?? {})],
  ] as const) {
    for (const name of names) {
      if (isName(OUTPUT_NAME, name)) continue;
      problems.push(problem('InvalidName', explainName(`${what} name of task "${handle.name}"`, OUTPUT_NAME, name)));
    }
  }
  return problems;
}

function plannedOutputs(handle: AnyTaskHandle): Record<string, PlannedOutput> {
  const outputs: Record<string, PlannedOutput> = {};
  for (const name of Object.keys(handle.outputs)) {
    outputs[name] = {
      format: (handle.outputs as Record<string, DataRef>)[name]?.format ?? { kind: 'bytes' },
      durable: handle.definition.outputs?.[name]?.kind === 'durable',
    };
  }
  return outputs;
}
