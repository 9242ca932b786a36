import { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { DIMENSIONS, TASK_METRICS } from '../../state-machines/contract/metrics.ts';
import { parseTaskEvent, type TaskAnswer } from '../../state-machines/contract/task-events.ts';
import type { Plan, PlannedTask } from '../../state-machines/graph/plan.ts';
import type { AnyTaskHandle, FunctionHandle, InputsDef, OutputsDef } from '../../state-machines/graph/task.ts';
import { fromEnvironment } from '../storage/environment.ts';
import { Leases } from '../storage/leases.ts';
import { newMetrics } from '../storage/metrics.ts';
import { Records } from '../storage/records.ts';
import { runAttempt } from './attempt.ts';
import { abortBefore } from './deadline.ts';
import { NonRetryableError } from './errors.ts';
import type { AnyHandler } from './invocation.ts';
import { Store } from './store.ts';
import type { TaskHandler } from './types.ts';

/** Leads from a Lambda handler to the task's own handler inside it, for running that one without Lambda. */
export const RAW_HANDLER: unique symbol = Symbol.for('ebbtide.handler');

/** A Lambda handler that carries out one task, or one hook. */
export interface TaskFunction {
  (event: unknown, context: Context): Promise<TaskAnswer>;
  readonly [RAW_HANDLER]: AnyHandler;
}

interface Warm {
  readonly plan: Plan;
  readonly task: PlannedTask;
  readonly records: Records;
  readonly leases: Leases;
  readonly store: Store;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/**
 * Makes the Lambda handler of a task or a hook. Export it as `handler`.
 *
 * Inputs and outputs are typed by the task's handle. The handler returns the receipt of every output, so that one that
 * leaves an output out does not compile. What it writes counts once it has returned, and counts once, however often
 * Lambda runs it.
 *
 * @example
 * export const handler = task(aggregate, async ({ inputs, outputs }) => {
 *   let total = 0;
 *   for await (const row of inputs.raw.rows()) total += row.delay;
 *   return { agg: await outputs.agg.write({ total }) };
 * });
 */
export function task<Inputs extends InputsDef, Outputs extends OutputsDef, Extra extends object>(
  handle: FunctionHandle<Inputs, Outputs, Extra>,
  handler: TaskHandler<Inputs, Outputs, Extra>,
): TaskFunction {
  const pipeline = handle.graph.name;
  // Lambda keeps these between invocations; they are made on the first, so that importing a handler needs no settings.
  let warm: Warm | undefined;

  const lambdaHandler = async (payload: unknown, context: Context): Promise<TaskAnswer> => {
    const event = parseTaskEvent(payload);
    refuseOtherTask(handle.name, fromEnvironment('task'));
    warm ??= {
      ...planned(handle),
      ...storage(),
      log: new Logger({ serviceName: pipeline }),
      metrics: newMetrics(pipeline, { [DIMENSIONS.task]: handle.name }),
    };
    const { log, metrics, ...rest } = warm;
    log.resetKeys();
    log.appendKeys({
      run: event.run,
      ...(event.execution !== event.run && { execution: event.execution }),
      task: handle.name,
      attempt: event.retryCount + 1,
      requestId: context.awsRequestId,
      ...(event.chunks && { chunks: event.chunks }),
    });
    const deadline = abortBefore(context.getRemainingTimeInMillis());
    try {
      const answer = await runAttempt(handler as AnyHandler, {
        ...rest,
        event,
        signal: deadline.signal,
        log,
        requestId: context.awsRequestId,
        logStream: context.logStreamName,
      });
      // Of chunks there are too many; the gathering of them counts.
      if (!event.chunks) metrics.addMetric(TASK_METRICS.taskDuration, MetricUnit.Milliseconds, answer.durationMs);
      const { values: _, chunks: __, ...figures } = answer;
      log.info(event.chunks ? 'chunks succeeded' : 'task succeeded', figures);
      return answer;
    } catch (error) {
      metrics.addMetric(TASK_METRICS.attemptsFailed, MetricUnit.Count, 1);
      log.error('attempt failed', error as Error);
      throw error;
    } finally {
      deadline.clear();
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  };
  return Object.assign(lambdaHandler, { [RAW_HANDLER]: handler as AnyHandler });
}

/** A handler copied from another file keeps that file's task, and would look for its inputs and outputs. */
function refuseOtherTask(made: string, wanted: string): void {
  if (made === wanted) return;
  throw new NonRetryableError(`this is the function of the task "${wanted}", and its handler is task(${made}, …)`);
}

function storage(): Pick<Warm, 'records' | 'leases' | 'store'> {
  const s3 = new S3Client({});
  const buckets = { runs: fromEnvironment('runsBucket'), results: fromEnvironment('resultsBucket') };
  return {
    records: new Records(s3, buckets.runs),
    leases: new Leases(s3, buckets.runs),
    store: new Store(s3, buckets),
  };
}

function planned(handle: AnyTaskHandle): { plan: Plan; task: PlannedTask } {
  const plan = handle.graph.build();
  const task = plan.task(handle.name) ?? plan.hook(handle.name);
  if (!task) throw new Error(`the graph "${handle.graph.name}" has no task "${handle.name}"`);
  return { plan, task };
}
