import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, json, optional, TaskGraph } from '../../state-machines/index.ts';
import { type Digraph, dags, planOf } from '../graph/graphs.ts';
import {
  execute,
  expectedMarks,
  marksIn,
  runs,
  startedIn,
  startedTooEarly,
  type Trace,
  tasksThatRun,
} from './execute.ts';

function inEveryRun(numRuns: number, check: (graph: Digraph, failing: ReadonlySet<string>, trace: Trace) => void) {
  return fc.assert(
    fc.asyncProperty(runs, async ({ graph, ...behaviour }) => {
      check(graph, behaviour.failing, await execute(planOf(graph), behaviour));
    }),
    { numRuns },
  );
}

describe('in a run of any graph, whichever tasks fail', () => {
  it('a task runs, once, if and only if all that it depends on has succeeded', () =>
    inEveryRun(300, (graph, failing, trace) => {
      expect(startedIn(trace).toSorted()).toEqual([...tasksThatRun(graph, failing)].toSorted());
    }));

  it('no task starts before all that it depends on has ended', () =>
    inEveryRun(200, (graph, _, trace) => {
      expect(startedTooEarly(graph, trace)).toEqual([]);
    }));

  it('cleanup comes once and last, knows the run and its tasks, and how each that ran has ended', () =>
    inEveryRun(200, (graph, failing, trace) => {
      expect(trace.steps.filter((step) => step === 'cleanup')).toHaveLength(1);
      expect(trace.steps.at(-1)).toBe('cleanup');
      expect(trace.cleanups[0]).toMatchObject({
        run: 'run-1',
        startedAt: expect.any(String),
        tasks: graph.tasks.map((name) => ({ name, retries: 0 })),
      });
      expect(marksIn(trace)).toEqual(expectedMarks(graph, failing));
    }));

  it('the execution fails if and only if a task failed, and says what cleanup answered', () =>
    inEveryRun(200, (graph, failing, { output, failure }) => {
      const anyFailed = !failing.isDisjointFrom(tasksThatRun(graph, failing));
      if (anyFailed) expect(failure).toMatchObject({ name: 'TaskFailed', message: 'the cause' });
      else expect(output).toEqual({ all: 'well' });
      expect(failure !== undefined).toBe(anyFailed);
    }));
});

it('statesEntered is the number of states that a run of any graph enters when every task succeeds', () =>
  fc.assert(
    fc.asyncProperty(dags(8), async (graph) => {
      const plan = planOf(graph);
      // The interpreter forwards a branch's events with a delay, and loses those that are on their way at its end.
      const { entered } = await execute(plan, { turnsOf: () => 1 });
      expect(entered).toHaveLength(compile(plan).statesEntered);
    }),
    { numRuns: 100 },
  ));

describe('the marks of a run', () => {
  it('nest as the state machine does, and a skipped task has none', async () => {
    const { cleanups } = await execute(
      planOf('extract -> aggregate, extract -> enrich, aggregate -> load, enrich -> load'),
      {
        failing: new Set(['enrich']),
      },
    );
    expect(cleanups[0]?.state).toEqual({
      out: {
        extract: { status: 'SUCCEEDED' },
        _1: [{ aggregate: { status: 'SUCCEEDED' } }, { enrich: { Error: 'Boom', Cause: 'enrich went wrong' } }],
      },
    });
  });
});

describe('cleanup', () => {
  it('is asked again with its own answer until it is done', async () => {
    const unfinished = { done: false, result: { left: 2 } };
    const { cleanups, output } = await execute(planOf('a'), {
      cleanup: (before) => (before < 2 ? unfinished : { done: true, result: { left: 0 } }),
    });
    expect(cleanups.map((event) => event.state)).toEqual([
      { out: { a: { status: 'SUCCEEDED' } } },
      unfinished,
      unfinished,
    ]);
    expect(output).toEqual({ left: 0 });
  });

  const broken = () => {
    throw Object.assign(new Error('no S3 today'), { name: 'Broken' });
  };

  it('that fails, after four attempts, turns a success into a failure with a name of its own', async () => {
    const { cleanups, failure } = await execute(planOf('a'), { cleanup: broken });
    expect(cleanups).toHaveLength(4);
    expect(failure?.name).toBe('CleanupFailed');
    expect(JSON.parse(failure?.message ?? '')).toEqual({ Error: 'Broken', Cause: 'no S3 today' });
  });

  it.each([
    ['a', 'a'],
    ['a, b -> c', 'c'],
    ['a -> x, b -> x, b -> y', 'y'],
  ])('that fails in a run of %s never hides that %s failed before', async (notation, task) => {
    const { failure } = await execute(planOf(notation), { failing: new Set([task]), cleanup: broken });
    expect(failure?.name).toBe('TaskFailed');
    for (const part of [`${task} went wrong`, 'no S3 today']) expect(failure?.message).toContain(part);
  });

  it('that fails half way never hides that a task failed before', async () => {
    const { failure } = await execute(planOf('a'), {
      failing: new Set(['a']),
      cleanup: (before) => (before > 0 ? broken() : { done: false, result: {}, Error: 'TaskFailed' }),
    });
    expect(failure?.name).toBe('TaskFailed');
  });
});

describe('an optional input', () => {
  const plan = (() => {
    const graph = new TaskGraph('test');
    const hint = graph.addTask('hint', { outputs: { rows: json() } });
    graph.addTask('load', { inputs: { rows: optional(hint.outputs.rows) } });
    return graph.build();
  })();

  it('does not let its task run where the task that should give it has failed', async () => {
    const { steps } = await execute(plan, { failing: new Set(['hint']) });
    expect(steps).toEqual(['start hint', 'end hint', 'cleanup']);
  });
});
