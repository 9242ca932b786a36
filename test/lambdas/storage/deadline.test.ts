import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { abortBefore } from '../../../lambdas/runtime/deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([
  [900_000, 890_000],
  [60_000, 54_000],
  [3_000, 2_700],
  [1_000, 800],
  [300, 100],
])('with %i ms left the signal fires after %i', (remaining, after) => {
  const { signal } = abortBefore(remaining);
  vi.advanceTimersByTime(after - 1);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toMatchObject({ name: 'TaskTimedOut' });
});

it.each([200, 1, 0, -5])('with %i ms left it fires at once', (remaining) => {
  const { signal } = abortBefore(remaining);
  vi.advanceTimersByTime(0);
  expect(signal.aborted).toBe(true);
});

it('a cleared one never fires, and keeps no process alive', () => {
  const { signal, clear } = abortBefore(1_000);
  clear();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(10_000);
  expect(signal.aborted).toBe(false);
});
