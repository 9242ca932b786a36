/** The functions of a pipeline whose handlers are given as plain functions: the real harness, in this process. */

import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import type { S3Client } from '@aws-sdk/client-s3';
import { cleanUp } from '../../lambdas/cleanup/cleanup.ts';
import { runAttempt } from '../../lambdas/runtime/attempt.ts';
import { abortBefore } from '../../lambdas/runtime/deadline.ts';
import type { AnyHandler } from '../../lambdas/runtime/invocation.ts';
import { Store } from '../../lambdas/runtime/store.ts';
import { Leases } from '../../lambdas/storage/leases.ts';
import { Records } from '../../lambdas/storage/records.ts';
import { type CompileOptions, compile } from '../../state-machines/compiler/compile.ts';
import {
  CLEANUP_PLACEHOLDER,
  PARTITION_PLACEHOLDER,
  placeholdersOf,
  RUNS_BUCKET_PLACEHOLDER,
} from '../../state-machines/compiler/placeholders.ts';
import { parseCleanupEvent } from '../../state-machines/contract/cleanup-events.ts';
import { STOPPED } from '../../state-machines/contract/result.ts';
import { parseTaskEvent } from '../../state-machines/contract/task-events.ts';
import type { Plan, PlannedTask } from '../../state-machines/graph/plan.ts';
import { type Assembly, filledIn, functionArn, LOCAL_BUCKETS } from '../assembly-model.ts';
import { clientOf } from '../s3/endpoint.ts';
import type { Functions } from './functions.ts';
import { LambdaError, timedOut } from './lambda-error.ts';

/** The same definitions that the construct deploys, with ARNs made up for its functions. */
export function definitionsOf(plan: Plan, options: CompileOptions = {}): Pick<Assembly, 'definition' | 'finalizer'> {
  const { definition, finalizer } = compile(plan, options);
  const values: Record<string, string> = {
    [RUNS_BUCKET_PLACEHOLDER]: LOCAL_BUCKETS.runs,
    [PARTITION_PLACEHOLDER]: 'aws',
  };
  const fill = (placeholder: string) => values[placeholder] ?? functionArn(placeholder);
  return {
    definition: filledIn(JSON.stringify(definition), fill),
    finalizer: filledIn(JSON.stringify(finalizer), fill),
  };
}

/** Each takes memory of this process, and a connection to the S3 endpoint. */
const HANDLERS_AT_ONCE = 100;

export class InProcessFunctions implements Functions {
  readonly atOnce = HANDLERS_AT_ONCE;
  readonly #plan: Plan;
  readonly #tasks: ReadonlyMap<string, PlannedTask>;
  readonly #handlers: Readonly<Record<string, AnyHandler>>;
  readonly #s3Of: (task?: string) => S3Client;
  readonly #log = new Logger({ logLevel: 'SILENT' });
  readonly #running = new Set<Promise<unknown>>();
  #killed = new AbortController();
  #givenUp = false;

  /** @param s3Of the S3 client of a task or hook, and of the cleanup, which has no name; all have the same by default */
  constructor(
    plan: Plan,
    handlers: Readonly<Record<string, AnyHandler>>,
    endpoint: string,
    s3Of: (task?: string) => S3Client = always(clientOf(endpoint)),
  ) {
    this.#plan = plan;
    this.#handlers = handlers;
    this.#s3Of = s3Of;
    const placeholders = placeholdersOf(plan);
    this.#tasks = new Map(plan.functions.map((task) => [functionArn(placeholders[task.name] ?? ''), task]));
  }

  nameOf(resource: string): string | undefined {
    return this.#tasks.get(resource)?.name;
  }

  async invoke(resource: string, payload: unknown): Promise<unknown> {
    try {
      const task = this.#tasks.get(resource);
      if (task) return await this.#attempt(task, payload);
      if (resource === functionArn(CLEANUP_PLACEHOLDER)) return await this.#cleanUp(payload);
    } catch (error) {
      if (error instanceof LambdaError) throw error;
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
      throw new LambdaError(
        name,
        message,
        (stack ?? '').split('\n').map((line) => line.trim()),
      );
    }
    throw new Error(`the definition names ${resource}, which is no function of the plan`);
  }

  /** A handler cannot be killed inside this process; it is cut off from what it could still write to. */
  async kill(): Promise<boolean> {
    const outlived = this.#givenUp || this.#running.size > 0;
    this.#givenUp = false;
    this.#killed.abort(Object.assign(new Error(STOPPED.message), { name: STOPPED.name }));
    this.#killed = new AbortController();
    await Promise.allSettled(this.#running);
    return outlived;
  }

  async #attempt(task: PlannedTask, payload: unknown): Promise<unknown> {
    const requestId = randomUUID();
    const s3 = this.#s3Of(task.name);
    const timeoutMs = task.timeoutSeconds * 1000;
    const deadline = abortBefore(timeoutMs);
    const killed = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.#givenUp = true;
      killed.reject(timedOut(requestId, task.timeoutSeconds));
    }, timeoutMs);
    try {
      const attempt = runAttempt(this.#handlers[task.name] as AnyHandler, {
        plan: this.#plan,
        task,
        event: parseTaskEvent(payload),
        records: new Records(s3, LOCAL_BUCKETS.runs),
        leases: new Leases(s3, LOCAL_BUCKETS.runs),
        store: new Store(s3, LOCAL_BUCKETS),
        signal: AbortSignal.any([deadline.signal, this.#killed.signal]),
        log: this.#log,
        requestId,
      });
      this.#running.add(attempt);
      attempt.catch(() => undefined).finally(() => this.#running.delete(attempt));
      return await Promise.race([attempt, killed.promise]);
    } finally {
      clearTimeout(timer);
      deadline.clear();
    }
  }

  #cleanUp(payload: unknown): Promise<unknown> {
    const { pipeline } = this.#plan;
    return cleanUp(parseCleanupEvent(payload), {
      pipeline,
      s3: this.#s3Of(),
      runsBucket: LOCAL_BUCKETS.runs,
      resultsBucket: LOCAL_BUCKETS.results,
      hasTime: () => true,
    });
  }
}

function always<T>(value: T): () => T {
  return () => value;
}
