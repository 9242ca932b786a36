/** The runs of one pipeline on this machine: what their folders tell, and the processes that carry them out. */

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '../history/events.ts';
import type { Links } from '../history/links.ts';
import { LISTED, type ListOptions, type RunSummary, type Runs, type Where } from '../history/runs.ts';
import { UsageError } from '../state-machines/contract/errors.ts';
import { explainName, isName, PIPELINE_NAME } from '../state-machines/contract/names.ts';
import type { RunResult } from '../state-machines/contract/result.ts';
import { eventLogOf, parseEvent } from './runs/event-log.ts';
import type { ExecutionRecord } from './runs/execution-record.ts';
import { existingRun } from './runs/existing-run.ts';
import { GrowingFile } from './runs/growing-file.ts';
import { linksOf } from './runs/links.ts';
import { type RunFolder, readResult, runFolderOf, runFoldersIn } from './runs/run-folder.ts';
import { attemptsTold, endOf, endTold, startTold } from './runs/told-by-result.ts';
import { executionsOf, isAtWork, latestTurn, livenessOfTurn, noteOf } from './runs/turns.ts';
import { stopRun } from './stop-run.ts';

export interface RunsHereOptions {
  /** Where runs keep their data. */
  readonly dir: string;
  readonly pipeline: string;
  /** Called where the process of a run that is followed or stopped has died: finalizes it. @default nobody does */
  readonly finalizeDead?: () => Promise<unknown>;
}

type State = 'running' | 'over' | 'died' | 'deleted';

interface Found {
  readonly folder: RunFolder;
  readonly record: Partial<ExecutionRecord> & { readonly name: string };
}

const LOOK_AGAIN_MS = 100;
/** From the note that a run is over to its last event: its process writes a page in between. */
const LAST_EVENT_WITHIN_MS = 10_000;

export class RunsHere implements Runs {
  readonly pipeline: string;
  readonly where: Where & { readonly kind: 'here' };
  readonly #finalizeDead: () => Promise<unknown>;

  /** @throws UsageError where the pipeline's name is none */
  constructor({ dir, pipeline, finalizeDead = async () => undefined }: RunsHereOptions) {
    if (!isName(PIPELINE_NAME, pipeline))
      throw new UsageError('UnknownPipeline', explainName('pipeline', PIPELINE_NAME, pipeline));
    this.pipeline = pipeline;
    this.where = { kind: 'here', dir };
    this.#finalizeDead = finalizeDead;
  }

  async list({ statuses, limit = LISTED }: ListOptions = {}): Promise<RunSummary[]> {
    return runFoldersIn(this.where.dir, this.pipeline)
      .map(summaryOf)
      .filter(({ status }) => statuses === undefined || statuses.includes(status))
      .toSorted((one, other) => other.startedAt.localeCompare(one.startedAt) || other.run.localeCompare(one.run))
      .slice(0, limit);
  }

