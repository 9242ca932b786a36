/** What holds for the machines of any plan, with chunks and after-execution tasks among conditions, hooks and groups. */

import { expect, it } from 'vitest';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import {
  type ChunksFormat,
  type Condition,
  chunks,
  compile,
  fromInput,
  fromOutput,
  json,
  optional,
  ref,
  TaskGraph,
} from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { type Digraph, dags } from '../graph/graphs.ts';
import { branchesIn, statesIn, successorsOf } from './definitions.ts';
import { FINALIZER_INPUT, missingPathsIn } from './missing-paths.ts';
import { expectValid } from './states.ts';

type Edge = 'waits' | 'takes' | 'takes optionally' | 'asks' | 'runs for each';

interface Choices {
  readonly edges: readonly Edge[];
  readonly conditional: readonly boolean[];
  /** For each task: in no group, in `outer`, in `inner` in `outer`, in `other`. */
  readonly groups: readonly (0 | 1 | 2 | 3)[];
  /** For each task: how many errors tasks of its own. */
  readonly handlers: readonly number[];
  readonly hooks: readonly ('errors' | 'finally' | 'after')[];
  readonly groupHooks: readonly ('errors' | 'finally')[];
  readonly distributed: boolean;
  readonly onTaskFailure: 'continue' | 'stop';
}

const MOST = 7;
const many = <T>(item: fc.Arbitrary<T>, length: number) => fc.array(item, { minLength: length, maxLength: length });

const choices: fc.Arbitrary<Choices> = fc.record({
  edges: many(fc.constantFrom<Edge[]>('waits', 'takes', 'takes optionally', 'asks', 'runs for each'), MOST * MOST),
  conditional: many(fc.boolean(), MOST),
  groups: many(fc.constantFrom(0, 1, 2, 3), MOST),
  handlers: many(fc.constantFrom(0, 0, 1, 2), MOST),
  hooks: fc.array(fc.constantFrom<('errors' | 'finally' | 'after')[]>('errors', 'finally', 'after'), { maxLength: 4 }),
  groupHooks: fc.array(fc.constantFrom<('errors' | 'finally')[]>('errors', 'finally'), { maxLength: 3 }),
  distributed: fc.boolean(),
  onTaskFailure: fc.constantFrom('continue', 'stop'),
});

function graphOf({ tasks, edges }: Digraph, chosen: Choices): TaskGraph {
  const graph = new TaskGraph('test', { onTaskFailure: chosen.onTaskFailure });
  const used = new Set(chosen.groups.slice(0, tasks.length));
  const outer = used.has(1) || used.has(2) ? graph.group('outer') : graph;
  const inner = used.has(2) ? outer.group('inner', { when: fromInput('inner').exists() }) : graph;
  const other = used.has(3) ? graph.group('other') : graph;
  const scopes = [graph, outer, inner, other];
  for (const [index, name] of tasks.entries()) {
    const asked: Condition[] = chosen.conditional[index] ? [fromInput(name).equals(true)] : [];
    const inputs: Record<string, ReturnType<typeof ref> | ReturnType<typeof optional>> = {};
    let each = {};
    for (const [edge, [before, after]] of edges.entries()) {
      if (after !== name) continue;
      const kind = chosen.edges[edge] ?? 'waits';
      if (kind === 'takes') inputs[before] = ref(`${before}.x`);
      if (kind === 'takes optionally') inputs[before] = optional(ref(`${before}.x`));
      if (kind === 'asks') asked.push(fromOutput(ref(`${before}.y`), 'rows').greaterThan(0));
      if (kind === 'runs for each') {
        each = { each: ref<ChunksFormat>(`${before}.z`), maxConcurrency: chosen.distributed ? 41 : 40 };
      }
      graph.addDependency(before, after);
    }
    // What chunks wrote is neither a value for a condition nor a list of chunks.
    const isAsked = (kind: Edge) => edges.some(([before], edge) => before === name && chosen.edges[edge] === kind);
    if (isAsked('asks') || isAsked('runs for each')) each = {};
    const handle = (scopes[chosen.groups[index] ?? 0] ?? graph).addTask(name, {
      inputs,
      outputs: { x: json(), y: json(), z: chunks({ max: 10 }) },
      ...each,
      ...(asked.length > 0 && { when: { kind: 'all', conditions: asked } }),
    });
    for (let count = chosen.handlers[index] ?? 0; count > 0; count--) handle.addErrorsTask(`${name}-handler-${count}`);
  }
  for (const [index, kind] of chosen.hooks.entries()) {
    if (kind === 'errors') graph.addErrorsTask(`hook-${index}`);
    if (kind === 'finally') graph.addFinallyTask(`hook-${index}`);
    if (kind === 'after') graph.addAfterExecutionTask(`hook-${index}`);
  }
  for (const [group, scope] of [outer, inner, other].entries()) {
    if (scope === graph) continue;
    for (const [index, kind] of chosen.groupHooks.entries()) {
      if (kind === 'errors') scope.addErrorsTask(`group-${group}-${index}`);
      else scope.addFinallyTask(`group-${group}-${index}`);
    }
  }
  return graph;
}

/** Of the machine, and of its finalizer. */
function forAll(check: (definition: Definition) => void, numRuns = 100): void {
  fc.assert(
    fc.property(dags(MOST), choices, (digraph, chosen) => {
      const { definition, finalizer } = compile(graphOf(digraph, chosen).build());
      for (const machine of [definition, finalizer]) check(machine);
    }),
    { numRuns },
  );
}

it('passes the validator', () => {
  forAll(expectValid, 30);
});

it('each state has a name of its own, of 80 characters at the most, without quotes', () => {
  forAll((definition) => {
    const names = statesIn(definition).map(([name]) => name);
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
    for (const name of names) expect(name).toMatch(/^[^'"\\$]{1,80}$/);
  });
});

it('the finalizer reads no path that may be missing, whatever is to do', () => {
  fc.assert(
    fc.property(dags(MOST), choices, (digraph, chosen) => {
      expect(missingPathsIn(compile(graphOf(digraph, chosen).build()).finalizer, FINALIZER_INPUT)).toEqual([]);
    }),
  );
});

it('every transition stays in its branch, and every state is reached', () => {
  forAll((definition) => {
    for (const { StartAt, States } of branchesIn(definition)) {
      const reached = new Set([StartAt]);
      for (const name of reached) {
        const state = States[name];
        for (const next of state ? successorsOf(state) : []) reached.add(next);
      }
      expect([...reached].toSorted()).toEqual(Object.keys(States).toSorted());
    }
  });
});
