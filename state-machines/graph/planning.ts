/** From declarations to a plan: names checked, refs resolved, defaults filled in, and every problem noted on the way. */

import { explainName, isName, OUTPUT_NAME, PIPELINE_NAME, TASK_NAME } from '../contract/names.ts';
import { isObject } from '../contract/objects.ts';
import { STATES } from '../contract/states.ts';
import { findCycles } from './cycle.ts';
import { type GraphProblem, problem } from './errors.ts';
import { checkLimits, DEFAULTS, retryOf } from './limits.ts';
import { nearest } from './nearest.ts';
import { Plan, type PlannedInput, type PlannedOutput, type PlannedTask } from './plan.ts';
import type { DataRef, InputRef, NamedRef } from './refs.ts';
import type { AnyTaskHandle, Dependency } from './task.ts';

/** The plan is only fit for use where there are no problems. */
export function planGraph(
  name: string,
  handles: readonly AnyTaskHandle[],
  dependencies: readonly Dependency[],
): { plan: Plan; problems: GraphProblem[] } {
  const problems: GraphProblem[] = [];
  if (!isName(PIPELINE_NAME, name))
    problems.push(problem('InvalidName', explainName('pipeline name', PIPELINE_NAME, name)));
  if (handles.length === 0)
    problems.push(problem('EmptyGraph', `the graph "${name}" has no task; add one with addTask`));

  const byName = new Map<string, AnyTaskHandle>();
  for (const handle of handles) {
    if (byName.has(handle.name)) {
      problems.push(problem('DuplicateTask', `two tasks are called "${handle.name}"; give each a name of its own`));
    } else byName.set(handle.name, handle);
  }

  const edges = resolveDependencies(dependencies, byName, problems);
  const ownRefs = new Set([...byName.values()].flatMap((handle) => Object.values<DataRef>(handle.outputs)));
  const tasks = [...byName.values()].map((handle): PlannedTask => {
    problems.push(...checkNames(handle), ...checkLimits(handle.name, handle.definition));
    const inputs: Record<string, PlannedInput> = {};
    for (const [input, declared] of Object.entries<InputRef>(handle.definition.inputs ?? {})) {
      const resolved = resolveInput(declared, ownRefs, `the input "${input}" of task "${handle.name}"`);
      if ('code' in resolved) problems.push(resolved);
      else inputs[input] = resolved;
    }
    const wanted = new Set(Object.values(inputs).map((input) => input.task));
    for (const { before, after } of edges) if (after === handle.name) wanted.add(before);
    const { definition } = handle;
    return {
      name: handle.name,
      dependencies: [...byName.keys()].filter((other) => wanted.has(other)),
      inputs,
      outputs: plannedOutputs(handle),
      retries: definition.retries ?? DEFAULTS.retries,
      retry: retryOf(definition),
      timeoutSeconds: definition.timeoutSeconds ?? DEFAULTS.timeoutSeconds,
      resources: { ...DEFAULTS.resources, ...definition.resources },
      ...(definition.expectedSeconds !== undefined && { expectedSeconds: definition.expectedSeconds }),
    };
  });

  for (const cycle of findCycles(tasks)) {
    problems.push(
      problem('Cycle', `these tasks wait for each other: ${cycle.join(' → ')}; remove one of the edges`, cycle),
    );
  }
  return { plan: new Plan(name, tasks), problems };
}

function resolveDependencies(
  dependencies: readonly Dependency[],
  tasks: ReadonlyMap<string, AnyTaskHandle>,
  problems: GraphProblem[],
): { before: string; after: string }[] {
  const edges = [];
  for (const dependency of dependencies) {
    const [before, after] = [dependency.before, dependency.after].map((end) =>
      typeof end === 'string' ? end : end.name,
    );
    const where = `addDependency(${JSON.stringify(before)}, ${JSON.stringify(after)})`;
    let known = true;
    for (const end of new Set([dependency.before, dependency.after])) {
      const name = typeof end === 'string' ? end : end.name;
      const found = tasks.get(name);
      if (found && (typeof end === 'string' || end.graph === found.graph)) continue;
      known = false;
      const why = found
        ? 'which belongs to another graph'
        : `which is no task of this graph${didYouMean(name, tasks.keys())}`;
      problems.push(problem('UnknownTask', `${where} names "${name}", ${why}`));
    }
    if (known && before !== undefined && after !== undefined) edges.push({ before, after });
  }
  return edges;
}

function checkNames(handle: AnyTaskHandle): GraphProblem[] {
  const problems: GraphProblem[] = [];
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

function resolveInput(declared: InputRef, own: ReadonlySet<DataRef>, where: string): PlannedInput | GraphProblem {
  if (!isRef(declared) || (declared.kind === 'optional-ref' && !isRef(declared.ref))) {
    return problem('UnresolvedDataRef', `${where} is ${JSON.stringify(declared)}, no output of a task and no ref("…")`);
  }
  const optional = declared.kind === 'optional-ref';
  const wanted = optional ? declared.ref : declared;
  const found = wanted.kind === 'ref' ? resolveRef(wanted, own, where) : resolveName(wanted, own, where);
  if ('code' in found) return found;
  return { task: found.task, output: found.output, format: found.format, optional };
}

function isRef(declared: unknown): boolean {
  const kind = isObject(declared) && declared['kind'];
  return kind === 'ref' || kind === 'named-ref' || kind === 'optional-ref';
}

function resolveRef(wanted: DataRef, own: ReadonlySet<DataRef>, where: string): DataRef | GraphProblem {
  if (own.has(wanted)) return wanted;
  return problem(
    'UnresolvedDataRef',
    `${where} is the output "${wanted.output}" of a task "${wanted.task}" that belongs to another graph`,
  );
}

function resolveName(wanted: NamedRef, own: ReadonlySet<DataRef>, where: string): DataRef | GraphProblem {
  const all = [...own];
  const found = all.filter(({ task, output }) => wanted.name === output || wanted.name === `${task}.${output}`);
  if (found.length > 1) {
    const choices = found.map(({ task, output }) => `"${task}.${output}"`).join(' or ');
    return problem(
      'DuplicateOutput',
      `${where} is ref("${wanted.name}"), and several tasks have such an output; say ${choices}`,
    );
  }
  const names = wanted.name.includes('.')
    ? all.map((ref) => `${ref.task}.${ref.output}`)
    : all.map((ref) => ref.output);
  return (
    found[0] ??
    problem(
      'UnresolvedDataRef',
      `${where} is ref("${wanted.name}"), and no task has such an output${didYouMean(wanted.name, names)}`,
    )
  );
}

function didYouMean(given: string, known: Iterable<string>): string {
  const name = nearest(given, known);
  return name === undefined ? '' : `; did you mean "${name}"?`;
}
