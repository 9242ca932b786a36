import { expect, it } from 'vitest';
import { compileNested } from '../../state-machines/compiler/compile.ts';
import type { GraphNode } from '../../state-machines/compiler/relation.ts';
import type { Structure } from '../../state-machines/compiler/structure.ts';
import { inDependencyOrder } from '../../state-machines/graph/plan.ts';
import { compile } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { orderOf, planOf } from '../graph/graphs.ts';
import { cases } from '../semantics/arbitraries.ts';
import { expectToFollowTheRules } from '../semantics/check.ts';
import { execute, startedIn } from '../semantics/run.ts';
import { planOf as planOfSpec } from '../semantics/spec.ts';
import { statesIn } from './definitions.ts';

it('whatever sound nest a graph is given, a run follows the rules', () =>
  fc.assert(
    fc.asyncProperty(
      cases(1, 8, 4),
      fc.array(fc.nat(), { minLength: 24, maxLength: 24 }),
      async ({ spec, behaviour }, choices) => {
        const compiled = compileNested(planOfSpec(spec), (nodes) => anyNest(nodes, choices));
        const trace = await execute(planOfSpec(spec), behaviour, compiled);
        expectToFollowTheRules(spec, behaviour, trace);
      },
    ),
    { numRuns: 400 },
  ));

it.each<[string, string[], string[]]>([
  ['a -> b', ['a'], ['a']],
  ['a, b', ['a'], ['a', 'b']],
  ['a -> c, b', ['a'], ['a', 'b']],
  ['a -> c, b -> c, b -> d', ['a'], ['a', 'b', 'd']],
  ['a -> c, b -> c, b -> d', ['b'], ['a', 'b']],
  ['a -> c -> d, b -> c, b -> e', ['c'], ['a', 'b', 'c', 'e']],
])('%s, one task after the other, with %j failing runs %j', async (notation, failing, ran) => {
  const plan = planOf(notation);
  const parts = plan
    .waves()
    .flat()
    .map((task): Structure => ({ kind: 'task', task }));
  const trace = await execute(
    plan,
    { failing: new Set(failing) },
    compileNested(plan, () => ({ kind: 'sequence', parts })),
  );
  expect(startedIn(trace)).toEqual(ran);
});

it.each([
  ['a, b', []],
  ['a -> b -> d, a -> c -> d', []],
  ['a -> x, b -> x, b -> y', ['x + y']],
  ['a -> x, b -> x, b -> y, lone', ['x + y']],
])('in %s the state around a Parallel is carried into %j only, where a guard looks at it', (notation, carrying) => {
  const carriers = statesIn(compile(planOf(notation)).definition).filter(
    ([, state]) => state.Type === 'Parallel' && 'up.$' in (state.Parameters ?? {}),
  );
  expect(carriers.map(([name]) => name)).toEqual(carrying);
});

/** Cuts the nodes anywhere in their topological order, or into parts that have nothing to do with each other. */
function anyNest(nodes: readonly GraphNode[], choices: readonly number[]): Structure {
  const edges = nodes.flatMap(({ name, dependencies }) => dependencies.map((before) => [before, name] as const));
  const order = orderOf({ tasks: nodes.map(({ name }) => name), edges });
  const related = (a: string, b: string) => order.has(`${a} < ${b}`) || order.has(`${b} < ${a}`);
  const left = [...choices];
  const combine = (kind: 'sequence' | 'parallel', parts: readonly string[][]): Structure => ({
    kind,
    parts: parts.map(nest).flatMap((part) => (part.kind === kind ? part.parts : [part])),
  });
  const nest = (members: readonly string[]): Structure => {
    const [first = '', ...others] = members;
    if (others.length === 0) return { kind: 'task', task: first };
    const choice = left.shift() ?? 0;
    const together = new Set([first]);
    for (const one of together) for (const other of others) if (related(one, other)) together.add(other);
    const apart = members.filter((task) => !together.has(task));
    if (apart.length > 0 && choice % 3 > 0)
      return combine('parallel', [members.filter((task) => together.has(task)), apart]);
    const cut = 1 + (choice % others.length);
    return combine('sequence', [members.slice(0, cut), members.slice(cut)]);
  };
  return nest(inDependencyOrder(nodes).map(({ name }) => name));
}
