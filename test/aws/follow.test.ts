import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RunsOnAws } from '../../aws/index.ts';
import { historyOf } from '../../history/builder.ts';
import type { RunEvent } from '../../history/events.ts';
import { STATES } from '../../state-machines/contract/states.ts';
import { DEPLOYED, useEndpoint } from './endpoint.ts';
import { answering, attempt, chain, plan, resultOf, START, STARTED, type Stored } from './runs.ts';

const endpoint = useEndpoint();
const runs = new RunsOnAws({ deployed: DEPLOYED, plan, pace: { shortestMs: 1, longestMs: 2 } });

let stored: Stored;
beforeEach(() => {
  stored = {};
  endpoint.answer = answering(() => stored);
  // Shortly after.
  vi.spyOn(Date, 'now').mockReturnValue(START * 1_000 + 60_000);
});

const all = (follow = true) => Array.fromAsync(runs.events('one', { follow }));
const last = async () => {
  const event = (await all()).at(-1);
  return event?.type === 'run-ended' ? event.result : undefined;
};
const typesOf = (events: readonly RunEvent[]) => events.map(({ type }) => type);

const ABORTED = chain(STARTED, ...attempt('first'), ['ExecutionAborted', { cause: 'enough' }]);
const CLEANED = resultOf({ status: 'ABORTED', error: { name: 'Aborted', message: 'enough' } });
const UNTIL_WAIT = [
  ['ExecutionStarted', { input: '{}' }],
  ...attempt('Cleanup', { done: true, result: CLEANED }),
  ['WaitStateEntered', { name: STATES.lateWriters, input: '{}' }],
] as const;
const FINALIZED = chain(...UNTIL_WAIT);

describe('a run that cleaned up after itself', () => {
  it('is over with its execution, whose result it has; nothing is asked of its finalizer', async () => {
    const result = resultOf();
    const history = chain(STARTED, ...attempt('first'), [
      'ExecutionFailed',
      { error: 'TaskFailed', cause: JSON.stringify(result) },
    ]);
    stored = { 'run/one': { status: 'FAILED', history, cause: result, error: 'TaskFailed' } };
    const events = await all();
    expect(typesOf(events)).toEqual([
      'run-started',
      'attempt-started',
      'attempt-succeeded',
      'execution-ended',
      'run-ended',
    ]);
    expect(events.at(-1)).toMatchObject({ result });
  });

  it('has tasks after the execution, which are waited for, but not for the wait behind them', async () => {
    endpoint.answer = answering(() => stored, { states: { [STATES.afterExecution]: {} } });
    const result = resultOf();
    const history = chain(STARTED, ['ExecutionFailed', { error: 'TaskFailed', cause: JSON.stringify(result) }]);
    const finalizer = chain(
      ['ExecutionStarted', { input: '{}' }],
      ['ParallelStateEntered', { name: STATES.afterExecution, input: '{}' }],
      ...attempt('notify', {}),
      ['WaitStateEntered', { name: STATES.lateWriters, input: '{}' }],
    );
    stored = {
      'run/one': { status: 'FAILED', history, cause: result, error: 'TaskFailed' },
      'finalizer/one': { status: 'RUNNING', history: finalizer },
    };
    expect(await last()).toEqual({
      ...result,
      hooks: { notify: { status: 'SUCCEEDED', retriesUsed: 0, startedAt: expect.any(String), durationMs: 2_000 } },
    });
  });
});

