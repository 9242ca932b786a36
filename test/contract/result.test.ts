import { describe, expect, it } from 'vitest';
import {
  CAUSE_LIMIT,
  cutText,
  PAYLOAD_LIMIT,
  type RunResult,
  shortenResult,
  type TaskResult,
} from '../../state-machines/contract/result.ts';
import { fc } from '../fast-check.ts';

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

function resultOf(tasks: Readonly<Record<string, TaskResult>>, error?: RunResult['error']): RunResult {
  const count = (status: TaskResult['status']) => Object.values(tasks).filter((task) => task.status === status).length;
  return {
    pipeline: 'flights',
    run: 'run-1',
    status: error ? 'FAILED' : 'SUCCEEDED',
    startedAt: '2026-01-02T03:04:05.678Z',
    durationMs: 1234,
    ...(error && { error }),
    succeeded: count('SUCCEEDED'),
    failed: count('FAILED'),
    skipped: count('SKIPPED'),
    omitted: count('OMITTED'),
    tasks,
    released: { objects: 12, bytes: 3456, left: 0 },
  };
}

const succeeded: TaskResult = {
  status: 'SUCCEEDED',
  retriesUsed: 1,
  startedAt: '2026-01-02T03:04:05.678Z',
  durationMs: 12,
  bytesIn: 1,
  bytesOut: 2,
  outputs: { table: { bytes: 2, rows: 1, resultKey: 'results/flights/run-1/load/table.csv' } },
};
const failed = (message: string): TaskResult => ({
  status: 'FAILED',
  retriesUsed: 2,
  error: { name: 'Boom', message },
});

/** Messages up to the length that a Lambda's error can have, short to encode and long. */
const messages = fc
  .tuple(fc.constantFrom('x', 'é', '😀', '\n', '\u0001', '\ud800', '"'), fc.integer({ min: 0, max: 20_000 }))
  .map(([character, length]) => character.repeat(length));

const results = fc
  .record({
    counts: fc.record({ succeeded: fc.nat(900), failed: fc.nat(300), skipped: fc.nat(300) }),
    message: messages,
    error: fc.option(fc.record({ name: fc.string({ maxLength: 256 }), message: messages }), { nil: undefined }),
  })
  .map(({ counts, message, error }) => {
    const many = (kind: string, count: number, task: TaskResult) =>
      Array.from({ length: count }, (_, index): [string, TaskResult] => [`${kind}-${index}`, task]);
    const tasks = [
      ...many('loaded', counts.succeeded, succeeded),
      // A few long messages, so that the whole stays quick to make.
      ...many('broken', Math.min(counts.failed, 20), failed(message)),
      ...many('failed', counts.failed, failed(message.slice(0, 600))),
      ...many('skipped', counts.skipped, { status: 'SKIPPED', retriesUsed: 0 }),
    ];
    return resultOf(Object.fromEntries(tasks), error);
  });

describe('shortenResult', () => {
  it.each([CAUSE_LIMIT, PAYLOAD_LIMIT])(
    'fits %i bytes, whatever the number of tasks and the length of messages',
    (limit) => {
      fc.assert(
        fc.property(results, (result) => {
          expect(bytesOf(shortenResult(result, limit))).toBeLessThanOrEqual(limit);
        }),
        { numRuns: 60 },
      );
    },
  );

  it('changes neither the counts nor how the run ended', () => {
    const lasting = ({ tasks: _, error, ...rest }: RunResult) => ({ ...rest, error: error?.name });
    fc.assert(
      fc.property(results, (result) => {
        expect(lasting(shortenResult(result, CAUSE_LIMIT))).toEqual(lasting(result));
      }),
      { numRuns: 60 },
    );
  });

  it('leaves a result that fits as it is, to the byte', () => {
    const result = resultOf(
      { extract: succeeded, load: failed('no space left') },
      { name: 'TaskFailed', message: 'load' },
    );
    expect(shortenResult(result, CAUSE_LIMIT)).toEqual(result);
    expect(shortenResult(result, bytesOf(result))).toEqual(result);
    expect(shortenResult(result, bytesOf(result) - 1)).not.toEqual(result);
  });

  it('cuts long messages before it drops anything else', () => {
    const message = 'x'.repeat(100_000);
    const result = resultOf({ extract: succeeded, load: failed(message) }, { name: 'TaskFailed', message });
    const cut = `${'x'.repeat(499)}…`;
    expect(shortenResult(result, CAUSE_LIMIT)).toEqual({
      ...result,
      error: { name: 'TaskFailed', message: cut },
      tasks: { extract: succeeded, load: failed(cut) },
    });
  });

  it('keeps the failed tasks where not all tasks fit', () => {
    const many = Array.from({ length: 2_000 }, (_, index): [string, TaskResult] => [`task-${index}`, succeeded]);
    const result = resultOf({ ...Object.fromEntries(many), load: failed('no space left') });
    const shortened = shortenResult(result, CAUSE_LIMIT);
    expect(shortened.tasks).toEqual({ load: failed('no space left') });
    expect(shortened.succeeded).toBe(2_000);
  });

  it('cuts, and drops, of hooks what it does of tasks', () => {
    const long = 'x'.repeat(100_000);
    const cut = `${'x'.repeat(499)}…`;
    const result = { ...resultOf({ load: succeeded }), hooks: { close: failed(long), tidy: succeeded } };
    expect(shortenResult(result, CAUSE_LIMIT)).toEqual({ ...result, hooks: { close: failed(cut), tidy: succeeded } });
    const hooks = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`hook-${index}`, succeeded]));
    const many = { ...resultOf({}), hooks: { ...hooks, close: failed('no') } };
    expect(shortenResult(many, CAUSE_LIMIT).hooks).toEqual({ close: failed('no') });
    const failedAll = Object.fromEntries(Object.keys(hooks).map((name) => [name, failed('no')]));
    expect(shortenResult({ ...resultOf({}), hooks: failedAll }, CAUSE_LIMIT).hooks).toEqual({});
  });

  it('does not change the result that it was given', () => {
    const result = resultOf({ load: failed('x'.repeat(100_000)) });
    const before = structuredClone(result);
    shortenResult(result, CAUSE_LIMIT);
    expect(result).toEqual(before);
  });
});

describe('cutText', () => {
  it('cuts to the length, with an ellipsis for what is gone', () => {
    expect(cutText('abcdef', 6)).toBe('abcdef');
    expect(cutText('abcdefg', 6)).toBe('abcde…');
  });
});
