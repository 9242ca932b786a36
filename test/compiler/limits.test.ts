import { describe, expect, it } from 'vitest';
import {
  chunks,
  compile,
  type FunctionDef,
  fromOutput,
  GraphError,
  type GraphProblem,
  json,
  type LimitName,
  ndjson,
  type Plan,
  TaskGraph,
} from '../../state-machines/index.ts';
import { planOf } from '../graph/graphs.ts';

describe('a pipeline over a limit of Step Functions does not compile', () => {
  const manyTasks = planOf({ tasks: Array.from({ length: 2_000 }, (_, index) => `t${index}`), edges: [] });
  const cases: [LimitName, Plan, largest: string, mend: string][] = [
    ['definition', manyTasks, 'Cleanup', 'split the pipeline'],
    ['history', chunked({ max: 4_000 }, { retries: 1, batchSize: 1 }), 'extract', 'batchSize'],
    ['state data', chunked({ max: 4_000 }, { batchSize: 10 }), 'split', 'chunks({ max })'],
    ['finalizer definition', manyAfter(2_000), 'Cleanup from records', 'split the pipeline'],
    ['finalizer history', manyAfter(600, { retries: 20 }), 'h0', 'lower the retries'],
    ['map results', chunked({ max: 100_000 }, { maxConcurrency: 41 }), 'extract', 'batchSize'],
  ];

  it.each(cases)('%s: which limit, by how much, what contributes most, and what to do', (name, plan, largest, mend) => {
    const [problem] = limitProblemsOf(plan).filter(({ limit }) => limit?.name === name);
    expect(problem).toMatchObject({ code: 'LimitExceeded', number: -118 });
    const { used = 0, allowed = 0 } = problem?.limit ?? {};
    expect(used).toBeGreaterThan(allowed);
    for (const part of [used, used - allowed, allowed]) {
      expect(problem?.message).toContain(part.toLocaleString('en-US'));
    }
    expect(problem?.message).toContain(largest);
    expect(problem?.message).toContain(mend);
  });

  it('all limits that it passes are told at once', () => {
    const plan = chunked({ max: 5_000 }, { retries: 2 });
    expect(limitProblemsOf(plan).map(({ limit }) => limit?.name)).toEqual(['history', 'state data']);
  });

  it('unless it is only to be reported', () => {
    const { limits, structure } = compile(chunked({ max: 5_000 }, { retries: 2 }), { limits: 'report' });
    expect(limits.filter(({ used, limit }) => used > limit)).toHaveLength(2);
    expect(structure.kind).toBe('sequence');
  });
});

describe('the use of a limit', () => {
  it('of the definition is its size as compact JSON', () => {
    const { definition, definitionBytes, limits } = compile(planOf('a -> b'));
    expect(definitionBytes).toBe(JSON.stringify(definition).length);
    expect(limits).toContainEqual(expect.objectContaining({ name: 'definition', used: definitionBytes }));
  });

  it('of the history grows by three events with each retry of a task', () => {
    const [none, two] = [0, 2].map((retries) => used('history', planOf('a', { a: { retries } })));
    expect(two).toBe((none ?? 0) + 2 * 3);
  });

  it('of the history grows with the batches of a task whose chunks the machine runs itself, and not beyond', () => {
    const inline = [10, 20].map((max) => used('history', chunked({ max })));
    const batched = [10, 20].map((max) => used('history', chunked({ max }, { batchSize: 10 })));
    const distributed = [10, 20].map((max) => used('history', chunked({ max }, { maxConcurrency: 41 })));
    const growth = ([less = 0, more = 0]: number[]) => more - less;
    expect(growth(inline)).toBe(10 * growth(batched));
    expect(growth(distributed)).toBe(0);
  });

  it('of the state data counts the values that conditions look at', () => {
    const graph = new TaskGraph('test');
    const check = graph.addTask('check', { outputs: { stats: json<{ rows: number }>() } });
    const without = used('state data', graph.build());
    graph.addTask('load', { when: fromOutput(check.outputs.stats, 'rows').greaterThan(0) });
    expect(used('state data', graph.build())).toBeGreaterThan(without + 3 * 256);
  });

  it('of a bare diamond is far from every limit', () => {
    const { limits } = compile(planOf('a -> b -> d, a -> c -> d'));
    for (const { used, limit } of limits) expect(used).toBeLessThan(limit / 100);
  });
});

it('four tasks of as many chunks as there are by default, with two retries each, are within the limits', () => {
  const graph = new TaskGraph('test');
  const split = graph.addTask('split', { outputs: { parts: chunks() } });
  for (const name of ['a', 'b', 'c', 'd']) graph.addTask(name, { each: split.outputs.parts, retries: 2 });
  expect(() => compile(graph.build())).not.toThrow();
});

it('a graph of 1,000 tasks with as many edges again is within the limits', () => {
  const tasks = Array.from({ length: 1_000 }, (_, index) => `t${index}`);
  const edges = tasks.slice(2).flatMap((task, index): [string, string][] => [
    [`t${Math.floor(index / 2)}`, task],
    [`t${Math.floor(index / 3)}`, task],
  ]);
  expect(compile(planOf({ tasks, edges })).definitionBytes).toBeLessThan(1_048_576);
});

function chunked(
  list: { max: number },
  options: { retries?: number; batchSize?: number; maxConcurrency?: number } = {},
): Plan {
  const graph = new TaskGraph('test');
  const split = graph.addTask('split', { outputs: { parts: chunks(list) } });
  graph.addTask('extract', { each: split.outputs.parts, outputs: { raw: ndjson() }, ...options });
  return graph.build();
}

/** The finalizer's only: other hooks are in both machines. */
function manyAfter(count: number, def: FunctionDef = {}): Plan {
  const graph = new TaskGraph('test');
  graph.addTask('a');
  for (let index = 0; index < count; index++) graph.addAfterExecutionTask(`h${index}`, def);
  return graph.build();
}

function used(name: LimitName, plan: Plan): number {
  return compile(plan).limits.find((use) => use.name === name)?.used ?? Number.NaN;
}

function limitProblemsOf(plan: Plan): readonly GraphProblem[] {
  try {
    compile(plan);
    return [];
  } catch (error) {
    if (error instanceof GraphError) return error.problems;
    throw error;
  }
}
