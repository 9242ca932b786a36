/**
 * The alarms of a pipeline, each about one thing that somebody has to look at. Each watches one metric: CloudWatch charges
 * by the metrics that alarms watch.
 */

import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { MeasuredPipeline } from './measured-pipeline.ts';

export interface PipelineAlarms {
  /** A run has failed. */
  readonly runFailed: Alarm;
  /** A run took longer than `timeout`. */
  readonly runTimedOut: Alarm;
  /** Something of a run could not be deleted. */
  readonly cleanupFailed: Alarm;
  /** A finalizer has failed: of a run that was ended from outside, hooks may not have run. */
  readonly finalizerFailed: Alarm;
  /** The reaper has seen to a run that nobody else had seen to. */
  readonly orphansFound: Alarm;
  /** The reaper was not told of an execution's end, or failed at it. */
  readonly eventLost: Alarm;
  /** The reaper has not come to the end of a visit three times; not there where it visits more seldom than every two days. */
  readonly reaperDown?: Alarm;
  /** The schedule could not start a run; where there is a schedule. */
  readonly runMissed?: Alarm;
}

export interface AlarmSettings {
  readonly name: string;
  /** Not told that an alarm is over: it would be of each new alarm, once, when the stack is deployed. */
  readonly topic?: ITopic | undefined;
  readonly reapEvery: Duration;
}

export function createAlarms(pipeline: MeasuredPipeline, { name, topic, reapEvery }: AlarmSettings): PipelineAlarms {
  const scope = new Construct(pipeline, 'Alarms');
  const create = (id: string, what: string, metric: Metric, settings: Partial<Watch> = {}): Alarm => {
    const alarm = new Alarm(scope, id, {
      // Its row in docs/operating.md says what to do.
      alarmDescription: `Ebbtide: ${name}: ${id[0]?.toLowerCase()}${id.slice(1)}: ${what}`,
      metric,
      ...ONE_IS_ENOUGH,
      ...settings,
    });
    if (topic) alarm.addAlarmAction(new SnsAction(topic));
    return alarm;
  };
  const visits = missedVisits(reapEvery);
  return {
    runFailed: create('RunFailed', 'a run has failed', pipeline.metricRunsFailed()),
    runTimedOut: create('RunTimedOut', 'a run took longer than its timeout', pipeline.metricRunsTimedOut()),
    cleanupFailed: create('CleanupFailed', "a run's data could not be deleted", pipeline.metricCleanupsFailed()),
    finalizerFailed: create('FinalizerFailed', 'a finalizer has failed', pipeline.metricFinalizersFailed()),
    orphansFound: create('OrphansFound', 'nobody had seen to the end of a run', pipeline.metricOrphansFound()),
    eventLost: create('EventLost', 'the end of an execution was lost', pipeline.metricLostEvents()),
    ...(visits && {
      reaperDown: create(
        'ReaperDown',
        'the reaper does not come, or fails',
        // Sent when a visit has come to its end.
        pipeline.metricBytesHeld({ statistic: Stats.SAMPLE_COUNT, period: visits.period }),
        { ...NONE_IS_TOO_FEW, evaluationPeriods: visits.evaluationPeriods },
      ),
    }),
    ...(pipeline.missedRuns && {
      runMissed: create('RunMissed', 'the schedule could not start a run', pipeline.metricMissedRuns()),
    }),
  };
}

interface Watch {
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly comparisonOperator: ComparisonOperator;
  readonly treatMissingData: TreatMissingData;
}

/** A count that is not sent is one of nothing. */
const ONE_IS_ENOUGH: Watch = {
  threshold: 1,
  evaluationPeriods: 1,
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};

const NONE_IS_TOO_FEW: Omit<Watch, 'evaluationPeriods'> = {
  threshold: 1,
  comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.BREACHING,
};

const VISITS = 3;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const LONGEST_PERIOD = Duration.days(1);
const LONGEST_WATCH = Duration.days(7);
const SHORTEST_PERIOD = Duration.minutes(5);

/** @returns undefined where an alarm cannot look back that far */
export function missedVisits(
  every: Duration,
): { readonly period: Duration; readonly evaluationPeriods: number } | undefined {
  const watched = VISITS * Math.max(every.toSeconds(), SHORTEST_PERIOD.toSeconds());
  if (watched > LONGEST_WATCH.toSeconds()) return undefined;
  const period = Math.min(watched / VISITS, LONGEST_PERIOD.toSeconds());
  return { period: Duration.seconds(period), evaluationPeriods: Math.ceil(watched / period) };
}
