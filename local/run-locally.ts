import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyHandler } from '../lambdas/runtime/attempt.ts';
import { RAW_HANDLER } from '../lambdas/runtime/task.ts';
import { UsageError } from '../state-machines/contract/errors.ts';
import type { CleanupAnswer, CleanupEvent, RunEnd } from '../state-machines/contract/events.ts';
import { PAYLOAD_LIMIT, type RunResult } from '../state-machines/contract/result.ts';
import { STATES } from '../state-machines/contract/states.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import type { Assembly } from './assembly-model.ts';
import { parseFailure, refuseCommits } from './failures.ts';
import { type Functions, SandboxedFunctions } from './functions.ts';
import { definitionOf, IN_PROCESS_BUCKETS, InProcessFunctions } from './in-process.ts';
import { type ExecutionEnd, type Invocation, interpret } from './interpreter.ts';
import { failureInfoOf } from './lambda-error.ts';
import type { OnProgress } from './progress.ts';
import { exportResults } from './results.ts';
import { createRunFolder, newRunId } from './run-folder.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION, type LocalS3, startS3 } from './s3.ts';

export interface RunLocallyOptions {
  /**
   * The folder with the tasks' handlers, which are bundled and run as they would be deployed; or the handlers
   * themselves by task name, which then run in this process.
   */
  readonly handlers: string | Readonly<Record<string, AnyHandler | { readonly [RAW_HANDLER]: AnyHandler }>>;
  /** The execution's input, any JSON value. @default {} */
  readonly input?: unknown;
  /** The run's id. @default the time and four random digits */
  readonly run?: string;
  /** Failures to inject: `task`, `task:times` or `task:times:ErrorName`. @default none */
  readonly fail?: string | readonly string[];
  /** Leaves the run's intermediates where they are. @default false */
  readonly keep?: boolean;
  /** `none` skips retry delays and Wait states. @default 'real' */
  readonly waits?: 'real' | 'none';
  /** Where runs keep their data. @default '.ebbtide' */
  readonly dir?: string;
  /** Aborts the run, as StopExecution does; what it leaves is cleaned up before the promise settles. */
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
  const { dir = '.ebbtide', waits = 'real', signal, onProgress = () => undefined } = options;
  const failures = [options.fail ?? []].flat().map((text) => parseFailure(text, plan));
  const input = inputOf(options);
  const handlers = typeof options.handlers === 'string' ? options.handlers : plainHandlers(plan, options.handlers);
  const run = options.run ?? newRunId();
  const folder = createRunFolder(dir, plan.pipeline, run);
  onProgress({
    type: 'run-started',
    pipeline: plan.pipeline,
    run,
    folder: folder.path,
    tasks: plan.tasks.map(({ name }) => name),
  });

