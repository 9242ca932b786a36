/** The cleanup function: one for each pipeline, called by the `Cleanup` state until it is done. */

import { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import {
  type CleanupAnswer,
  type NotesAnswer,
  parseCleanupEvent,
  type SweepAnswer,
} from '../../state-machines/contract/cleanup-events.ts';
import { RUN_METRICS } from '../../state-machines/contract/metrics.ts';
import type { RunResult } from '../../state-machines/contract/result.ts';
import { fromEnvironment } from '../storage/environment.ts';
import { newMetrics } from '../storage/metrics.ts';
import { cleanUp } from './cleanup.ts';
import { countRun } from './count-run.ts';
import { PATIENT_CLIENT } from './emptying/requests.ts';

/** Work is handed over to the next invocation when less is left of this one. */
const RESERVE_MS = 30_000;

let warm:
  | {
      readonly pipeline: string;
      readonly runsBucket: string;
      readonly resultsBucket: string;
      readonly s3: S3Client;
      log: Logger;
      metrics: Metrics;
    }
  | undefined;

export async function handler(payload: unknown, context: Context): Promise<CleanupAnswer | NotesAnswer | SweepAnswer> {
  const event = parseCleanupEvent(payload);
  const pipeline = fromEnvironment('pipeline');
  warm ??= {
    pipeline,
    runsBucket: fromEnvironment('runsBucket'),
    resultsBucket: fromEnvironment('resultsBucket'),
    s3: new S3Client(PATIENT_CLIENT),
    log: new Logger({ serviceName: pipeline }),
    metrics: newMetrics(pipeline),
  };
  const { log, metrics } = warm;
  log.resetKeys();
  log.appendKeys({ run: event.run, execution: event.execution, requestId: context.awsRequestId });
  const hasTime = () => context.getRemainingTimeInMillis() > RESERVE_MS;
  const onEnd = (result: RunResult, cleanup: 'done' | 'failed') => {
    const { status, released, keptUntil, error } = result;
    countRun(metrics, result, cleanup);
    log.info('run ended', { status, released, keptUntil, error });
  };
  const answer = await cleanUp(event, { ...warm, hasTime, onEnd });
  if (!('done' in answer && answer.done)) return answer;
  if ('objects' in answer) {
    const { objects, bytes } = answer;
    metrics.addMetric(RUN_METRICS.bytesReleased, MetricUnit.Bytes, bytes);
    log.info('run swept', { objects, bytes });
  } else if ('sweep' in event && 'cause' in answer) {
    metrics.addMetric(RUN_METRICS.cleanupsFailed, MetricUnit.Count, 1);
    log.error('run not swept', { error: answer.error, cause: answer.cause });
  }
  metrics.publishStoredMetrics();
  return answer;
}
