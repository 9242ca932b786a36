/** Plans, and events of runs of them, as told by any runner in any order that a run can have. */

import type { RunEvent, UntimedEvent } from '../../history/events.ts';
import {
  chunks,
  json,
  ndjson,
  type Plan,
  type RunResult,
  TaskGraph,
  type TaskStatus,
} from '../../state-machines/index.ts';
import { fc } from '../fast-check.ts';

export const BEGAN = Date.parse('2026-11-21T10:00:00.000Z');

/** A diamond with an order that has no data, a chunk-parallel task, and every kind of hook. */
export function everything(): Plan {
  const graph = new TaskGraph('everything');
  const list = graph.addTask('list', { outputs: { parts: chunks<{ n: number }>() } });
  const draw = graph.addTask('draw', {
    each: list.outputs.parts,
    outputs: { rows: ndjson<{ n: number }>() },
    retries: 1,
  });
  const count = graph.addTask('count', {
    inputs: { rows: draw.outputs.rows },
    outputs: { sum: json<number>() },
    retries: 2,
  });
  const check = graph.addTask('check', { inputs: { rows: draw.outputs.rows } });
  graph.addTask('load', { inputs: { sum: count.outputs.sum } });
  graph.addDependency(check, 'load');
  graph.addErrorsTask('alert');
  graph.addFinallyTask('close');
  graph.addAfterExecutionTask('notify');
  return graph.build();
}

/** Events with times, one a second unless it says otherwise. */
export function timed(events: readonly (UntimedEvent & { readonly after?: number })[]): RunEvent[] {
  let ms = BEGAN;
  return events.map(({ after = 1000, ...event }, index) => {
    ms += index === 0 ? 0 : after;
    return { at: new Date(ms).toISOString(), ...event } as RunEvent;
  });
}

export function started(plan: Plan, input: unknown = {}): UntimedEvent {
  return { type: 'run-started', pipeline: plan.pipeline, run: 'r1', input, tasks: plan.tasks.map(({ name }) => name) };
}

export function resultOf(plan: Plan, change: Partial<RunResult> = {}): RunResult {
  const tasks = Object.fromEntries(
    plan.tasks.map(({ name }) => [name, { status: 'SUCCEEDED' as TaskStatus, retriesUsed: 0 }]),
  );
  return {
    pipeline: plan.pipeline,
    run: 'r1',
    status: 'SUCCEEDED',
    startedAt: new Date(BEGAN).toISOString(),
    durationMs: 1000,
    succeeded: plan.taskCount,
    failed: 0,
    skipped: 0,
    omitted: 0,
    tasks,
    released: { objects: 1, bytes: 1, left: 0 },
    ...change,
  };
}

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<script>', '"\'>', '</pre>', '&amp;', '\u202e'));
const error = fc.record({ name: text, message: text });
const status = fc.constantFrom('SUCCEEDED', 'FAILED', 'SKIPPED', 'OMITTED') as fc.Arbitrary<TaskStatus>;

/** Any events at all: more attempts than a run would have, ends without a start, hours between them or nothing. */
export function anyEvents(plan: Plan): fc.Arbitrary<RunEvent[]> {
  const task = fc.constantFrom(...plan.functions.map(({ name }) => name), 'of-an-older-plan');
  const of = fc
    .record({
      task,
      attempt: fc.integer({ min: 1, max: 3 }),
      gather: fc.boolean(),
      chunks: fc.option(fc.array(text, { maxLength: 3 })),
    })
    .map(({ task, attempt, gather, chunks }) => {
      const hook = plan.hook(task)?.hook;
      return {
        task,
        attempt,
        ...(hook && { hook }),
        ...(gather && { gather: true as const }),
        ...(!gather && chunks && { chunks }),
      };
    });
  const bytes = fc.nat({ max: 2 ** 40 });
  const between: fc.Arbitrary<UntimedEvent> = fc.oneof(
    of.map((of) => ({ type: 'attempt-started' as const, ...of })),
    fc
      .tuple(of, bytes)
      .map(([of, bytesOut]) => ({ type: 'attempt-succeeded' as const, ...of, durationMs: 1, bytesIn: 1, bytesOut })),
    fc.tuple(of, error).map(([of, error]) => ({ type: 'attempt-failed' as const, ...of, durationMs: 1, error })),
    fc.record({ type: fc.constant('chunks-started' as const), task, count: fc.nat(500) }),
    fc.record({ type: fc.constant('cleanup-started' as const) }),
    fc.record({ type: fc.constant('cleanup-ended' as const), done: fc.boolean(), left: fc.nat(3) }),
    fc.record({
      type: fc.constant('execution-ended' as const),
      status: fc.constantFrom('SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT'),
      error,
    }),
    text.map((text) => ({
      type: 'denied' as const,
      denial: { who: text, role: text, action: text, resource: text, message: text },
    })),
  );
  const end = fc
    .record({
      status: fc.constantFrom('SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT'),
      statuses: fc.array(status, { minLength: plan.taskCount, maxLength: plan.taskCount }),
      error: fc.option(error, { nil: undefined }),
      left: fc.nat(2),
    })
    .map(({ status, statuses, error, left }) => {
      const tasks = Object.fromEntries(
        plan.tasks.map(({ name }, index) => [
          name,
          {
            status: statuses[index] ?? 'SKIPPED',
            retriesUsed: 0,
            ...(error && { error }),
            outputs: { o: { bytes: 1, resultKey: error?.name ?? 'k' } },
          },
        ]),
      );
      const result = resultOf(plan, {
        status: status as RunResult['status'],
        tasks,
        released: { objects: 1, bytes: 1, left },
        ...(error && { error }),
      });
      return { type: 'run-ended' as const, result };
    });
  return fc
    .record({
      input: fc.jsonValue(),
      between: fc.array(fc.tuple(between, fc.constantFrom(0, 1, 250, 3_600_000)), { maxLength: 40 }),
      end: fc.option(end),
    })
    .map(({ input, between, end }) =>
      timed([started(plan, input), ...between.map(([event, after]) => ({ ...event, after })), ...(end ? [end] : [])]),
    );
}