  async *events(
    run: string,
    { follow = false, signal }: { readonly follow?: boolean; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<RunEvent> {
    const { folder, record } = this.#find(run);
    const log = new GrowingFile(eventLogOf(folder, record.name));
    let told = false;
    let overSince: number | undefined;
    while (!signal?.aborted) {
      // Before the log: what comes in between is seen the next time.
      const state = stateOf(folder, record.name);
      if (state === 'over') overSince ??= Date.now();
      const lastMayCome = isAtWork(folder.path, record.name) && Date.now() - (overSince ?? 0) < LAST_EVENT_WITHIN_MS;
      for (const event of log.read().flatMap(parseEvent)) {
        if (!told && event.type !== 'run-started') yield startTold(folder, record);
        told = true;
        if (event.type === 'run-ended') return yield { ...event, result: resultOf(folder, record) ?? event.result };
        yield event;
      }
      if (state === 'deleted') throw gone(folder);
      if (!follow || (state === 'over' && !lastMayCome)) {
        const result = state === 'over' ? resultOf(folder, record) : undefined;
        if (!told) yield startTold(folder, record);
        if (!told && result) yield* attemptsTold(result);
        if (result) yield endTold(folder, result);
        return;
      }
      if (state === 'died') await this.#seeToTheDead(folder, record.name);
      else await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The run of that name, or that an execution of that name resumed. @throws UsageError where it is no run id */
  runOf(name: string): string | undefined {
    try {
      return this.#find(name).folder.run;
    } catch (error) {
      if (error instanceof UsageError && error.code === 'UnknownRun') return undefined;
      throw error;
    }
  }

  /** Whether it left events: one of an earlier version did not. */
  hasEvents(run: string): boolean {
    const { folder, record } = this.#find(run);
    return existsSync(eventLogOf(folder, record.name));
  }

  async links(run: string): Promise<Links> {
    return linksOf(this.#find(run).folder);
  }

  async stop(run: string, onAsked?: (who: string) => void): Promise<RunResult> {
    const { folder } = this.#find(run);
    const stopped = await stopRun({
      dir: this.where.dir,
      pipeline: this.pipeline,
      run: folder.run,
      ...(onAsked && { onAsked: (_, pid) => onAsked(`process ${pid}`) }),
    });
    if ('result' in stopped) return stopped.result;
    // It took no notice of the signal but to die.
    await this.#finalizeDead();
    const result = stateOf(folder) === 'over' ? readResult(folder) : undefined;
    if (!result) throw notFinalized(folder);
    return result;
  }

  /** @throws UsageError */
  #find(run: string): Found {
    const folder = runFolderOf(this.where.dir, this.pipeline, run);
    if (latestTurn(folder.path)) return { folder, record: executionsOf(folder.path).at(-1) ?? { name: run } };
    for (const other of runFoldersIn(this.where.dir, this.pipeline)) {
      const record = executionsOf(other.path).find(({ name }) => name === run);
      if (record) return { folder: other, record };
    }
    return { folder: existingRun(this.where.dir, this.pipeline, run), record: { name: run } };
  }

  async #seeToTheDead(folder: RunFolder, execution: string): Promise<void> {
    await this.#finalizeDead();
    if (stateOf(folder, execution) === 'died') throw notFinalized(folder);
  }
}

function summaryOf(folder: RunFolder): RunSummary {
  const { pipeline, run, path } = folder;
  const record: Partial<ExecutionRecord> = executionsOf(path).at(-1) ?? {};
  const { name = run, startedAt = new Date(0).toISOString() } = record;
  const which = { pipeline, run, ...(name !== run && { execution: name }), startedAt };
  const state = stateOf(folder);
  if (state !== 'over') return { ...which, status: 'RUNNING', ...(state === 'died' && { died: true }) };
  const result = resultOf(folder, { name });
  if (result) {
    const { status, startedAt, keptUntil } = result;
    const isKept = keptUntil !== undefined && Date.parse(keptUntil) > Date.now();
    return { ...which, status, startedAt, endedAt: endOf(result), ...(isKept && { keptUntil }) };
  }
  // Somebody has deleted the result.
  const noted = noteOf(path, name, 'over') as Partial<RunResult> | undefined;
  return { ...which, status: noted?.status ?? 'ABORTED' };
}

/** @param execution one that another has gone on after is over. @default the latest one */
function stateOf({ path }: RunFolder, execution?: string): State {
  const latest = latestTurn(path);
  if (!latest) return 'deleted';
  const { turn } = latest;
  if (turn?.work === 'reap' || (turn && execution !== undefined && turn.execution.name !== execution)) return 'over';
  const liveness = livenessOfTurn(latest);
  if (liveness === 'over') return 'over';
  return liveness === 'gone' ? 'died' : 'running';
}

/** Of that execution, where it is the last one that has ended. */
function resultOf(folder: RunFolder, { name }: { readonly name: string }): RunResult | undefined {
  const result = readResult(folder);
  return result && (result.execution ?? result.run) === name ? result : undefined;
}

function gone({ pipeline, run, path }: RunFolder): UsageError {
  return new UsageError(
    'UnknownRun',
    `the run "${run}" of "${pipeline}" is gone: ${path} was deleted, or the run was refused before it began`,
  );
}

/** Why, whoever tried has said. */
function notFinalized({ pipeline, run }: RunFolder): Error {
  const said = `the process of the run "${run}" of "${pipeline}" has died, and the run could not be finalized`;
  return Object.assign(new Error(`${said}; the next ebbtide command tries again`), { code: 'NotFinalized' });
}
