import { describe, expect, it } from 'vitest';
import { type TaskWaits, waitsOf } from '../../state-machines/compiler/waits.ts';
import {
  chunks,
  compile,
  fromOutput,
  json,
  optional,
  type Plan,
  type Structure,
  TaskGraph,
} from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { dags, lasting, orderOf, planOf } from '../graph/graphs.ts';

const A = { kind: 'task', task: 'a' } as const;
const B = { kind: 'task', task: 'b' } as const;

describe('why a task waits', () => {
  const graph = new TaskGraph('why');
  const list = graph.addTask('list', { outputs: { days: chunks(), stats: json<{ rows: number }>(), extra: json() } });
  const { days, stats, extra } = list.outputs;
  const each = graph.addTask('each', { each: days, inputs: { stats }, outputs: { rows: json() } });
  graph.addTask('check', {
    inputs: { stats, again: stats, extra: optional(extra) },
    when: fromOutput(stats, 'rows').greaterThan(0),
  });
  graph.addTask('last');
  graph.addDependency('check', 'last');
  const group = graph.group('loading');
  group.addTask('load', { inputs: { rows: each.outputs.rows } });
  group.addFinallyTask('unlock');
  const { waits } = compile(graph.build());
  const of = (task: string) => waits.find((one) => one.task === task)?.for;

  it('is for data, for chunks, for a value that its condition looks at, and for order, each told once', () => {
    expect(of('list')).toEqual([]);
    expect(of('each')).toEqual([
      {
        on: 'list',
        reasons: [
          { kind: 'input', input: 'stats', output: 'stats', optional: false },
          { kind: 'chunks', output: 'days' },
        ],
      },
    ]);
    expect(of('check')).toEqual([
      {
        on: 'list',
        reasons: [
          { kind: 'input', input: 'stats', output: 'stats', optional: false },
          { kind: 'input', input: 'again', output: 'stats', optional: false },
          { kind: 'input', input: 'extra', output: 'extra', optional: true },
          { kind: 'condition', output: 'stats', path: ['rows'] },
        ],
      },
    ]);
    expect(of('last')).toEqual([{ on: 'check', reasons: [{ kind: 'order' }] }]);
  });

  it("is, of a group's hook, for the tasks of its group", () => {
    expect(of('unlock')).toEqual([{ on: 'load', reasons: [{ kind: 'order' }] }]);
  });
});

describe('waits that only the nesting adds', () => {
  it('are none where a graph is series-parallel', () => {
    expect(nestingOf(planOf('a -> b -> d, a -> c -> d, e'))).toEqual({});
  });

  it('are told with what ends right before, and how long the task stands still', () => {
    const plan = planOf('a -> x, b -> x, b -> y', lasting({ a: 5, b: 2, x: 1, y: 1 }));
    const { criticalPathSeconds, makespanSeconds } = compile(plan);
    expect(nestingOf(plan)).toEqual({ y: { behind: ['a'], seconds: 3 } });
    expect([criticalPathSeconds, makespanSeconds]).toEqual([6, 6]);
  });

  it('are those of the nesting that is given, whatever it is', () => {
    const plan = planOf('a, b', lasting({ a: 2, b: 3 }));
    const inSequence: Structure = { kind: 'sequence', parts: [B, A] };
    expect(waitsOf(plan, plan.tasks, inSequence)).toEqual([
      { task: 'a', for: [], nesting: { behind: ['b'], seconds: 3 } },
      { task: 'b', for: [] },
    ]);
  });
});

describe('of any graph', () => {
  const plans = dags(9).map((digraph) => ({ digraph, plan: planOf(digraph) }));

  it('every edge is told, and nothing else as one', () => {
    fc.assert(
      fc.property(plans, ({ digraph, plan }) => {
        const told = compile(plan).waits.flatMap(({ task, for: waits }) => waits.map(({ on }) => `${on} -> ${task}`));
        expect(told.toSorted()).toEqual([...new Set(digraph.edges.map((edge) => edge.join(' -> ')))].toSorted());
      }),
    );
  });

  it('no wait of the nesting is one of the graph', () => {
    fc.assert(
      fc.property(plans, ({ digraph, plan }) => {
        const order = orderOf(digraph);
        for (const { task, nesting } of compile(plan).waits) {
          for (const other of nesting?.behind ?? []) expect(order).not.toContain(`${other} < ${task}`);
        }
      }),
    );
  });

  it('all that is told, followed, is the order of the nesting and nothing else', () => {
    fc.assert(
      fc.property(plans, ({ plan }) => {
        const { waits, structure } = compile(plan);
        expect(followed(waits)).toEqual(nestedOrder(structure));
      }),
    );
  });

  it('where no task stands still, the machine is as fast as the graph', () => {
    fc.assert(
      fc.property(plans, ({ plan }) => {
        const { waits, criticalPathSeconds, makespanSeconds } = compile(plan);
        const slower = makespanSeconds - criticalPathSeconds;
        const stood = waits.reduce((sum, { nesting }) => sum + (nesting?.seconds ?? 0), 0);
        expect(slower).toBeLessThanOrEqual(stood + 1e-9);
        for (const { nesting } of waits) expect(nesting?.seconds ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

function nestingOf(plan: Plan): Record<string, TaskWaits['nesting']> {
  return Object.fromEntries(
    compile(plan).waits.flatMap(({ task, nesting }) => (nesting ? [[task, nesting] as const] : [])),
  );
}

/** Each task with all that it waits for, directly or not, as `a < b`. */
function followed(waits: readonly TaskWaits[]): string[] {
  const before = new Map(
    waits.map(({ task, for: on, nesting }) => [task, [...on.map((wait) => wait.on), ...(nesting?.behind ?? [])]]),
  );
  return waits
    .flatMap(({ task }) => {
      const all = new Set(before.get(task));
      for (const one of all) for (const other of before.get(one) ?? []) all.add(other);
      return [...all].map((one) => `${one} < ${task}`);
    })
    .toSorted();
}

function nestedOrder(structure: Structure): string[] {
  const pairs: string[] = [];
  const tasksOf = (part: Structure): string[] => {
    if (part.kind === 'task') return [part.task];
    const parts = part.parts.map(tasksOf);
    if (part.kind === 'sequence') {
      for (const [index, later] of parts.entries()) {
        for (const task of later) {
          for (const earlier of parts.slice(0, index).flat()) pairs.push(`${earlier} < ${task}`);
        }
      }
    }
    return parts.flat();
  };
  tasksOf(structure);
  return pairs.toSorted();
}
