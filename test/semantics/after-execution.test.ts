import { expect, it } from 'vitest';
import { type Invocation, interpret } from '../../local/interpreter.ts';
import type { FinalizerInput } from '../../state-machines/contract/finalizer.ts';
import { outcomeOf } from '../../state-machines/contract/outcome.ts';
import type { TaskEvent } from '../../state-machines/contract/task-events.ts';
import { compile, TaskGraph } from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';
import { dags } from '../graph/graphs.ts';

const ENDED: FinalizerInput = {
  execution: 'run-7',
  status: 'FAILED',
  startedAt: '2026-11-20T21:35:00.000Z',
  input: { day: 1 },
  todo: 'after-execution',
  end: { Error: 'TaskFailed', Cause: '{}' },
  detail: {
    name: 'run-7',
    status: 'FAILED',
    error: 'TaskFailed',
    cause: JSON.stringify({
      run: 'run-7',
      status: 'FAILED',
      released: { objects: 0, bytes: 0, left: 0 },
      tasks: { a: { status: 'FAILED', error: { name: 'Boom', message: 'no' } } },
    }),
  },
};

it('after-execution tasks all run, once, in their order, whichever of them fail, and are told how the run ended', () =>
  fc.assert(
    fc.asyncProperty(
      dags(6).chain(({ tasks, edges }) =>
        fc.record({ edges: fc.constant(edges), failing: fc.subarray([...tasks]), hooks: fc.constant(tasks) }),
      ),
      async ({ hooks, edges, failing }) => {
        const graph = new TaskGraph('test');
        graph.addTask('a');
        for (const hook of hooks) graph.addAfterExecutionTask(hook);
        for (const [before, after] of edges) graph.addDependency(before, after);
        const { definition, finalizer } = compile(graph.build());

        const steps: string[] = [];
        const invoke = async ({ state: hook, payload }: Invocation) => {
          const { run, input, state = {} } = payload as TaskEvent;
          expect({ run, input }).toEqual({ run: 'run-7', input: { day: 1 } });
          expect(outcomeOf(state, ['a'])).toEqual({
            status: 'FAILED',
            failures: [{ task: 'a', name: 'Boom', message: 'no' }],
            tasks: { a: 'FAILED' },
          });
          steps.push(`start ${hook}`);
          await Promise.resolve();
          steps.push(`end ${hook}`);
          if (failing.includes(hook)) throw new Error('this one fails');
          return {};
        };
        const { status } = await interpret(finalizer, { name: 'run-7', input: ENDED, invoke });

        expect(status).toBe('SUCCEEDED');
        expect(steps.toSorted()).toEqual(hooks.flatMap((hook) => [`start ${hook}`, `end ${hook}`]).toSorted());
        for (const [before, after] of edges) {
          expect(steps.indexOf(`end ${before}`)).toBeLessThan(steps.indexOf(`start ${after}`));
        }
        expect(Object.keys(definition.States)).not.toContain('Errors');
      },
    ),
    { numRuns: 60 },
  ));
