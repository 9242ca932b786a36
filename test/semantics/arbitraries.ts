/**
 * Random pipelines and runs of them, made so that what is interesting happens often. Each task is drawn by itself and
 * refers to those before it by number, so that a counterexample shrinks to few and plain tasks.
 */

import type { Scalar } from '../../state-machines/contract/values.ts';
import { allOf, anyOf, type Condition, fromInput, fromOutput, not, ref } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import type { Behaviour, GroupSpec, HookSpec, Spec, TaskSpec } from './spec.ts';

export interface Case {
  readonly spec: Spec;
  readonly behaviour: Behaviour;
}

const SHAPES = ['chain', 'out-tree', 'in-tree', 'N', 'diamonds', 'layers', 'dense', 'sparse'] as const;
type Shape = (typeof SHAPES)[number];

/** The tasks before the task `index` that it depends on. */
function dependenciesIn(shape: Shape, index: number, picks: readonly TaskDraw[], count: number): number[] {
  const pick = (other: number) => picks[other]?.pick ?? 0;
  const before = Array.from({ length: index }, (_, other) => other);
  switch (shape) {
    case 'chain':
      return before.slice(-1);
    case 'out-tree':
      return index === 0 ? [] : [pick(index) % index];
    case 'in-tree':
      return before.filter((other) => other + 1 + (pick(other) % (count - other - 1)) === index);
    case 'N':
      // 0 and 1, then 2 behind both and 3 behind 1, then 4 behind both of those and 5 behind 3, and so on.
      return before.slice(-2).filter((other) => index - other === 2 || index % 2 === 0);
    case 'diamonds':
      // 0, then 1 and 2 behind it, then 3 behind both of those, and so on.
      return index % 3 === 0 ? before.slice(-2) : before.filter((other) => other === index - (index % 3));
    case 'layers': {
      const width = 1 + (pick(0) % 3);
      const layer = before.filter((other) => Math.floor(other / width) === Math.floor(index / width) - 1);
      const some = layer.filter((other) => (pick(index) >> other) & 1);
      return some.length > 0 ? some : layer.slice(0, 1);
    }
    case 'dense':
      return before.filter((other) => ((pick(index) >> other) & 3) !== 0);
    case 'sparse':
      return before.filter((other) => ((pick(index) >> (2 * other)) & 3) === 3);
    default:
      return shape satisfies never;
  }
}

interface TaskDraw {
  readonly pick: number;
  readonly edges: readonly ('takes' | 'takesOptional' | 'after' | 'value')[];
  readonly when: readonly TestDraw[];
  readonly group: string | undefined;
  readonly data: Readonly<Record<string, Scalar>>;
  readonly fails: boolean;
  readonly turns: number;
  readonly expectedSeconds: number | undefined;
}

interface TestDraw {
  readonly join: 'all' | 'any';
  readonly negated: boolean;
  readonly test: (given: (...path: string[]) => Given) => Condition;
}

type Given = ReturnType<typeof fromInput>;

/** `n` is a number where it is what tests expect, `t` a text, `f` something else. */
const test: fc.Arbitrary<TestDraw> = fc.record({
  join: fc.constantFrom('all', 'any'),
  negated: fc.boolean(),
  test: fc.constantFrom<TestDraw['test'][]>(
    (given) => given('n').atLeast(1),
    (given) => given('t').equals('full'),
    (given) => given('n').lessThan(2),
    (given) => given('n').greaterThan(1),
    (given) => given('n').atMost(0),
    (given) => given('n').equals(1),
    (given) => given('n').isOneOf(0, 2),
    (given) => given('t').atLeast('full'),
    (given) => given('t').lessThan('full'),
    (given) => given('t').differsFrom('full'),
    (given) => given('f').equals(true),
    (given) => given('f').equals(null),
    (given) => given('f').exists(),
    (given) => given('deep', 'n').atLeast(1),
  ),
});

