/**
 * Finds reads of paths that may be missing, which would be the uncatchable States.Runtime. It follows what is certain to
 * be in the state data, from state to state and into every branch, and what the tests of a Choice add to that.
 */

import type { Branch, Condition, Definition, State } from '../../state-machines/compiler/asl.ts';
import { STATES } from '../../state-machines/contract/states.ts';

/** What is certain to be there. Of a function's answer and the context all is taken to be. */
type Known = { readonly [field: string]: Known } | 'anything';
type Data = { readonly $: Known; readonly $$: Known };

/** @param input what the machine is started with */
export function missingPathsIn(definition: Definition, input: Known = {}): string[] {
  const missing: string[] = [];
  const context: Known = {
    Execution: { Name: 'anything', StartTime: 'anything', Input: input },
    State: { RetryCount: 'anything' },
  };
  follow(definition, { $: input, $$: context }, missing);
  return missing;
}

/** What the finalizer is started with. A `Cause` may be missing. */
export const FINALIZER_INPUT: Known = {
  execution: 'anything',
  status: 'anything',
  startedAt: 'anything',
  input: {},
  todo: 'anything',
  end: { Error: 'anything' },
  detail: { name: 'anything', status: 'anything' },
};

/** @returns what is certain to be in the branch's output; undefined where it never has one */
function follow(branch: Branch, start: Data, missing: string[]): Known | undefined {
  const at = new Map<string, Data>([[branch.StartAt, start]]);
  let output: Known | undefined;
  const lead = (next: string, data: Data, queue: string[]) => {
    const before = at.get(next);
    const met = before ? { $: meet(before.$, data.$), $$: meet(before.$$, data.$$) } : data;
    if (before && JSON.stringify(before) === JSON.stringify(met)) return;
    at.set(next, met);
    queue.push(next);
  };
  const queue = [branch.StartAt];
  const reports = new Map<string, string[]>();
  for (const name of queue) {
    const state = branch.States[name] as State;
    const found: string[] = [];
    for (const { next, data } of stepsFrom(name, state, at.get(name) ?? start, found)) {
      if (next !== undefined) lead(next, data, queue);
      else output = output === undefined ? data.$ : meet(output, data.$);
    }
    // The last time that a state is looked at, the least is certain.
    reports.set(name, found);
  }
  missing.push(...reports.values().toArray().flat());
  return output;
}

interface Transition {
  /** None at the end of the branch. */
  readonly next?: string | undefined;
  readonly data: Data;
}

function stepsFrom(name: string, state: State, data: Data, missing: string[]): Transition[] {
  const read = (path: string, from: Data = data): Known => {
    const inner = /^States\.JsonToString\((.*)\)$/.exec(path)?.[1] ?? path;
    const found = lookUp(from, inner);
    if (found === undefined) missing.push(`${name} reads ${inner}`);
    return found ?? 'anything';
  };
  switch (state.Type) {
    case 'Succeed':
      if (state.OutputPath) read(state.OutputPath);
      return [];
    case 'Fail':
      for (const path of [state.ErrorPath, state.CausePath]) if (path) read(path);
      return [];
    case 'Choice': {
      const led = (next: string, known: Data) => ({
        next,
        data: state.OutputPath ? { ...known, $: read(state.OutputPath, known) } : known,
      });
      return [
        ...state.Choices.map(({ Next, ...test }) => led(Next, assume(test as Condition, data, read))),
        led(state.Default, data),
      ];
    }
    case 'Wait':
      return [{ next: state.Next, data }];
    case 'Map':
      throw new Error('a Map is not followed');
    default: {
      const payload = state.Parameters ? fillIn(state.Parameters, (path) => read(path)) : data.$;
      const result = resultOf(state, name, { ...data, $: payload }, missing);
      const caught = 'Catch' in state ? (state.Catch ?? []) : [];
      const error = { Error: 'anything', Cause: 'anything' } as const;
      const transitions: Transition[] = caught.map(({ Next, ResultPath }) => ({
        next: Next,
        data: { ...data, $: put(data.$, ResultPath, error) },
      }));
      if (result === undefined) return transitions;
      const selected = state.ResultSelector
        ? fillIn(state.ResultSelector, (path) => read(path, { ...data, $: result }))
        : result;
      const merged = put(data.$, state.ResultPath, selected);
      const output = state.OutputPath ? read(state.OutputPath, { ...data, $: merged }) : merged;
      return [...transitions, { next: state.Next, data: { ...data, $: output } }];
    }
  }
}

