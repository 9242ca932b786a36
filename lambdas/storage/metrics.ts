import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DIMENSIONS, METRIC_NAMESPACE } from '../../state-machines/contract/metrics.ts';
import { fromEnvironment } from './environment.ts';

/** Metrics with the dimensions that all of a pipeline have, and further ones. */
export function newMetrics(pipeline: string, dimensions: Readonly<Record<string, string>> = {}): Metrics {
  return new Metrics({
    namespace: METRIC_NAMESPACE,
    serviceName: pipeline,
    defaultDimensions: { [DIMENSIONS.deployment]: fromEnvironment('deployment'), ...dimensions },
  });
}

/** Those that are not 0: CloudWatch charges for the hours in which a metric comes. */
export function addCounts<What extends string>(
  metrics: Metrics,
  names: Readonly<Record<NoInfer<What>, string>>,
  counts: Readonly<Record<What, number>>,
): void {
  for (const [what, count] of Object.entries(counts) as [What, number][])
    if (count > 0) metrics.addMetric(names[what], MetricUnit.Count, count);
}