describe('a run that was ended from outside', () => {
  it('is over when its finalizer, which comes later, has cleaned up', async () => {
    let asked = 0;
    const known = answering(() => stored);
    stored = { 'run/one': { status: 'ABORTED', history: ABORTED, cause: 'enough' } };
    endpoint.answer = (action, body) => {
      const isFinalizer = String(body['executionArn']).includes('Flights-finalizer');
      if (isFinalizer && ++asked === 3) stored['finalizer/one'] = { status: 'RUNNING', history: FINALIZED };
      return known(action, body);
    };
    const events = await all();
    expect(typesOf(events).slice(-4)).toEqual(['execution-ended', 'cleanup-started', 'cleanup-ended', 'run-ended']);
    expect(events.at(-1)).toMatchObject({ result: CLEANED });
    expect(historyOf(plan, events)).toMatchObject({ status: 'ABORTED', phase: 'over', error: { name: 'Aborted' } });
  });

  it('goes on, looked at before that', async () => {
    stored = { 'run/one': { status: 'ABORTED', history: ABORTED, cause: 'enough' } };
    const events = await all(false);
    expect(typesOf(events).at(-1)).toBe('execution-ended');
    expect(historyOf(plan, events)).toMatchObject({ status: 'RUNNING', phase: 'finalizing' });
  });

  it('has the result of its finalizer, with what a last sweep found behind it', async () => {
    const swept = chain(
      ['ExecutionStarted', { input: '{}' }],
      ...attempt('Cleanup', { done: false, result: resultOf({ status: 'ABORTED' }) }),
      ['WaitStateEntered', { name: STATES.lateWriters, input: '{}' }],
      ...attempt(STATES.sweep, { done: true, objects: 2, bytes: 7 }),
      ['ExecutionSucceeded', { output: JSON.stringify(CLEANED) }],
    );
    stored = {
      'run/one': { status: 'ABORTED', history: ABORTED, cause: 'enough' },
      'finalizer/one': { status: 'SUCCEEDED', history: swept },
    };
    expect(await last()).toMatchObject({ status: 'ABORTED', released: { objects: 5, bytes: 12, left: 0 } });
  });

  it('is over when its finalizer began to wait, also once that has swept behind it', async () => {
    const waits = { 'run/one': { status: 'ABORTED', history: ABORTED, cause: 'enough' } };
    stored = { ...waits, 'finalizer/one': { status: 'RUNNING', history: FINALIZED } };
    const then = (await all()).at(-1);
    const history = chain(...UNTIL_WAIT, ...attempt(STATES.sweep, { done: true, objects: 2, bytes: 7 }), [
      'ExecutionSucceeded',
      { output: JSON.stringify(CLEANED) },
    ]);
    stored = { ...waits, 'finalizer/one': { status: 'SUCCEEDED', history } };
    const events = await all(false);
    const later = events.at(-1);
    expect(events.every(({ at }) => at <= (later?.at ?? ''))).toBe(true);
    expect(then).toMatchObject({ type: 'run-ended', at: later?.at, result: { released: { objects: 3, bytes: 5 } } });
    expect(later).toMatchObject({ type: 'run-ended', result: { released: { objects: 5, bytes: 12 } } });
  });

  it('of which no finalizer is known any more has the result that its history tells, and says so', async () => {
    vi.mocked(Date.now).mockReturnValue(START * 1_000 + 3_600_000);
    stored = { 'run/one': { status: 'ABORTED', history: ABORTED, cause: 'enough' } };
    expect(await last()).toEqual({
      pipeline: 'flights',
      run: 'one',
      status: 'ABORTED',
      startedAt: '2026-11-20T06:00:00.000Z',
      durationMs: 6_000,
      error: {
        name: 'Aborted',
        message: expect.stringMatching(/^enough; the result of this run is not to be found any more/),
      },
      succeeded: 1,
      failed: 0,
      skipped: 1,
      omitted: 0,
      tasks: {
        first: {
          status: 'SUCCEEDED',
          retriesUsed: 0,
          startedAt: '2026-11-20T06:00:02.000Z',
          durationMs: 2_000,
          bytesIn: 0,
          bytesOut: 5,
        },
        second: { status: 'SKIPPED', retriesUsed: 0 },
      },
      hooks: { close: { status: 'SKIPPED', retriesUsed: 0 } },
      released: { objects: 0, bytes: 0, left: 1 },
    });
  });

  it('is waited for by the clock of AWS, where the one of this machine is wrong', async () => {
    vi.mocked(Date.now).mockReturnValue(START * 1_000 + 3_600_000);
    endpoint.clock = () => START * 1_000 + 60_000;
    stored = { 'run/one': { status: 'ABORTED', history: ABORTED, cause: 'enough' } };
    expect(typesOf(await all(false)).at(-1)).toBe('execution-ended');
  });

  it('whose finalizer never comes is not waited for without end', async () => {
    let now = START * 1_000;
    vi.mocked(Date.now).mockImplementation(() => (now += 60_000));
    stored = { 'run/one': { status: 'ABORTED', history: ABORTED, cause: 'enough' } };
    await expect(all()).rejects.toMatchObject({
      code: 'NotFinalized',
      message: expect.stringContaining('ebbtide reap flights'),
    });
  });
});

