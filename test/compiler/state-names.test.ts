/** What a Task state is there for follows from its name alone. */

import { describe, expect, it } from 'vitest';
import type { Branch } from '../../state-machines/compiler/asl.ts';
import { functionStateOf } from '../../state-machines/compiler/machine/state-names.ts';
import { chunks, compile, type Plan, TaskGraph } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { cases } from '../semantics/arbitraries.ts';
import { planOf } from '../semantics/spec.ts';

/** Each Task state, and whose function it calls; undefined for the cleanup's. */
function* functionsIn(
  { States }: Branch,
  nameOf: (resource: string) => string | undefined,
): Generator<[state: string, name: string | undefined]> {
  for (const [name, state] of Object.entries(States)) {
    if (state.Type === 'Task') yield [name, nameOf(state.Resource)];
    if (state.Type === 'Map') yield* functionsIn(state.ItemProcessor, nameOf);
    if (state.Type === 'Parallel') for (const branch of state.Branches) yield* functionsIn(branch, nameOf);
  }
}

function functionsOf(plan: Plan): [state: string, name: string | undefined][] {
  const { definition, finalizer, functions } = compile(plan);
  const names = new Map(Object.entries(functions).map(([name, placeholder]) => [`\${${placeholder}}`, name]));
  const nameOf = (resource: string) => names.get(resource);
  return [...functionsIn(definition, nameOf), ...functionsIn(finalizer, nameOf)];
}

function named(state: string): string | undefined {
  const is = functionStateOf(state);
  return 'name' in is ? is.name : undefined;
}

describe('the name of a Task state', () => {
  it('tells whose function it calls, in any graph', () => {
    fc.assert(
      fc.property(cases(1, 12, 8), ({ spec }) => {
        for (const [state, name] of functionsOf(planOf(spec))) expect([state, named(state)]).toEqual([state, name]);
      }),
      { numRuns: 200 },
    );
  });

  it.each([5, 100])('tells chunks from their gathering, at a concurrency of %i', (maxConcurrency) => {
    const graph = new TaskGraph('chunked');
    const list = graph.addTask('list', { outputs: { letters: chunks() } });
    // As long as a name may be, and near others' names.
    for (const name of ['x'.repeat(63), 'chunk', 'gather', 'late'])
      graph.addTask(name, { each: list.outputs.letters, maxConcurrency });
    const states = functionsOf(graph.build());
    for (const [state, name] of states) expect([state, named(state)]).toEqual([state, name]);
    expect(functionStateOf('chunk chunk')).toEqual({ does: 'chunks', name: 'chunk' });
    expect(functionStateOf('late gather')).toEqual({ does: 'gather', name: 'late' });
    expect(states.filter(([state]) => functionStateOf(state).does === 'chunks')).toHaveLength(4);
    expect(states.filter(([state]) => functionStateOf(state).does === 'gather')).toHaveLength(4);
  });

  it.each([
    ['Cleanup', 'cleanup'],
    ['Cleanup from records', 'cleanup'],
    ['Notes from records', 'notes'],
    ['Last sweep', 'sweep'],
  ])('tells what the cleanup function is called for: %s', (state, does) => {
    expect(functionStateOf(state)).toEqual({ does });
  });
});
