import { Metrics } from '@aws-lambda-powertools/metrics';
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
