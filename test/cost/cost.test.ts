import { describe, expect, it } from 'vitest';
import { costOf } from '../../state-machines/cost/cost.ts';
import type { Guesses } from '../../state-machines/cost/work.ts';
import { chunks, compile, json, type Plan, TaskGraph } from '../../state-machines/index.ts';
import { planOf } from '../graph/graphs.ts';

function cost(plan: Plan, guesses: Guesses = {}, month?: Parameters<typeof costOf>[3]) {
  return costOf(plan, compile(plan).statesEntered, guesses, month);
}

function amounts({ parts }: { readonly parts: readonly { readonly what: string; readonly amount: number }[] }) {
  return Object.fromEntries(parts.map(({ what, amount }) => [what, amount]));
}

describe('what a run costs', () => {
  it('is the sum of its parts at list prices', () => {
    const plan = planOf('a -> b', {
      a: { resources: { memoryMiB: 1024 }, expectedSeconds: 10 },
      b: { expectedSeconds: 20 },
    });
    const { run } = cost(plan);
    expect(run.parts).toEqual([
      // Run, a, b, Cleanup, Verdict, Succeeded
      {
        what: 'Step Functions: states entered',
        amount: 6,
        unit: 'transitions',
        price: 0.000025,
        usd: expect.closeTo(0.00015, 12),
      },
      { what: 'Lambda: requests', amount: 3, unit: 'requests', price: 2e-7, usd: expect.closeTo(6e-7, 12) },
      {
        what: 'Lambda: tasks and hooks',
        amount: 20,
        unit: 'GB-seconds',
        price: 0.0000133334,
        usd: expect.closeTo(0.000266668, 12),
      },
      {
        what: 'Lambda: cleanup',
        amount: 0.5,
        unit: 'GB-seconds',
        price: 0.0000133334,
        usd: expect.closeTo(0.0000066667, 12),
      },
      { what: 'S3: writes and lists', amount: 16, unit: 'requests', price: 0.000005, usd: expect.closeTo(0.00008, 12) },
      { what: 'S3: reads', amount: 5, unit: 'requests', price: 4e-7, usd: expect.closeTo(0.000002, 12) },
    ]);
    expect(run.usd).toBeCloseTo(0.00015 + 6e-7 + 0.000266668 + 0.0000066667 + 0.00008 + 0.000002, 12);
  });

  it('takes a task without a hint to last as long as the mean of the others, and a second where none has one', () => {
    const hinted = planOf('a, b, c', { a: { expectedSeconds: 10 }, b: { expectedSeconds: 20 } });
    expect(times(hinted)).toEqual([
      ['a', 10, 'expectedSeconds'],
      ['b', 20, 'expectedSeconds'],
      ['c', 15, 'mean'],
    ]);
    expect(times(planOf('a'))).toEqual([['a', 1, 'assumed']]);
    expect(times(hinted, { seconds: { c: 3 } })[2]).toEqual(['c', 3, 'given']);
  });

  it('of chunks is that of their invocations, and of the gathering', () => {
    const plan = chunked();
    const { run, work } = cost(plan, { chunks: { each: 50 } });
    expect(work.filter(({ of }) => of === 'each')).toMatchObject([
      // 60 s by its hint, for 10 invocations of which 5 run at once
      { what: 'chunks', invocations: 10, seconds: 30, from: 'expectedSeconds', retries: 2 },
      { what: 'gather', invocations: 1 },
    ]);
    expect(amounts(run)).toMatchObject({ 'Step Functions: states of chunks': 10, 'Lambda: requests': 13 });
  });

  it('reckons with as many chunks as there may be, where nothing is said', () => {
    expect(cost(chunked()).work.find(({ what }) => what === 'chunks')?.invocations).toBe(20);
  });

  it('has hooks that always run, those after the execution with the finalizer and the reaper, and no errors tasks', () => {
    const graph = new TaskGraph('hooks');
    graph.addTask('a');
    graph.addErrorsTask('alarm');
    graph.addFinallyTask('close');
    graph.addAfterExecutionTask('notify');
    graph.addAfterExecutionTask('bill');
    const plan = graph.build();
    const { run, work } = cost(plan);
    expect(work.map(({ of, what }) => of ?? what)).toEqual(['a', 'close', 'notify', 'bill', 'cleanup', 'reaper']);
    expect(amounts(run)).toMatchObject({ 'Step Functions: after the execution': 7, 'Lambda: requests': 6 });
  });

  it('grows by a transition, a request and the time of the function with each retry', () => {
    const plan = planOf('a, b', { a: { retries: 3, expectedSeconds: 2, resources: { memoryMiB: 2048 } } });
    const { retries } = cost(plan);
    expect(retries.most).toBe(3);
    expect(retries.usd).toBeCloseTo(3 * (0.000025 + 2e-7 + 4 * 0.0000133334), 12);
  });
});

describe('what a month costs', () => {
  const plan = planOf('a -> b -> c, d, e');

  it('is that of its runs, their metrics by the hour, and the deployment', () => {
    const { month, run, idle } = cost(plan, {}, { runs: 730, hours: 730, scheduled: true });
    expect(amounts(month ?? { parts: [] })).toEqual({
      runs: 730,
      'CloudWatch: metrics of runs': 7,
      'EventBridge: starts': 730,
      'the deployment, idle or not': 1,
    });
    expect(month?.usd).toBeCloseTo(730 * run.usd + 2.1 + 0.00073 + idle.usd, 9);
  });

  it('has no scheduler where something else starts them', () => {
    const { month } = cost(plan, {}, { runs: 10, hours: 10, scheduled: false });
    expect(amounts(month ?? { parts: [] })).not.toHaveProperty('EventBridge: starts');
  });

  it('is about a dollar and a dime while nothing runs, and a dime more with a schedule', () => {
    expect(cost(plan).idle.usd.toFixed(2)).toBe('1.09');
    expect(cost(plan, {}, { runs: 1, hours: 1, scheduled: true }).idle.usd.toFixed(2)).toBe('1.19');
  });
});

describe('a guess that cannot be is refused', () => {
  it.each<[string, Guesses, string, string]>([
    ['seconds of no task', { seconds: { eech: 1 } }, 'UnknownTask', 'did you mean "each"?'],
    ['more seconds than Lambda allows', { seconds: { each: 901 } }, 'InvalidOption', '0 to 900'],
    ['chunks of a task that has none', { chunks: { list: 1 } }, 'UnknownTask', 'are each'],
    ['more chunks than there may be', { chunks: { each: 101 } }, 'InvalidOption', '0 to 100'],
    ['half a chunk', { chunks: { each: 0.5 } }, 'InvalidOption', 'whole number'],
  ])('%s', (_, guesses, code, said) => {
    expect(() => cost(chunked(), guesses)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(said) }),
    );
  });
});

function chunked(): Plan {
  const graph = new TaskGraph('chunked');
  const list = graph.addTask('list', { outputs: { days: chunks({ max: 100 }) } });
  graph.addTask('each', {
    each: list.outputs.days,
    batchSize: 5,
    maxConcurrency: 5,
    expectedSeconds: 60,
    retries: 2,
    outputs: { rows: json() },
  });
  return graph.build();
}

function times(plan: Plan, guesses: Guesses = {}) {
  return cost(plan, guesses).work.flatMap(({ of, seconds, from }) => (of === undefined ? [] : [[of, seconds, from]]));
}