describe('a history', () => {
  const result = resultOf({ status: 'SUCCEEDED' });
  const whole = chain(STARTED, ...attempt('first'), ...attempt('second'), [
    'ExecutionSucceeded',
    { output: JSON.stringify(result) },
  ]);

  it('is read in pages, and then only what is new, each event once', async () => {
    let read = 3;
    endpoint.answer = answering(() => ({ 'run/one': { status: 'RUNNING', history: whole.slice(0, read) } }), {
      pageSize: 2,
    });
    const answer = endpoint.answer;
    endpoint.answer = (action, body) => {
      if (action === 'GetExecutionHistory' && body['reverseOrder'] && body['nextToken'] === undefined) read += 1;
      return answer(action, body);
    };
    const events = await all();
    expect(typesOf(events)).toEqual([
      'run-started',
      ...['attempt-started', 'attempt-succeeded', 'attempt-started', 'attempt-succeeded'],
      'execution-ended',
      'run-ended',
    ]);
    const pages = endpoint.requests.filter(({ action }) => action === 'GetExecutionHistory');
    expect(pages.every(({ body }) => body['includeExecutionData'] === true)).toBe(true);
    expect(pages.every(({ body }) => body['maxResults'] === (body['reverseOrder'] ? 100 : 1_000))).toBe(true);
    expect(pages.length).toBeLessThan(2 * whole.length);
  });

  it('goes on where a question is throttled', async () => {
    let times = 0;
    const answer = answering(() => ({ 'run/one': { status: 'SUCCEEDED', history: whole } }));
    endpoint.answer = (action, body) =>
      action === 'GetExecutionHistory' && ++times === 1 ? { error: 'ThrottlingException' } : answer(action, body);
    expect(typesOf(await all()).at(-1)).toBe('run-ended');
    expect(times).toBe(2);
  });

  it('goes on where AWS was out of reach for a while', async () => {
    let polls = 0;
    const answer = answering(() => ({
      'run/one': { status: 'RUNNING', history: polls < 3 ? whole.slice(0, 3) : whole },
    }));
    endpoint.answer = (action, body) => {
      if (!body['reverseOrder']) return answer(action, body);
      polls += 1;
      return polls < 3 ? { error: 'ThrottlingException' } : answer(action, body);
    };
    expect(typesOf(await all()).at(-1)).toBe('run-ended');
  });

  it.each([1, 2, 3])(
    'of an execution that was redriven goes on behind its first end, in pages of %j',
    async (pageSize) => {
      const redriven = chain(
        STARTED,
        ['ExecutionFailed', { error: 'TaskFailed', cause: 'x' }],
        ['ExecutionRedriven', { redriveCount: 1 }],
        ...attempt('first'),
        ['ExecutionSucceeded', { output: JSON.stringify(result) }],
      );
      endpoint.answer = answering(() => ({ 'run/one': { status: 'SUCCEEDED', history: redriven } }), { pageSize });
      expect(await last()).toEqual(result);
    },
  );

  it.each([true, false])('tells how far a Distributed Map is, where that may be asked (%j)', async (mayAsk) => {
    const counts = [
      { total: 200, succeeded: 80, failed: 1 },
      { total: 200, succeeded: 198, failed: 1, timedOut: 1 },
    ];
    const history = chain(
      STARTED,
      ['MapStateEntered', { name: 'first', input: '{}' }],
      ['MapStateStarted', { length: 0 }],
      ['MapRunStarted', { mapRunArn: 'arn:map' }],
      ['MapRunSucceeded'],
      ['ExecutionSucceeded', { output: JSON.stringify(result) }],
    );
    let polls = 0;
    const answer = answering(() => ({
      'run/one': { status: 'RUNNING', history: polls < 2 ? history.slice(0, 4) : history },
    }));
    endpoint.answer = (action, body) => {
      if (body['reverseOrder']) polls += 1;
      if (action !== 'DescribeMapRun') return answer(action, body);
      if (!mayAsk) return { error: 'AccessDeniedException' };
      return {
        body: {
          itemCounts: counts[polls < 2 ? 0 : 1],
          startDate: START + 3,
          ...(polls > 1 && { stopDate: START + 9 }),
        },
      };
    };
    const counted = (await all()).filter(({ type }) => type === 'chunks-counted');
    expect(counted).toMatchObject(
      mayAsk
        ? [
            { task: 'first', succeeded: 80, failed: 1, total: 200 },
            { task: 'first', succeeded: 198, failed: 2, at: '2026-11-20T06:00:09.000Z' },
          ]
        : [],
    );
  });
});
