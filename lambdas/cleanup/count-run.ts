/** The figures of a run that has ended, as metrics: of the run, and of the tasks that failed or were retried. */

import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DIMENSIONS, RUN_METRICS } from '../../state-machines/contract/metrics.ts';
import type { RunResult, TaskResult } from '../../state-machines/contract/result.ts';
import { addCounts } from '../storage/metrics.ts';

/** What the tasks of a resumed run had done before counted then. */
export function countRun(metrics: Metrics, result: RunResult, cleanup: 'done' | 'failed'): void {
  const tasks = Object.entries(result.tasks).filter(([, task]) => isOf(task, result));
  const sum = (of: (task: TaskResult) => number) => tasks.reduce((total, [, task]) => total + of(task), 0);
  addCounts(metrics, RUN_METRICS, {
    taskFailures: sum(({ status }) => Number(status === 'FAILED')),
    retries: sum(({ retriesUsed }) => retriesUsed),
    cleanupsFailed: Number(cleanup === 'failed'),
  });
  metrics.addMetric(
    RUN_METRICS.bytesWritten,
    MetricUnit.Bytes,
    sum(({ bytesOut = 0 }) => bytesOut),
  );
  metrics.addMetric(RUN_METRICS.bytesReleased, MetricUnit.Bytes, result.released.bytes);

  for (const [name, { status, retriesUsed }] of tasks) {
    const ofTask = () => metrics.singleMetric().addDimension(DIMENSIONS.task, name);
    if (status === 'FAILED') ofTask().addMetric(RUN_METRICS.taskFailures, MetricUnit.Count, 1);
    if (retriesUsed > 0) ofTask().addMetric(RUN_METRICS.retries, MetricUnit.Count, retriesUsed);
  }
}

function isOf({ startedAt }: TaskResult, { execution, startedAt: begun }: RunResult): boolean {
  return execution === undefined || startedAt === undefined || Date.parse(startedAt) >= Date.parse(begun);
}
