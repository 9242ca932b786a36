/**
 * The reaper function: one for each pipeline. EventBridge calls it when an execution has ended, for its finalizer to be
 * started; a schedule calls it to see to all runs, and so may anybody who wants it done now, with `{ "dryRun": true }`
 * to see what would be.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { Context } from 'aws-lambda';
import { ENVIRONMENT } from '../../state-machines/contract/environment.ts';
import { REAPER_METRICS } from '../../state-machines/contract/metrics.ts';
import { PATIENT_CLIENT } from '../cleanup/emptying/requests.ts';
import { fromEnvironment } from '../storage/environment.ts';
import { addCounts, newMetrics } from '../storage/metrics.ts';
import { bytesHeld } from './bytes-held.ts';
import { parseReaperEvent } from './event.ts';
import { type Finalized, finalizeOnce } from './finalize-once.ts';
import { reap } from './reap.ts';
import { StepFunctions } from './step-functions.ts';
import type { ReapSummary } from './summary.ts';

/** No further run is looked at when less is left of this invocation. */
const RESERVE_MS = 30_000;
/** No further page of what is held is listed, once all that is to be done is done. */
const LISTING_RESERVE_MS = 10_000;
/** For how long after a start DescribeExecution might not know of it: it documents no limit; in practice it is seconds. */
const START_LAG_MS = 10 * 60_000;
/** Between one question and the next, where DescribeExecution lags behind the event. */
const EVENT_LAG_MS = [250, 500, 1_000, 2_000];

/**
 * Step Functions answers some ten of these questions a second, once those that were saved up are used. Who asks for many
 * executions at once must slow down: were it to give up, it would be at the same ones on every visit.
 */
const PATIENT_WITH_STEP_FUNCTIONS = { maxAttempts: 10, retryMode: 'adaptive' } as const;

export type ReaperAnswer = ReapSummary | { readonly finalizer: Finalized } | { readonly refused: string };

let warm: ReturnType<typeof warmUp> | undefined;

function warmUp() {
  const pipeline = fromEnvironment('pipeline');
  const stateMachine = fromEnvironment('stateMachine');
  return {
    pipeline,
    stateMachine,
    runsBucket: fromEnvironment('runsBucket'),
    afterExecution: process.env[ENVIRONMENT.afterExecution] === 'yes',
    hooks: process.env[ENVIRONMENT.hooks] === 'yes',
    s3: new S3Client(PATIENT_CLIENT),
    executions: new StepFunctions(new SFNClient(PATIENT_WITH_STEP_FUNCTIONS), {
      stateMachine,
      finalizer: fromEnvironment('finalizer'),
    }),
    log: new Logger({ serviceName: pipeline }),
    metrics: newMetrics(pipeline),
  };
}

/** Throws where Step Functions or S3 cannot be asked, so that the invocation is tried again and ends in the queue. */
export async function handler(payload: unknown, context: Context): Promise<ReaperAnswer> {
  warm ??= warmUp();
  const { log, metrics } = warm;
  log.resetKeys();
  log.appendKeys({ requestId: context.awsRequestId });
  const event = parseReaperEvent(payload, warm.stateMachine);
  if ('refused' in event) {
    // Not thrown: no further try would do better.
    log.warn('event refused', { why: event.refused });
    return event;
  }
  if ('execution' in event) return { finalizer: await finalize(event.execution, warm) };

  const { dryRun } = event;
  const hasTime = () => context.getRemainingTimeInMillis() > RESERVE_MS;
  const summary = await reap({ ...warm, dryRun, hasTime, startLagMs: START_LAG_MS });
  log.info(dryRun ? 'would have reaped' : 'reaped', { ...summary });
  if (dryRun) return summary;
  addCounts(metrics, REAPER_METRICS, summary);
  metrics.addMetric(
    REAPER_METRICS.bytesHeld,
    MetricUnit.Bytes,
    await bytesHeld({ ...warm, hasTime: () => context.getRemainingTimeInMillis() > LISTING_RESERVE_MS }),
  );
  metrics.publishStoredMetrics();
  return summary;
}

async function finalize(execution: string, { executions, afterExecution, log }: NonNullable<typeof warm>) {
  let finalizer = await finalizeOnce(execution, executions, { afterExecution });
  for (const lag of EVENT_LAG_MS) {
    if (finalizer !== 'running') break;
    await sleep(lag);
    finalizer = await finalizeOnce(execution, executions, { afterExecution });
  }
  log.info('execution ended', { execution, finalizer });
  return finalizer;
}