const record: fc.Arbitrary<Record<string, Scalar>> = fc.record(
  {
    n: fc.constantFrom<Scalar[]>(1, 2, 0, 'many', null, true),
    t: fc.constantFrom<Scalar[]>('full', 'delta', 'zero', 3, false),
    f: fc.constantFrom<Scalar[]>(true, false, null, 'yes', 1),
  },
  { requiredKeys: [] },
);

const noRecord = fc.constantFrom(null, 'n', 1, ['n']);

/** A call of the cleanup function is tried again three times. */
const CLEANUPS = [
  ...Array.from({ length: 6 }, () => []),
  ['unfinished', 'unfinished'],
  ['broken', 'broken', 'broken'],
  ['broken', 'broken', 'broken', 'broken'],
  ['broken', 'unfinished', 'broken', 'broken', 'broken', 'broken'],
] as const;

/** Three times out of four the first. */
const mostly = <T, U>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<U>) =>
  fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: other });
const none = <T>() => fc.constant<T[]>([]);

const seldom = fc.nat(6).map((drawn) => drawn === 6);

const task: fc.Arbitrary<TaskDraw> = fc.record({
  pick: fc.nat(2 ** 30),
  edges: fc.array(
    fc.constantFrom(
      'takes',
      'takes',
      'takes',
      'after',
      'after',
      'takesOptional',
      'takesOptional',
      'takesOptional',
      'value',
    ),
    { minLength: 1, maxLength: 4 },
  ),
  when: mostly(none(), fc.array(test, { minLength: 1, maxLength: 3 })),
  group: fc.constantFrom(undefined, undefined, 'g', 'g', 'inner', 'other'),
  data: record,
  fails: seldom,
  turns: fc.nat(4),
  expectedSeconds: mostly(fc.constant(undefined), fc.nat(9)),
});

const GROUPS: readonly GroupSpec[] = [{ name: 'g' }, { name: 'inner', group: 'g' }, { name: 'other' }];

interface HookDraw {
  readonly kind: 'errors' | 'finally';
  readonly owner: 'graph' | 'g' | 'inner' | 'other' | number;
  readonly waits: boolean;
  readonly fails: boolean;
  readonly turns: number;
}

const hook: fc.Arbitrary<HookDraw> = fc.record({
  kind: fc.constantFrom('errors', 'finally'),
  owner: mostly(fc.constantFrom('graph', 'g', 'g', 'inner', 'other'), fc.nat(30)),
  waits: fc.boolean(),
  fails: seldom,
  turns: fc.nat(4),
});

/** @param maxHooks 0 for pipelines without hooks and groups */
export function cases(minTasks: number, maxTasks: number, maxHooks: number): fc.Arbitrary<Case> {
  return fc
    .record({
      shape: fc.constantFrom(...SHAPES),
      tasks: fc.array(task, { minLength: minTasks, maxLength: maxTasks }),
      groupConditions: fc.tuple(
        ...GROUPS.map(() => mostly(none<TestDraw>(), fc.array(test, { minLength: 1, maxLength: 2 }))),
      ),
      hooks: fc.array(hook, { maxLength: maxHooks }),
      onTaskFailure: mostly(fc.constant('continue' as const), fc.constant('stop' as const)),
      backwards: fc.boolean(),
      input: mostly(
        fc.tuple(record, mostly(record, noRecord)).map(([top, deep]) => ({ ...top, deep })),
        noRecord,
      ),
      breaking: fc.nat(10 * maxTasks),
      cleanups: fc.constantFrom(...CLEANUPS),
    })
    .map((drawn) => {
      const tasks = drawn.tasks.map((_, index) => taskSpec(drawn.shape, drawn.tasks, index, maxHooks > 0));
      const groups = GROUPS.flatMap((group, index) => {
        const first = tasks.findIndex((member) => member.group && isIn(member.group, group.name));
        return first < 0 ? [] : [withCondition(group, drawn.groupConditions[index] ?? [], tasks.slice(0, first))];
      });
      const hooks = hookSpecs(drawn.hooks, tasks.length, groups);
      const all = [...tasks, ...hooks].map(({ name }, index) => ({
        name,
        ...([...drawn.tasks, ...drawn.hooks][index] as TaskDraw | HookDraw),
      }));
      const broken = drawn.tasks[drawn.breaking - 1]?.fails === false ? [`t${drawn.breaking - 1}`] : [];
      return {
        spec: {
          onTaskFailure: drawn.onTaskFailure,
          tasks: drawn.backwards ? tasks.toReversed() : tasks,
          groups,
          hooks,
        },
        behaviour: {
          input: drawn.input,
          failing: new Set(all.filter(({ fails }) => fails).map(({ name }) => name)),
          breaking: new Set(broken),
          data: Object.fromEntries(drawn.tasks.map(({ data }, index) => [`t${index}`, data])),
          turns: Object.fromEntries(all.map(({ name, turns }) => [name, turns])),
          cleanups: drawn.cleanups,
        },
      };
    });
}

