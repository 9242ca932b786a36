/** Attempts at one task, made by hand: `first → second`, and `second` tried as often as a test wants. */

import { Logger } from '@aws-lambda-powertools/logger';
import type { S3Client } from '@aws-sdk/client-s3';
import { runAttempt } from '../../../lambdas/runtime/attempt.ts';
import type { AnyHandler } from '../../../lambdas/runtime/invocation.ts';
import { Store } from '../../../lambdas/runtime/store.ts';
import { Leases } from '../../../lambdas/storage/leases.ts';
import { Records } from '../../../lambdas/storage/records.ts';
import type { TaskAnswer, TaskEvent } from '../../../state-machines/contract/task-events.ts';
import type { Plan } from '../../../state-machines/index.ts';
import { BUCKETS } from '../s3-fixture.ts';

// biome-ignore lint/suspicious/noExplicitAny: the inputs and outputs of whatever task a test names
type Any = any;

export interface AnyContext {
  readonly inputs: Any;
  readonly outputs: Any;
  readonly input: unknown;
  readonly run: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly chunk: Any;
  readonly outcome: Any;
}

export interface AttemptOptions {
  readonly task?: string;
  readonly run?: string;
  /** Where it is not the run's own. */
  readonly execution?: string;
  readonly retryCount?: number;
  readonly input?: unknown;
  readonly signal?: AbortSignal;
  /** What the event of a chunk, a gathering or a hook says besides. */
  readonly event?: Pick<TaskEvent, 'chunks' | 'gather' | 'state'>;
}

/** @param s3 the client of this attempt, with whatever faults it has */
export function attempt(
  plan: Plan,
  s3: S3Client,
  handler: (context: AnyContext) => unknown,
  options: AttemptOptions = {},
): Promise<TaskAnswer> {
  const { task = 'second', run = 'run-1', retryCount = 0, input = {}, event } = options;
  const { execution = run } = options;
  const { signal = new AbortController().signal } = options;
  const planned = plan.task(task) ?? plan.hook(task);
  if (!planned) throw new Error(`the plan has no task ${task}`);
  return runAttempt(handler as AnyHandler, {
    plan,
    task: planned,
    event: { run, execution, input, retryCount, ...event },
    records: new Records(s3, BUCKETS.runs),
    leases: new Leases(s3, BUCKETS.runs),
    store: new Store(s3, BUCKETS),
    signal,
    log: new Logger({ logLevel: 'SILENT' }),
    requestId: 'request',
  });
}
