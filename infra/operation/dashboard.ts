/** One page about a pipeline: how its runs went, which tasks gave trouble, what is held, and whether the watchers watch. */

import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  SearchExpression,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSIONS, METRIC_NAMESPACE, RUN_METRICS, TASK_METRICS } from '../../state-machines/contract/metrics.ts';
import type { MeasuredPipeline } from './measured-pipeline.ts';

const FULL_WIDTH = 24;
const HEIGHT = 6;
const PERIOD = Duration.minutes(5);

/** CloudFormation names it, so that a pipeline can be deployed twice. */
export function createDashboard(pipeline: MeasuredPipeline, name: string, alarms: readonly Alarm[]): Dashboard {
  const { deployment } = pipeline.dimensions;
  const byTask = (metricName: string, statistic: string, label: string) =>
    new SearchExpression({
      expression: `SEARCH('{${METRIC_NAMESPACE},${Object.values(DIMENSIONS).join(',')}} MetricName="${metricName}" ${DIMENSIONS.deployment}="${deployment}"', '${statistic}', ${PERIOD.toSeconds()})`,
      label: `\${PROP('Dim.${DIMENSIONS.task}')} ${label}`.trimEnd(),
      period: PERIOD,
    });

  const dashboard = new Dashboard(pipeline, 'Dashboard', { defaultInterval: Duration.days(7) });
  dashboard.addWidgets(
    new AlarmStatusWidget({ title: `Alarms of ${name}`, alarms: [...alarms], width: FULL_WIDTH, height: 3 }),
  );
  dashboard.addWidgets(
    ...row(
      graph('Runs', 'count', [
        pipeline.metricRunsStarted({ label: 'started' }),
        pipeline.metricRunsSucceeded({ label: 'succeeded' }),
        pipeline.metricRunsFailed({ label: 'failed' }),
        pipeline.metricRunsTimedOut({ label: 'timed out' }),
        pipeline.metricRunsAborted({ label: 'stopped' }),
      ]),
      graph('How long runs took', 'milliseconds', [
        pipeline.metricRunDuration({ label: 'average' }),
        pipeline.metricRunDuration({ label: 'longest', statistic: Stats.MAXIMUM }),
      ]),
    ),
  );
  dashboard.addWidgets(
    ...row(
      graph('Tasks that failed, and retries', 'count', [
        pipeline.metricTaskFailures({ label: 'failed for good' }),
        pipeline.metricRetries({ label: 'retries' }),
      ]),
      graph('Tasks that failed, and retries, by task', 'count', [
        byTask(RUN_METRICS.taskFailures, Stats.SUM, 'failed for good'),
        byTask(RUN_METRICS.retries, Stats.SUM, 'retries'),
      ]),
      graph('How long tasks took at most', 'milliseconds', [byTask(TASK_METRICS.taskDuration, Stats.MAXIMUM, '')]),
    ),
  );
  dashboard.addWidgets(
    ...row(
      graph('Bytes held, each time the reaper has come by', 'bytes', [pipeline.metricBytesHeld({ label: 'held' })]),
      graph('Bytes written and released by runs that ended', 'bytes', [
        pipeline.metricBytesWritten({ label: 'written, results too' }),
        pipeline.metricBytesReleased({ label: 'released' }),
      ]),
      graph('Runs that hold data', 'count', [
        pipeline.metricRunsActive({ label: 'going on' }),
        pipeline.metricRunsKept({ label: 'kept' }),
      ]),
    ),
  );
  dashboard.addWidgets(
    ...row(
      graph('Runs that the reaper saw to', 'count', [
        pipeline.metricOrphansFound({ label: 'orphans' }),
        pipeline.metricRunsReleased({ label: 'late writes deleted' }),
        pipeline.metricRunsExpired({ label: 'kept, and over' }),
      ]),
      graph('Cleanups and finalizers that failed', 'count', [
        pipeline.metricCleanupsFailed({ label: 'cleanups' }),
        pipeline.metricFinalizersFailed({ label: 'finalizers' }),
      ]),
      graph('Dead letters', 'count', [
        pipeline.metricLostEvents({ label: 'ends of executions' }),
        ...(pipeline.missedRuns ? [pipeline.metricMissedRuns({ label: 'scheduled runs' })] : []),
      ]),
    ),
  );
  return dashboard;
}

function graph(title: string, unit: string, left: IMetric[]): (width: number) => GraphWidget {
  const leftYAxis = { label: unit, showUnits: false, min: 0 };
  return (width) => new GraphWidget({ title, left, leftYAxis, width, height: HEIGHT });
}

/** Side by side, over the whole width. */
function row(...graphs: readonly ((width: number) => GraphWidget)[]): GraphWidget[] {
  return graphs.map((graph) => graph(FULL_WIDTH / graphs.length));
}