function taskSpec(shape: Shape, drawn: readonly TaskDraw[], index: number, grouped: boolean): TaskSpec {
  const { edges = [], when = [], group, expectedSeconds } = drawn[index] ?? {};
  const before = dependenciesIn(shape, index, drawn, drawn.length).map((other, nth) => ({
    name: `t${other}`,
    edge: edges[nth % edges.length],
  }));
  const over = (kind: string) => before.filter(({ edge }) => edge === kind).map(({ name }) => name);
  const looked = over('value').map((name) => dataOf(name));
  const condition = conditionOf(when, looked);
  return {
    name: `t${index}`,
    takes: over('takes'),
    takesOptional: over('takesOptional'),
    after: over('after'),
    ...(condition && { when: condition }),
    ...(grouped && group && { group }),
    ...(expectedSeconds !== undefined && { expectedSeconds }),
  };
}

/** Each test looks at the next task's data, or where there is none at the input; each task's is looked at. */
function conditionOf(
  tests: readonly TestDraw[],
  looked: readonly ((...path: string[]) => Given)[],
): Condition | undefined {
  const unused = looked.slice(tests.length).map((given) => given('n').atLeast(1));
  const parts = tests.map(({ test, negated }, index) => {
    const condition = test(looked[index] ?? fromInput);
    return negated ? not(condition) : condition;
  });
  return [...parts, ...unused].reduce<Condition | undefined>((joined, part, index) => {
    if (!joined) return part;
    return tests[index]?.join === 'any' ? anyOf(joined, part) : allOf(joined, part);
  }, undefined);
}

/** A group's condition may look at a task before all that are in the group. */
function withCondition(group: GroupSpec, tests: readonly TestDraw[], before: readonly TaskSpec[]): GroupSpec {
  const condition = conditionOf(
    tests,
    before.slice(-1).map(({ name }) => dataOf(name)),
  );
  return { ...group, ...(tests.length > 0 && condition && { when: condition }) };
}

function isIn(inner: string, outer: string): boolean {
  return inner === outer || GROUPS.some(({ name, group }) => name === inner && group === outer);
}

function dataOf(name: string): (...path: string[]) => Given {
  return (...path) => fromOutput(ref(`${name}.data`), ...path);
}

function hookSpecs(drawn: readonly HookDraw[], tasks: number, groups: readonly GroupSpec[]): HookSpec[] {
  const hooks: HookSpec[] = [];
  for (const [index, { kind, owner, waits }] of drawn.entries()) {
    const spec: HookSpec =
      typeof owner === 'number'
        ? { name: `h${index}`, kind: 'errors', of: { task: `t${owner % tasks}` } }
        : { name: `h${index}`, kind, ...(groups.some(({ name }) => name === owner) && { of: { group: owner } }) };
    const isBeside = (other: HookSpec) =>
      other.kind === spec.kind && JSON.stringify(other.of) === JSON.stringify(spec.of);
    const beside = hooks.filter(isBeside).map(({ name }) => name);
    hooks.push({ ...spec, after: waits ? beside.slice(-1) : [] });
  }
  return hooks;
}
