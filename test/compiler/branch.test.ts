import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MachineParts } from '../../state-machines/compiler/machine-parts.ts';
import { placeholdersOf } from '../../state-machines/compiler/placeholders.ts';
import type { Structure } from '../../state-machines/compiler/structure.ts';
import { compile, type Definition, type Plan } from '../../state-machines/index.ts';
import { type Digraph, orderOf, planOf } from '../graph/graphs.ts';
import { statesIn } from './definitions.ts';
import { execute, expectedMarks, marksIn, runs, startedIn, startedTooEarly, tasksThatRun } from './execute.ts';

it('whatever sound nest a graph is given, a task runs if and only if all that it depends on has succeeded', () =>
  fc.assert(
    fc.asyncProperty(runs, fc.array(fc.nat(), { minLength: 16, maxLength: 16 }), async (run, choices) => {
      const { graph, failing } = run;
      const plan = planOf(graph);
      const trace = await execute(plan, run, nestedAs(anyNest(graph, choices), plan));
      expect(startedIn(trace).toSorted()).toEqual([...tasksThatRun(graph, failing)].toSorted());
      expect(startedTooEarly(graph, trace)).toEqual([]);
      expect(marksIn(trace)).toEqual(expectedMarks(graph, failing));
    }),
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
  const trace = await execute(plan, { failing: new Set(failing) }, nestedAs({ kind: 'sequence', parts }, plan));
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

/** The machine of a plan, its tasks nested in another way than the compiler would. */
function nestedAs(structure: Structure, plan: Plan): Definition {
  const { definition } = compile(plan);
  const { Run, ...others } = definition.States;
  if (Run?.Type !== 'Parallel') throw new Error('the tasks are not in Run');
  const { branch } = new MachineParts(plan, placeholdersOf(plan)).run(() => structure);
  return { ...definition, States: { Run: { ...Run, Branches: [branch] }, ...others } };
}

/** Cuts the tasks anywhere in their topological order, or into parts that have nothing to do with each other. */
function anyNest({ tasks, edges }: Digraph, choices: readonly number[]): Structure {
  const order = orderOf({ tasks, edges });
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
  // dags() names its tasks in topological order.
  return nest(tasks.toSorted());
}