  const s3 = await startS3({ folder: folder.s3, refuse: refuseCommits(failures) });
  let deployed: Deployed | undefined;
  try {
    deployed =
      typeof handlers === 'string'
        ? await deployFolder(plan, handlers, s3, folder.logs)
        : deployPlain(plan, handlers, s3);
    const { definition, functions, buckets } = deployed;
    s3.createBucket(buckets.runs);
    s3.createBucket(buckets.results);
    const invoke = reporting(functions, plan, onProgress);
    const startedAt = new Date().toISOString();
    signal?.addEventListener('abort', () => functions.stop(), { once: true });
    const end = await interpret(definition, { name: run, input, invoke, waits, ...(signal && { signal }) });
    const result =
      resultOf(end) ??
      (await finalize(plan, { run, input, startedAt, end, cleanup: cleanupArn(definition), functions }));
    const results = await exportResults(result, s3.endpoint, buckets.results, folder.results);
    writeFileSync(join(folder.path, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    onProgress({ type: 'run-ended', result, results });
    return result;
  } finally {
    deployed?.functions.stop();
    deployed?.dispose();
    await s3.stop();
  }
}

interface Deployed extends Pick<Assembly, 'definition' | 'buckets' | 'dispose'> {
  readonly functions: Functions;
}

async function deployFolder(plan: Plan, handlers: string, s3: LocalS3, logs: string): Promise<Deployed> {
  // CDK takes half a second to load; runs with plain handlers do without it.
  const { synthesize } = await import('./assembly.ts');
  const assembly = synthesize(plan, handlers);
  const surroundings = {
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
  };
  const settings = assembly.functions.entries().map(([arn, settings]) => {
    const environment = { ...settings.environment, ...surroundings };
    return [arn, { ...settings, environment }] as const;
  });
  return { ...assembly, functions: new SandboxedFunctions(new Map(settings), logs) };
}

function deployPlain(plan: Plan, handlers: Readonly<Record<string, AnyHandler>>, s3: LocalS3): Deployed {
  return {
    definition: definitionOf(plan),
    functions: new InProcessFunctions(plan, handlers, s3.endpoint),
    buckets: IN_PROCESS_BUCKETS,
    dispose: () => undefined,
  };
}

function reporting(functions: Functions, plan: Plan, onProgress: OnProgress) {
  return async ({ state, resource, payload, retryCount }: Invocation): Promise<unknown> => {
    const isTask = plan.task(state) !== undefined;
    const what = { task: state, attempt: retryCount + 1 };
    const startedAt = performance.now();
    const durationMs = () => Math.round(performance.now() - startedAt);
    onProgress(isTask ? { type: 'attempt-started', ...what } : { type: 'cleanup-started' });
    try {
      const answer = await functions.invoke(resource, payload, state);
      if (isTask) onProgress({ type: 'attempt-succeeded', ...what, durationMs: durationMs() });
      return answer;
    } catch (error) {
      if (isTask)
        onProgress({ type: 'attempt-failed', ...what, durationMs: durationMs(), error: failureInfoOf(error) });
      throw error;
    }
  };
}

/** The result that the state machine itself reported; undefined where it ended without its cleanup. */
function resultOf(end: ExecutionEnd): RunResult | undefined {
  if (end.status === 'SUCCEEDED') return end.output as RunResult;
  if (end.status !== 'FAILED') return undefined;
  try {
    const result = JSON.parse(end.cause);
    return typeof result.tasks === 'object' && typeof result.released === 'object' ? result : undefined;
  } catch {
    return undefined;
  }
}

interface Unfinalized {
  readonly run: string;
  readonly input: unknown;
  readonly startedAt: string;
  readonly end: ExecutionEnd;
  readonly cleanup: string;
  readonly functions: Functions;
}

/** An abort, a timeout and what no Catch catches end an execution before its cleanup. */
async function finalize(plan: Plan, { end, cleanup, functions, ...execution }: Unfinalized): Promise<RunResult> {
  const event = { ...execution, tasks: plan.tasks.map(({ name, retries }) => ({ name, retries })) };
  let state: CleanupEvent['state'] = endError(end);
  for (;;) {
    const answer = (await functions.invoke(
      cleanup,
      { ...event, state } satisfies CleanupEvent,
      STATES.cleanup,
    )) as CleanupAnswer;
    if (!answer.done) {
      state = answer;
      continue;
    }
    const result: RunResult = 'result' in answer ? answer.result : JSON.parse(answer.cause);
    return { ...result, status: end.status === 'SUCCEEDED' ? 'FAILED' : end.status };
  }
}

function endError(end: ExecutionEnd): RunEnd {
  switch (end.status) {
    case 'TIMED_OUT':
      return { Error: 'States.Timeout', Cause: 'the run took longer than the pipeline allows' };
    case 'ABORTED':
      return { Error: 'Aborted', Cause: 'the run was stopped' };
    case 'FAILED':
      return { Error: end.error, Cause: end.cause };
    case 'SUCCEEDED':
      return { out: {} };
    default:
      return end satisfies never;
  }
}

function cleanupArn({ States }: Assembly['definition']): string {
  const state = States[STATES.cleanup];
  return state?.Type === 'Task' ? state.Resource : '';
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
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...JSON.parse(text), keep: true };
  throw new UsageError('InvalidInput', 'keep is put into the input, which must be an object for that');
}

function plainHandlers(plan: Plan, given: Exclude<RunLocallyOptions['handlers'], string>): Record<string, AnyHandler> {
  const missing = plan.tasks.filter(({ name }) => !given[name]).map(({ name }) => `"${name}"`);
  if (missing.length > 0) throw new UsageError('HandlerMissing', `no handler is given for ${missing.join(', ')}`);
  const entries = Object.entries(given).map(([task, handler]): [string, AnyHandler] => [
    task,
    RAW_HANDLER in handler ? handler[RAW_HANDLER] : handler,
  ]);
  return Object.fromEntries(entries);
}
