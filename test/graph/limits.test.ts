import { describe, expect, it } from 'vitest';
import type { TaskDef } from '../../state-machines/index.ts';
import { graphOf, problemsOf } from './graphs.ts';

const NUMBERS: [string, number, number, (value: number) => TaskDef, string][] = [
  ['resources.memoryMiB', 128, 10_240, (memoryMiB) => ({ resources: { memoryMiB } }), 'InvalidResource'],
  [
    'resources.ephemeralStorageMiB',
    512,
    10_240,
    (ephemeralStorageMiB) => ({ resources: { ephemeralStorageMiB } }),
    'InvalidResource',
  ],
  ['timeoutSeconds', 1, 900, (timeoutSeconds) => ({ timeoutSeconds }), 'InvalidResource'],
  ['retries', 0, 1_000, (retries) => ({ retries }), 'InvalidRetry'],
  ['retry.intervalSeconds', 1, 31_622_399, (intervalSeconds) => ({ retry: { intervalSeconds } }), 'InvalidRetry'],
  ['retry.backoffRate', 1, 1_000, (backoffRate) => ({ retry: { backoffRate } }), 'InvalidRetry'],
  ['retry.maxDelaySeconds', 1, 31_622_399, (maxDelaySeconds) => ({ retry: { maxDelaySeconds } }), 'InvalidRetry'],
  ['expectedSeconds', 0, 31_622_399, (expectedSeconds) => ({ expectedSeconds }), 'InvalidTask'],
];
const WHOLE = NUMBERS.filter(([option]) => option !== 'retry.backoffRate' && option !== 'expectedSeconds');

describe.each(NUMBERS)('%s', (option, least, most, define, code) => {
  it(`may be ${least}, and ${most}`, () => {
    expect(problemsOf(graphOf('a', { a: define(least) }))).toEqual([]);
    expect(problemsOf(graphOf('a', { a: define(most) }))).toEqual([]);
  });

  it.each([least - 1, most + 1, Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number])(
    'cannot be %s, and the message says what it can be',
    (value) => {
      const problems = problemsOf(graphOf('a', { a: define(value) }));
      expect(problems).toMatchObject([{ code }]);
      const given = typeof value === 'number' ? value.toLocaleString('en-US') : JSON.stringify(value);
      for (const part of ['"a"', option, given, least.toLocaleString('en-US'), most.toLocaleString('en-US')]) {
        expect(problems[0]?.message).toContain(part);
      }
    },
  );
});

it.each(WHOLE)('%s is a whole number', (option, least, _, define, code) => {
  const problems = problemsOf(graphOf('a', { a: define(least + 0.5) }));
  expect(problems).toMatchObject([{ code }]);
  expect(problems[0]?.message).toContain(option);
});

it('a backoff rate and an expected duration may be broken numbers', () => {
  expect(problemsOf(graphOf('a', { a: { retry: { backoffRate: 1.5 }, expectedSeconds: 0.25 } }))).toEqual([]);
});

it('jitter is full or none', () => {
  expect(problemsOf(graphOf('a, b', { a: { retry: { jitter: 'full' } }, b: { retry: { jitter: 'none' } } }))).toEqual(
    [],
  );
  const problems = problemsOf(graphOf('a', { a: { retry: { jitter: 'some' as 'full' } } }));
  expect(problems).toMatchObject([{ code: 'InvalidRetry' }]);
  expect(problems[0]?.message).toContain('"some"');
});

describe('an option that does not exist', () => {
  it.each<[string, string, object]>([
    ['InvalidTask', 'retries', { retires: 2 }],
    ['InvalidTask', 'timeoutSeconds', { timeoutSecond: 2 }],
    ['InvalidResource', 'memoryMiB', { resources: { memoryMB: 1024 } }],
    ['InvalidRetry', 'intervalSeconds', { retry: { intervalSecs: 2 } }],
  ])('is %s, with the nearest that does: %s', (code, meant, definition) => {
    const problems = problemsOf(graphOf('a', { a: definition as TaskDef }));
    expect(problems).toMatchObject([{ code }]);
    expect(problems[0]?.message).toContain(`did you mean "${meant}"`);
  });

  it('is answered with all that exist where none is near', () => {
    const problems = problemsOf(graphOf('a', { a: { resources: { cpuCount: 2 } } as TaskDef }));
    for (const name of ['cpuCount', 'memoryMiB', 'ephemeralStorageMiB']) expect(problems[0]?.message).toContain(name);
  });
});

it('every option of a task that is wrong is a problem of its own', () => {
  const codes = problemsOf(
    graphOf('a', { a: { retries: -1, retry: { backoffRate: 0 }, timeoutSeconds: 901, resources: { memoryMiB: 1 } } }),
  ).map((problem) => problem.code);
  expect(codes.sort()).toEqual(['InvalidResource', 'InvalidResource', 'InvalidRetry', 'InvalidRetry']);
});
