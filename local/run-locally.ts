import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_DIR } from '../history/dir-option.ts';
import type { EndedExecution } from '../lambdas/reaper/executions.ts';
import { knownToCleanup } from '../state-machines/compiler/machine/run-end.ts';
import { UsageError } from '../state-machines/contract/errors.ts';
import type { RunResult } from '../state-machines/contract/result.ts';
import { newRunId } from '../state-machines/contract/run-ids.ts';
import { show } from '../state-machines/contract/show.ts';
import { checkedPlan } from '../state-machines/graph/checked-plan.ts';
import type { Plan } from '../state-machines/graph/plan.ts';
import { type Deployment, deployFolder, deployPlain } from './deployment.ts';
import { endToldOf } from './ending/executions-here.ts';
import { noteCleanup, settle } from './ending/settle.ts';
import { executionInput } from './execution-input.ts';
import { nameOf, parseFailures, refuseCommits } from './failures.ts';
import { type PlainHandlers, plainHandlers } from './functions/plain-handlers.ts';
import { type ExecutionEnd, interpret } from './interpreter.ts';
import { type OnProgress, telling } from './progress.ts';
import { withReport } from './report.ts';
import { inputOfRun, keepOnFailureOfRun, takeToResume } from './resume.ts';
import { type ExecutionRecord, newMark, temporaryName } from './runs/execution-record.ts';
import { existingRun } from './runs/existing-run.ts';
import { createRunFolder, removeRunFolder, runFolderOf } from './runs/run-folder.ts';
import { atSite, type Site } from './site.ts';
import { untilCleanup } from './stopping.ts';

export interface RunLocallyOptions {
  /**
   * The folder with the handlers of the tasks and hooks, which are bundled and run as they would be deployed; or the
   * handlers themselves by name, which then run in this process.
   */
  readonly handlers: string | PlainHandlers;
  /** The execution's input, any JSON value. @default {}, or the input that the run to resume had */
  readonly input?: unknown;
  /** The run's id. @default the time and four random digits */
  readonly run?: string;
  /**
   * The id of a run that did not succeed and is kept: a new execution goes on with it. Its committed tasks answer at
   * once, the others run. @default a new run
   */
  readonly resume?: string;
  /** How long the intermediates of a run that does not succeed are kept, in seconds, to be looked at or resumed. @default 0 */
  readonly keepOnFailure?: number;
  /**
   * Failures to inject: `task`, `task:times` or `task:times:ErrorName`, and `task/chunk` for one chunk of a
   * chunk-parallel task, of which otherwise every chunk fails. @default none
   */
  readonly fail?: string | readonly string[];
  /** Keeps the run's intermediates, however it ends, for `keepOnFailure` and at least a day. @default false */
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
 * @throws UsageError for wrong use: a missing handler, an unknown task, a run id that breaks the rules, a run that cannot
 *   be resumed
 */
export async function runLocally(plan: Plan, options: RunLocallyOptions): Promise<RunResult> {
  checkedPlan(plan, 'runLocally()');
  const { dir = DEFAULT_DIR, waits = 'real', keep, resume } = options;
  const { signal, onProgress } = untilCleanup(options.signal, options.onProgress ?? (() => undefined));
  const failures = parseFailures([options.fail ?? []].flat(), plan);
  if (resume !== undefined && options.run !== undefined)
    throw new UsageError('InvalidOption', 'run and resume exclude each other: a resumed run has its id already');
  const { pipeline } = plan;
  const resumed = resume === undefined ? undefined : existingRun(dir, pipeline, resume);
  const keepOnFailureSeconds = secondsOf(options.keepOnFailure ?? (resumed && keepOnFailureOfRun(resumed)));
  const givenInput = options.input === undefined ? (resumed ? inputOfRun(resumed) : {}) : options.input;
  const input = executionInput(givenInput, { keep, resume });
  const handlers = typeof options.handlers === 'string' ? options.handlers : plainHandlers(plan, options.handlers);
  const name = options.run ?? newRunId();
  const folder = resumed ?? runFolderOf(dir, pipeline, name);
  const mark = newMark();
  const after = plan.hooksAfterExecution;
  const execution: ExecutionRecord = {
    name,
    input,
    startedAt: new Date().toISOString(),
    project: process.cwd(),
    ...(typeof handlers === 'string' && { handlers: resolve(handlers) }),
    ...(keepOnFailureSeconds > 0 && { keepOnFailureSeconds }),
    ...knownToCleanup(plan),
    ...(after.length > 0 && { afterExecution: after.map((hook) => hook.name) }),
    temporary: join(tmpdir(), temporaryName(mark)),
    mark,
  };
  const turn = { work: resumed ? ('resume' as const) : ('run' as const), pipeline, run: folder.run, execution };
  const held = resumed ? takeToResume(folder, turn) : createRunFolder(folder, turn);
  const tell = telling(folder, name, onProgress);

  try {
    tell({
      type: 'run-started',
      pipeline,
      run: folder.run,
      ...(name !== folder.run && { execution: name }),
      input,
      tasks: plan.tasks.map((task) => task.name),
      folder: folder.path,
    });
    let deployment: Deployment;
    try {
      if (typeof handlers === 'string') tell({ type: 'synthesis-started' });
      deployment =
        typeof handlers === 'string'
          ? await deployFolder(plan, handlers, execution)
          : deployPlain(plan, handlers, execution);
    } catch (error) {
      // Nothing has been done there yet.
      if (resumed) held.giveBack();
      else removeRunFolder(folder);
      throw error;
    }
    const unreached = new Set(failures);
    const refuse = refuseCommits(failures, (failure) => unreached.delete(failure));
    return await atSite({ plan, folder, held, deployment, waits, tell, refuse }, async (site) => {
      const ended = await execute(site, signal);
      held.note('ended', ended);
      tell(endToldOf(ended));
      const { result, results } = await settle(site);
      const told = { folder: folder.path, result, results, unreached: [...unreached].map(nameOf) };
      tell(await withReport(plan, folder, name, { type: 'run-ended', ...told }));
      return result;
    });
  } catch (error) {
    held.leave();
    throw error;
  }
}

async function execute(site: Site, signal: AbortSignal): Promise<EndedExecution> {
  const { held, deployment, tell } = site;
  const { name, input, startedAt } = held.turn.execution;
  const end = await interpret(deployment.definition, {
    ...site.running('stateMachine'),
    name,
    input,
    execution: { input, startedAt },
    onMap: (task, items) => tell({ type: 'chunks-started', task, count: items.flat().length }),
    onState: noteCleanup(site),
    signal,
  });
  return { startedAt, input, ...endedAs(end) };
}

function endedAs(end: ExecutionEnd): Omit<EndedExecution, 'startedAt' | 'input'> {
  switch (end.status) {
    case 'SUCCEEDED':
      return { status: end.status, output: JSON.stringify(end.output) };
    case 'FAILED':
    case 'ABORTED':
    case 'TIMED_OUT':
      return end;
    default:
      return end satisfies never;
  }
}

function secondsOf(keepOnFailure = 0): number {
  if (Number.isSafeInteger(keepOnFailure) && keepOnFailure >= 0) return keepOnFailure;
  throw new UsageError('InvalidOption', `keepOnFailure is ${show(keepOnFailure)}; give whole seconds, 0 or more`);
}
