import { describe, expect, it } from 'vitest';
import { nextAttemptDue } from '../../../cli/live/due.ts';
import { historyOf } from '../../../history/builder.ts';
import type { RunEvent } from '../../../history/events.ts';
import { type RetryDef, TaskGraph } from '../../../state-machines/index.ts';

const FAILED_AT = '2026-11-20T21:35:10.000Z';

/** In seconds after the attempt failed, as those before it had. */
function due(retry: RetryDef, attempt: number, name = 'Broken') {
  const graph = new TaskGraph('trips');
  graph.addTask('load', { retries: 5, retry });
  const plan = graph.build();
  const at = '2026-11-20T21:35:00.000Z';
  const { tasks } = historyOf(plan, [
    { at, type: 'run-started', pipeline: 'trips', run: 'r1', input: {}, tasks: ['load'] },
    ...Array.from({ length: attempt }, (_, before) => before + 1).flatMap((number): RunEvent[] => [
      { at, type: 'attempt-started', task: 'load', attempt: number },
      {
        at: FAILED_AT,
        type: 'attempt-failed',
        task: 'load',
        attempt: number,
        durationMs: 1,
        error: { name, message: 'no' },
      },
    ]),
  ]);
  const next = tasks[0] && nextAttemptDue(tasks[0], plan.task('load'));
  return next && { seconds: (next.at - Date.parse(FAILED_AT)) / 1000, exactly: next.exactly };
}

describe('the next attempt is due', () => {
  it('after what the task waits, longer from one to the next, up to its longest', () => {
    const retry: RetryDef = { intervalSeconds: 3, backoffRate: 2, maxDelaySeconds: 10, jitter: 'none' };
    expect([1, 2, 3].map((attempt) => due(retry, attempt)?.seconds)).toEqual([3, 6, 10]);
    expect(due(retry, 1)?.exactly).toBe(true);
  });

  it('with jitter at any time until then', () => {
    expect(due({ intervalSeconds: 3 }, 1)).toEqual({ seconds: 3, exactly: false });
  });

  it('of an error of the Lambda service after what Step Functions waits, whatever the task does', () => {
    const retry: RetryDef = { intervalSeconds: 30, jitter: 'none' };
    expect(due(retry, 3, 'Lambda.TooManyRequestsException')).toEqual({ seconds: 4, exactly: false });
  });

  it('never where none follows', () => {
    expect(due({}, 6)).toBeUndefined();
  });
});
