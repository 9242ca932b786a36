import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { countRun } from '../../../lambdas/cleanup/count-run.ts';
import type { RunResult, TaskResult } from '../../../state-machines/contract/result.ts';
import { at, STARTED_AT } from './runs.ts';

const lines: Record<string, unknown>[] = [];
beforeEach(() => {
  lines.length = 0;
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(JSON.parse(line)));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const extract: TaskResult = { status: 'SUCCEEDED', retriesUsed: 2, startedAt: at(-60), bytesOut: 5 };
const load: TaskResult = { status: 'FAILED', retriesUsed: 1, startedAt: at(60) };
const lost: TaskResult = { status: 'FAILED', retriesUsed: 3 };

function figuresOf(tasks: RunResult['tasks'], more: Partial<RunResult> = {}): Record<string, unknown>[] {
  const metrics = new Metrics({ namespace: 'Ebbtide', serviceName: 'flights' });
  const result: RunResult = {
    pipeline: 'flights',
    run: 'run-1',
    status: 'FAILED',
    startedAt: STARTED_AT,
    durationMs: 1,
    succeeded: 0,
    failed: 0,
    skipped: 0,
    omitted: 0,
    tasks,
    released: { objects: 1, bytes: 7, left: 0 },
    ...more,
  };
  countRun(metrics, result, 'done');
  metrics.publishStoredMetrics();
  return lines.map(({ _aws, service: _, ...figures }) => figures);
}

it('a run counts the retries of tasks that failed as well', () => {
  expect(figuresOf({ extract, load, lost })).toEqual([
    { task: 'extract', Retries: 2 },
    { task: 'load', TaskFailures: 1 },
    { task: 'load', Retries: 1 },
    { task: 'lost', TaskFailures: 1 },
    { task: 'lost', Retries: 3 },
    { TaskFailures: 2, Retries: 6, BytesWritten: 5, BytesReleased: 7 },
  ]);
});

it('an execution that resumes a run counts what was done since, and tasks that came to no start', () => {
  expect(figuresOf({ extract, load, lost }, { execution: 'run-2' }).at(-1)).toEqual({
    TaskFailures: 2,
    Retries: 4,
    BytesWritten: 0,
    BytesReleased: 7,
  });
});

it('what did not go wrong is not counted', () => {
  expect(figuresOf({ extract: { ...extract, retriesUsed: 0 } })).toEqual([{ BytesWritten: 5, BytesReleased: 7 }]);
});
