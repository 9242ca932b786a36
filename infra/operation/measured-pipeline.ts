import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { UsageError } from '../../state-machines/contract/errors.ts';
import {
  DIMENSIONS,
  METRIC_NAMESPACE,
  REAPER_METRICS,
  RUN_METRICS,
  TASK_METRICS,
} from '../../state-machines/contract/metrics.ts';
import { show } from '../../state-machines/contract/show.ts';

/**
 * What is measured of a pipeline. A metric's method has the name of the metric, or of what Step Functions calls so of its
 * executions; counts are sums over five minutes, unless asked for otherwise.
 *
 * Executions count where Step Functions itself tells of them, which knows every end; tasks and bytes where the cleanup
 * puts the run's result together, which knows the tasks whose functions could say nothing any more.
 */
export abstract class MeasuredPipeline extends Construct {
  abstract readonly stateMachine: StateMachine;
  abstract readonly finalizer: StateMachine;
  /** Ends of executions that the reaper could not be told of, or that it failed at. */
  abstract readonly lostEvents: IQueue;
  /** Starts that the schedule could not make; each message is the input of one. */
  abstract readonly missedRuns?: IQueue;
  /** The functions of the tasks and hooks, by name. */
  abstract readonly functions: Readonly<Record<string, IFunction>>;
  /** What the pipeline's own metrics are told apart by, in the namespace `Ebbtide`. */
  abstract readonly dimensions: Readonly<Record<'service' | 'deployment', string>>;

  metricRunsStarted(props?: MetricOptions): Metric {
    return this.stateMachine.metricStarted(props);
  }

  metricRunsSucceeded(props?: MetricOptions): Metric {
    return this.stateMachine.metricSucceeded(props);
  }

  /** Without those that took too long, and those that were stopped. */
  metricRunsFailed(props?: MetricOptions): Metric {
    return this.stateMachine.metricFailed(props);
  }

  metricRunsTimedOut(props?: MetricOptions): Metric {
    return this.stateMachine.metricTimedOut(props);
  }

  /** Somebody stopped them. */
  metricRunsAborted(props?: MetricOptions): Metric {
    return this.stateMachine.metricAborted(props);
  }

  /** Milliseconds, on average, of runs that ended in whatever way. */
  metricRunDuration(props?: MetricOptions): Metric {
    return this.stateMachine.metricTime(props);
  }

  /** Each leaves its run for the reaper to clean up. */
  metricFinalizersFailed(props?: MetricOptions): Metric {
    return this.finalizer.metricFailed(props);
  }

  /** Tasks that failed for good, told when their run has ended. */
  metricTaskFailures(props?: MetricOptions): Metric {
    return this.#own(RUN_METRICS.taskFailures, props);
  }

  /** Of tasks that failed in the end, too. */
  metricRetries(props?: MetricOptions): Metric {
    return this.#own(RUN_METRICS.retries, props);
  }

  /** What tasks wrote, intermediates and results, told when their run has ended. */
  metricBytesWritten(props?: MetricOptions): Metric {
    return this.#own(RUN_METRICS.bytesWritten, props);
  }

  /** What runs released of their intermediates, told when they have ended; not what the reaper deletes. */
  metricBytesReleased(props?: MetricOptions): Metric {
    return this.#own(RUN_METRICS.bytesReleased, props);
  }

  /** Runs of which the cleanup, the last sweep or the reaper could not delete something. */
  metricCleanupsFailed(props?: MetricOptions): Metric {
    return this.#own(RUN_METRICS.cleanupsFailed, props);
  }

  /** What lay in the runs bucket when the reaper had come by, a hundred thousand objects of it at the most: the maximum. */
  metricBytesHeld(props?: MetricOptions): Metric {
    return this.#own(REAPER_METRICS.bytesHeld, { statistic: Stats.MAXIMUM, ...props });
  }

  /** Runs that were going on when the reaper came by: the maximum. */
  metricRunsActive(props?: MetricOptions): Metric {
    return this.#own(REAPER_METRICS.active, { statistic: Stats.MAXIMUM, ...props });
  }

  /** Runs that were kept when the reaper came by: the maximum. */
  metricRunsKept(props?: MetricOptions): Metric {
    return this.#own(REAPER_METRICS.kept, { statistic: Stats.MAXIMUM, ...props });
  }

  /** Runs of which the reaper deleted what came after their end. */
  metricRunsReleased(props?: MetricOptions): Metric {
    return this.#own(REAPER_METRICS.released, props);
  }

  /** Runs that were kept, and that the reaper deleted when their time was over. */
  metricRunsExpired(props?: MetricOptions): Metric {
    return this.#own(REAPER_METRICS.expired, props);
  }

  /** Runs that ended, and that the reaper had to see to since nobody else had. */
  metricOrphansFound(props?: MetricOptions): Metric {
    return this.#own(REAPER_METRICS.orphansFound, props);
  }

  /** Milliseconds, on average, of the attempts of a task or hook that succeeded; not of single chunks. */
  metricTaskDuration(task: string, props?: MetricOptions): Metric {
    return this.#own(TASK_METRICS.taskDuration, { statistic: Stats.AVERAGE, ...props }, task);
  }

  /** Of a task or hook, as soon as one fails; not where its function was killed. */
  metricAttemptsFailed(task: string, props?: MetricOptions): Metric {
    return this.#own(TASK_METRICS.attemptsFailed, props, task);
  }

  /** How many messages lie in `lostEvents`: the maximum. */
  metricLostEvents(props?: MetricOptions): Metric {
    return messagesIn(this.lostEvents, props);
  }

  /** How many messages lie in `missedRuns`: the maximum. @throws UsageError where there is no schedule */
  metricMissedRuns(props?: MetricOptions): Metric {
    if (this.missedRuns) return messagesIn(this.missedRuns, props);
    throw new UsageError(
      'InvalidOption',
      `the pipeline ${this.node.path} has no schedule, and so can miss none of its runs`,
    );
  }

  #own(metricName: string, props: MetricOptions = {}, task?: string): Metric {
    if (task !== undefined && !Object.hasOwn(this.functions, task)) {
      const names = Object.keys(this.functions).join(', ');
      throw new UsageError(
        'InvalidOption',
        `the pipeline ${this.node.path} has no task or hook ${show(task)} to measure; it has ${names}`,
      );
    }
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { ...this.dimensions, ...(task !== undefined && { [DIMENSIONS.task]: task }) },
      statistic: Stats.SUM,
      period: Duration.minutes(5),
      ...props,
    }).attachTo(this);
  }
}

function messagesIn(queue: IQueue, props?: MetricOptions): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, ...props });
}
