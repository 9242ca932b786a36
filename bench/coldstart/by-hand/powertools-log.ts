import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Log } from './handler.ts';

const logger = new Logger({ serviceName: 'flights' });
const metrics = new Metrics({ namespace: 'Flights', serviceName: 'flights' });

export const log: Log = {
  succeeded(task, run, milliseconds) {
    metrics.addDimension('task', task);
    metrics.addMetric('TaskDuration', MetricUnit.Milliseconds, milliseconds);
    metrics.publishStoredMetrics();
    logger.info('task succeeded', { task, run, milliseconds });
  },
};
