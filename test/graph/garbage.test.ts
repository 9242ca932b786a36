/** What a graph is given in JavaScript, where no type holds anyone back. */

import { expect, it } from 'vitest';
import { TaskGraph } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { problemsOf } from './graphs.ts';

const cyclic: { self?: unknown; kind: string; conditions: unknown[] } = { kind: 'all', conditions: [] };
cyclic.self = cyclic;
cyclic.conditions.push(cyclic);

const kinds = fc.constantFrom('ref', 'named-ref', 'optional-ref', 'durable', 'json', 'chunks', 'all', 'not', 'test');

/** Anything, and often what looks like a part of a graph. */
const { garbage } = fc.letrec((tie) => ({
  garbage: fc.oneof(
    { maxDepth: 2 },
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, maxDepth: 1, maxKeys: 2 }),
    fc.constantFrom<unknown>(cyclic, Symbol('odd'), () => 1, 7n, Number.NaN, 'a', 'raw', 'a.raw', -1, '5%', '5 %'),
    fc.record(
      {
        kind: fc.oneof(kinds, tie('garbage')),
        name: tie('garbage'),
        ref: tie('garbage'),
        format: tie('garbage'),
        conditions: fc.oneof(fc.array(tie('garbage'), { maxLength: 2 }), tie('garbage')),
        condition: tie('garbage'),
        subject: tie('garbage'),
        test: tie('garbage'),
        from: fc.constantFrom('input', 'output', 'nowhere'),
        path: fc.oneof(fc.array(tie('garbage'), { maxLength: 2 }), tie('garbage')),
        is: fc.constantFrom('equal', 'less', 'like'),
        value: tie('garbage'),
      },
      { requiredKeys: [] },
    ),
  ),
}));

const parts = fc.oneof(
  garbage,
  fc.dictionary(fc.constantFrom('x', 'raw', 'memoryMiB', 'jitter', '__proto__'), garbage),
);
const definitions = fc.oneof(
  garbage,
  fc.record(
    {
      inputs: parts,
      outputs: parts,
      retries: garbage,
      retry: parts,
      timeoutSeconds: garbage,
      resources: parts,
      expectedSeconds: garbage,
      when: garbage,
      each: garbage,
      maxConcurrency: garbage,
      toleratedFailures: garbage,
      batchSize: garbage,
      release: parts,
    },
    { requiredKeys: [] },
  ),
);
const names = fc.oneof(fc.constantFrom('a', 'b', 'c'), garbage);

interface Declaring {
  readonly method: 'addTask' | 'addErrorsTask' | 'addFinallyTask' | 'addAfterExecutionTask' | 'addDependency' | 'group';
  readonly first: unknown;
  readonly second: unknown;
}

const declaring: fc.Arbitrary<Declaring> = fc.record({
  method: fc.constantFrom<Declaring['method']>(
    'addTask',
    'addErrorsTask',
    'addFinallyTask',
    'addAfterExecutionTask',
    'addDependency',
    'group',
  ),
  first: names,
  second: fc.oneof(definitions, names),
});

it('a graph of anything at all has problems, or none, but never breaks', () => {
  fc.assert(
    fc.property(names, garbage, fc.array(declaring, { maxLength: 6 }), (name, options, calls) => {
      const graph = new TaskGraph(name as string, options as object);
      for (const { method, first, second } of calls) {
        const made = (graph[method] as (...given: unknown[]) => unknown).call(graph, first, second);
        if (method === 'group') (made as TaskGraph).addTask('b', second as object);
      }
      for (const { message } of problemsOf(graph)) expect(message).toMatch(/^[^\n]*$/);
    }),
    { numRuns: 1_000 },
  );
});
