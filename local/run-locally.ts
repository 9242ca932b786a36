import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyHandler } from '../lambdas/runtime/invocation.ts';
import { RAW_HANDLER } from '../lambdas/runtime/task.ts';
import { UsageError } from '../state-machines/contract/errors.ts';
import { isObject } from '../state-machines/contract/objects.ts';
import { PAYLOAD_LIMIT, type RunResult } from '../state-machines/contract/result.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import { observeAfterExecution } from './after-execution.ts';
import { deployFolder, deployPlain } from './deployment.ts';
import { nameOf, parseFailures, refuseCommits } from './failures.ts';
import { finalize, reportedResult } from './finalize.ts';
import type { Functions } from './functions.ts';
import { interpret } from './interpreter.ts';
import { releaseLateWrites } from './late-writers.ts';
import { Places } from './places.ts';
import type { OnProgress } from './progress.ts';
import { reporting } from './reporting.ts';
import { exportResults } from './results.ts';
import { createRunFolder, newRunId, runFolderOf } from './run-folder.ts';
import { readingFrom, startS3 } from './s3.ts';
import { untilCleanup } from './stopping.ts';

export interface RunLocallyOptions {
  /**
   * The folder with the handlers of the tasks and hooks, which are bundled and run as they would be deployed; or the
   * handlers themselves by name, which then run in this process.
   */
  readonly handlers: string | Readonly<Record<string, AnyHandler | { readonly [RAW_HANDLER]: AnyHandler }>>;
  /** The execution's input, any JSON value. @default {} */
  readonly input?: unknown;
  /** The run's id. @default the time and four random digits */
  readonly run?: string;
  /**
   * Failures to inject: `task`, `task:times` or `task:times:ErrorName`, and `task/chunk` for one chunk of a
   * chunk-parallel task, of which otherwise every chunk fails. @default none
   */
  readonly fail?: string | readonly string[];
  /** Leaves the run's intermediates where they are. @default false */
  readonly keep?: boolean;
  /** `none` skips retry delays and Wait states. @default 'real' */
  readonly waits?: 'real' | 'none';
  /** Where runs keep their data. @default '.ebbtide' */
  readonly dir?: string;
  /**
   * Aborts the run, as StopExecution does; what it leaves is cleaned up before the promise settles. A run whose cleanup
   * has begun ends by itself.
   */
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}

/**
 * Runs a pipeline on this machine: the definition that would be deployed, interpreted, its functions as they would be
 * deployed, against an S3 endpoint in this process. No account, no Docker, no server.
 *
 * @returns the result, of a failed run too
 * @throws UsageError for wrong use: a missing handler, an unknown task, a run id that breaks the rules
 */
export async function runLocally(plan: Plan, options: RunLocallyOptions): Promise<RunResult> {
  const { dir = '.ebbtide', waits = 'real' } = options;
  const { signal, onProgress } = untilCleanup(options.signal, options.onProgress ?? (() => undefined));
  const failures = parseFailures([options.fail ?? []].flat(), plan);
  const input = inputOf(options);
  const handlers = typeof options.handlers === 'string' ? options.handlers : plainHandlers(plan, options.handlers);
  const run = options.run ?? newRunId();
  const folder = runFolderOf(dir, plan.pipeline, run);
  const tasks = plan.tasks.map(({ name }) => name);
  onProgress({ type: 'run-started', pipeline: plan.pipeline, run, folder: folder.path, tasks });

  if (typeof handlers === 'string') onProgress({ type: 'synthesis-started' });
  const deployment = typeof handlers === 'string' ? await deployFolder(plan, handlers) : deployPlain(plan, handlers);
  const { definition, finalizer, buckets } = deployment;
  try {
    createRunFolder(folder);
    const unreached = new Set(failures);
    const refuse = refuseCommits(failures, (failure) => unreached.delete(failure));
    const s3 = await startS3({ folder: folder.s3, refuse });
    let functions: Functions | undefined;
    try {
      for (const bucket of Object.values(buckets)) s3.createBucket(bucket);
      functions = deployment.start(s3.endpoint, folder.logs);
      const execution = { run, input, startedAt: new Date().toISOString() };
      const places = new Places(functions.atOnce);
      const running = {
        invoke: reporting(functions, plan, onProgress),
        admit: <T>(resource: string, invocation: () => Promise<T>) => places.use(resource, invocation),
        waits,
      };
      const end = await interpret(definition, {
        ...running,
        name: run,
        input,
        getObject: readingFrom(s3.endpoint),
        onMap: (task, items) => onProgress({ type: 'chunks-started', task, count: items.flat().length }),
        signal,
      });
      const reported = reportedResult(end);
      // What still runs would go on writing under the cleanup's hands.
      if (!reported) await functions.kill();
      const after = observeAfterExecution(plan, functions, running.invoke);
      const hasTasksAfter = Object.keys(after.results()).length > 0;
      const finalized =
        (!reported || hasTasksAfter) &&
        (await finalize(finalizer, { ...execution, end }, { ...running, invoke: after.invoke }));
      let result = (reported ?? finalized) as RunResult;
      if (hasTasksAfter) result = { ...result, hooks: { ...result.hooks, ...after.results() } };
      await functions.kill();
      result = await releaseLateWrites(result, s3.endpoint, buckets.runs);
      const results = await exportResults(result, s3.endpoint, buckets.results, folder.results);
      writeFileSync(join(folder.path, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
      onProgress({ type: 'run-ended', folder: folder.path, result, results, unreached: [...unreached].map(nameOf) });
      return result;
    } finally {
      await functions?.kill();
      await s3.stop();
    }
  } finally {
    deployment.dispose();
  }
}

function inputOf({ input = {}, keep }: RunLocallyOptions): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(input);
  } catch {
    text = undefined;
  }
  if (text === undefined) throw new UsageError('InvalidInput', 'the input is no JSON value');
  if (Buffer.byteLength(text) > PAYLOAD_LIMIT) {
    throw new UsageError(
      'InvalidInput',
      `the input is ${Buffer.byteLength(text)} bytes long; Step Functions takes ${PAYLOAD_LIMIT}`,
    );
  }
  if (!keep) return JSON.parse(text);
  if (isObject(input)) return { ...JSON.parse(text), keep: true };
  throw new UsageError('InvalidInput', 'keep is put into the input, which must be an object for that');
}

function plainHandlers(plan: Plan, given: Exclude<RunLocallyOptions['handlers'], string>): Record<string, AnyHandler> {
  const missing = plan.functions.filter(({ name }) => !Object.hasOwn(given, name)).map(({ name }) => `"${name}"`);
  if (missing.length > 0) throw new UsageError('HandlerMissing', `no handler is given for ${missing.join(', ')}`);
  const unknown = Object.keys(given).filter((name) => !plan.task(name) && !plan.hook(name));
  if (unknown.length > 0) {
    throw new UsageError(
      'UnknownTask',
      `handlers are given for ${unknown.join(', ')}, which "${plan.pipeline}" has not as a task or a hook`,
    );
  }
  const entries = Object.entries(given).map(([name, handler]): [string, AnyHandler] => [
    name,
    RAW_HANDLER in handler ? handler[RAW_HANDLER] : handler,
  ]);
  return Object.fromEntries(entries);
}
