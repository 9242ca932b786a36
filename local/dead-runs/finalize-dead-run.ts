/**
 * Finalizes a run whose process died before it could: through the same finalizer as any end, in a turn of its own, so
 * that of two that find it one does it.
 */

import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunResult } from '../../state-machines/contract/result.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import { deployFolder } from '../deployment.ts';
import { endToldOf, stateOf } from '../ending/executions-here.ts';
import { type Settled, settle } from '../ending/settle.ts';
import { settleWithoutPlan } from '../ending/settle-without-plan.ts';
import { killLeftProcesses } from '../functions/left-processes.ts';
import { type OnProgress, type Tell, telling } from '../progress.ts';
import { type RunEnded, withReport } from '../report.ts';
import { readEvents } from '../runs/event-log.ts';
import { type ExecutionRecord, newMark, temporaryName } from '../runs/execution-record.ts';
import { type RunFolder, readResult } from '../runs/run-folder.ts';
import { executionsOf, type HeldTurn, takeTurn } from '../runs/turns.ts';
import { atSite } from '../site.ts';
import type { DeadRun } from './find-dead-runs.ts';
import { dropTornObjects } from './torn-objects.ts';

export interface FinalizeDeadOptions {
  /** Loads a pipeline by its name. @param project the folder from which the run was started */
  readonly load: (pipeline: string, project: string) => Promise<Plan>;
  readonly onProgress?: OnProgress;
}

export interface FinalizedRun {
  readonly result: RunResult;
  /** Why no hook could run, where there are hooks. */
  readonly withoutHooks?: string;
}

interface Finalized extends FinalizedRun, Settled {
  /** Where it had to be loaded. */
  readonly plan?: Plan;
}

/**
 * @returns undefined where another process is at it
 * @throws Error where it could not be finalized; it can be tried again
 */
export async function finalizeDeadRun(
  { folder, turn }: DeadRun,
  options: FinalizeDeadOptions,
): Promise<FinalizedRun | undefined> {
  const { pipeline, run } = folder;
  const execution = executionsOf(folder.path, turn).at(-1) ?? unknownExecution(run);
  const held = takeTurn(folder.path, turn + 1, { work: 'finalize', pipeline, run, execution });
  if (!held) return undefined;
  try {
    await killLeftProcesses(execution.mark);
    removeTemporary(execution);
    const ended = readResult(folder);
    if (ended && (ended.execution ?? ended.run) === execution.name) {
      held.note('over', { status: ended.status });
      return { result: ended };
    }
    dropTornObjects(folder.s3);
    const tell = telling(folder, execution.name, options.onProgress);
    tellDeath(folder, execution, tell);
    const finalized = await finalize(folder, held, tell, options);
    const { plan, result, results, withoutHooks } = finalized;
    const last: RunEnded = { type: 'run-ended', folder: folder.path, result, results };
    tell(plan ? await withReport(plan, folder, execution.name, last) : last);
    return { result, ...(withoutHooks !== undefined && { withoutHooks }) };
  } catch (error) {
    held.leave();
    throw error;
  }
}

async function finalize(
  folder: RunFolder,
  held: HeldTurn,
  tell: Tell,
  { load }: FinalizeDeadOptions,
): Promise<Finalized> {
  const { execution, pipeline } = held.turn;
  const { handlers, hooks, afterExecution, project } = execution;
  const { status } = stateOf(folder, execution);
  const hooksLeft = (status === 'SUCCEEDED' ? [] : Object.keys(hooks ?? {})).concat(afterExecution ?? []);
  if (hooksLeft.length === 0) return settleWithoutPlan(folder, held);
  const withoutHooks = async (why: string) => ({ ...(await settleWithoutPlan(folder, held)), withoutHooks: why });
  if (handlers === undefined) return withoutHooks('their handlers were functions of the process that died');
  let settled: Promise<Finalized>;
  try {
    const plan = await load(pipeline, project);
    const deployment = await deployFolder(plan, handlers, execution);
    settled = atSite({ plan, folder, held, deployment, waits: 'real', tell }, async (site) => ({
      ...(await settle(site)),
      plan,
    }));
  } catch (error) {
    return withoutHooks(`the pipeline cannot be loaded any more: ${(error as Error).message}`);
  }
  return settled;
}

/** What was under way ended when the run was last heard of, and not when somebody came to finalize it. */
function tellDeath(folder: RunFolder, execution: ExecutionRecord, tell: Tell): void {
  const events = readEvents(folder, execution.name);
  const last = events.at(-1);
  if (!last || events.some(({ type }) => type === 'execution-ended')) return;
  const logs = existsSync(folder.logs) ? readdirSync(folder.logs) : [];
  const written = logs.map((log) => statSync(join(folder.logs, log)).mtime.toISOString());
  tell({ at: [last.at, ...written].toSorted().at(-1) ?? last.at, ...endToldOf(stateOf(folder, execution)) });
}

/** Where the record was lost with the power: it is written first, so there is little that it could tell of. */
function unknownExecution(run: string): ExecutionRecord {
  const now = new Date().toISOString();
  return {
    name: run,
    input: {},
    startedAt: now,
    project: process.cwd(),
    tasks: {},
    shape: '',
    temporary: '',
    mark: newMark(),
  };
}

/** Only what has the name that this execution gave it. */
function removeTemporary({ temporary, mark }: ExecutionRecord): void {
  if (basename(temporary) === temporaryName(mark)) rmSync(temporary, { recursive: true, force: true });
}
