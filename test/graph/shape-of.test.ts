import { expect, it } from 'vitest';
import { shapeOf } from '../../state-machines/graph/shape-of.ts';
import { csv, fromInput, json, type Plan, type TaskDef, TaskGraph } from '../../state-machines/index.ts';

function plan(change: TaskDef = {}, also: (graph: TaskGraph) => void = () => undefined): Plan {
  const graph = new TaskGraph('shapes');
  const first = graph.addTask('first', { outputs: { out: json() } });
  graph.addTask('second', { inputs: { out: first.outputs.out }, outputs: { table: csv() }, ...change });
  also(graph);
  return graph.build();
}

it('is 16 hexadecimal digits, the same for the same graph', () => {
  expect(shapeOf(plan())).toMatch(/^[0-9a-f]{16}$/);
  expect(shapeOf(plan())).toBe(shapeOf(plan()));
});

it.each<TaskDef>([
  { retries: 3 },
  { timeoutSeconds: 5 },
  { resources: { memoryMiB: 1024 } },
  { expectedSeconds: 7 },
  { release: 'run' },
])('is the same with %j', (change) => {
  expect(shapeOf(plan(change))).toBe(shapeOf(plan()));
});

it('is the same with another hook, and for tasks in another order', () => {
  expect(shapeOf(plan({}, (graph) => graph.addFinallyTask('close')))).toBe(shapeOf(plan()));
  const two = ['a', 'b'].map((name) => [name]);
  const [there, back] = [two, two.toReversed()].map((names) => {
    const graph = new TaskGraph('shapes');
    for (const [name = ''] of names) graph.addTask(name);
    return shapeOf(graph.build());
  });
  expect(there).toBe(back);
});

it.each<TaskDef>([
  { inputs: {} },
  { outputs: {} },
  { outputs: { table: json() } },
  { outputs: { sheet: csv() } },
  { when: fromInput('go').equals(true) },
])('is another with %j', (change) => {
  expect(shapeOf(plan(change))).not.toBe(shapeOf(plan()));
});

it('is another with another task or another edge', () => {
  const shapes = [
    plan(),
    plan({}, (graph) => graph.addTask('third')),
    plan({}, (graph) => graph.addTask('third') && graph.addDependency('second', 'third')),
  ].map(shapeOf);
  expect(new Set(shapes).size).toBe(3);
});