type Worker = Extract<State, { Type: 'Task' | 'Parallel' | 'Pass' }>;

/** @returns undefined where the state never has a result */
function resultOf(state: Worker, name: string, data: Data, missing: string[]): Known | undefined {
  switch (state.Type) {
    case 'Task':
      return ANSWERS[name] ?? 'anything';
    case 'Pass':
      return state.Result === undefined ? data.$ : fillIn(state.Result as Record<string, unknown>, () => 'anything');
    case 'Parallel': {
      const outputs = state.Branches.map((branch) => follow(branch, data, missing));
      return outputs.includes(undefined) ? undefined : Object.fromEntries(Object.entries(outputs as Known[]));
    }
    default:
      return state satisfies never;
  }
}

/** By contract, cleanup answers with a result, or with an error and its cause: the verdict asks which. */
const CLEANED: Known = { done: 'anything', result: 'anything', cause: 'anything' };
const ANSWERS: Record<string, Known> = {
  [STATES.cleanup]: CLEANED,
  [STATES.cleanupFromRecords]: CLEANED,
  [STATES.sweep]: { done: 'anything', cause: 'anything' },
  [STATES.notes]: { out: {}, Error: 'anything', Cause: 'anything' },
};

function fillIn(template: Readonly<Record<string, unknown>>, read: (path: string) => Known): Known {
  const fields = Object.entries(template).map(([key, value]): [string, Known] => {
    if (key.endsWith('.$')) return [key.slice(0, -'.$'.length), read(value as string)];
    const isTemplate = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [key, isTemplate ? fillIn(value as Record<string, unknown>, read) : 'anything'];
  });
  return Object.fromEntries(fields);
}

/** What is certain where a test holds. It is evaluated from left to right, and no further than it has to be. */
function assume(test: Condition, data: Data, read: (path: string, from: Data) => Known): Data {
  if ('And' in test) return test.And.reduce((known, part) => assume(part, known, read), data);
  if ('Or' in test) {
    const alternatives = test.Or.map((part) => assume(part, data, read));
    return alternatives.reduce((known, other) => ({ $: meet(known.$, other.$), $$: meet(known.$$, other.$$) }));
  }
  if ('Not' in test) {
    assume(test.Not, data, read);
    return data;
  }
  if (!('IsPresent' in test)) {
    read(test.Variable, data);
    return data;
  }
  if (!test.IsPresent) return data;
  const [root, ...keys] = keysOf(test.Variable);
  const there = (known: Known) => change(known, keys, (value) => value);
  return root === '$$' ? { ...data, $$: there(data.$$) } : { ...data, $: there(data.$) };
}

function lookUp({ $, $$ }: Data, path: string): Known | undefined {
  const [root, ...keys] = keysOf(path);
  return keys.reduce<Known | undefined>(
    (known, key) => (known === 'anything' ? known : known && Object.hasOwn(known, key) ? known[key] : undefined),
    root === '$$' ? $$ : $,
  );
}

function put(input: Known, path: string | null | undefined, result: Known): Known {
  if (path === null) return input;
  return change(input, path === undefined ? [] : keysOf(path).slice(1), () => result);
}

function change(known: Known, [key, ...rest]: readonly string[], to: (value: Known) => Known): Known {
  if (key === undefined) return to(known);
  if (known === 'anything') return known;
  const inner = Object.hasOwn(known, key) ? (known[key] as Known) : {};
  return { ...known, [key]: change(inner, rest, to) };
}

/** What is certain on both ways. */
function meet(a: Known, b: Known): Known {
  if (a === 'anything') return b;
  if (b === 'anything') return a;
  const fields = Object.keys(a).filter((key) => Object.hasOwn(b, key));
  return Object.fromEntries(fields.map((key) => [key, meet(a[key] as Known, b[key] as Known)]));
}

/** `$.out._1[0]['merge-load']` → `$`, `out`, `_1`, `0`, `merge-load` */
function keysOf(path: string): string[] {
  return [...path.matchAll(/\$\$|\$|[A-Za-z0-9_-]+|'([^']*)'/g)].map(([whole, quoted]) => quoted ?? whole);
}
