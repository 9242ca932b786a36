/** The reaper of this machine: every run folder, what is to be done about it, and by the same rules as on AWS. */

import { DEFAULT_DIR } from '../history/dir-option.ts';
import type { Executions } from '../lambdas/reaper/executions.ts';
import { reap } from '../lambdas/reaper/reap.ts';
import type { ReapSummary } from '../lambdas/reaper/summary.ts';
import { LOCAL_BUCKETS } from './assembly-model.ts';
import { type FinalizeDeadOptions, finalizeDeadRun } from './dead-runs/finalize-dead-run.ts';
import { dropTornObjects } from './dead-runs/torn-objects.ts';
import { stateOf } from './ending/executions-here.ts';
import { holdsAnything } from './runs/data-left.ts';
import { type RunFolder, readResult, removeUnborn, runFoldersIn, writeResult } from './runs/run-folder.ts';
import { executionsOf, type HeldTurn, type Latest, latestTurn, livenessOfTurn, takeTurn } from './runs/turns.ts';
import { atStorage } from './site.ts';

export interface ReapLocallyOptions extends Partial<FinalizeDeadOptions> {
  /** Where runs keep their data. @default '.ebbtide' */
  readonly dir?: string;
  /** @default all */
  readonly pipeline?: string;
  /** Only tells what would be done. @default false */
  readonly dryRun?: boolean;
  /** Told of each run about which nothing could be done. */
  readonly onFailed?: (what: string, error: Error) => void;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

type Fate = keyof ReapSummary;

/** One run that fails does not stop the others. Runs of which nothing is left are not counted. */
export async function reapLocally(options: ReapLocallyOptions = {}): Promise<ReapSummary> {
  const { dir = DEFAULT_DIR, pipeline, dryRun = false, onFailed } = options;
  const summary: Record<Fate, number> = { active: 0, kept: 0, released: 0, expired: 0, orphansFound: 0, failed: 0 };
  if (!dryRun) removeUnborn(dir);
  for (const folder of runFoldersIn(dir, pipeline)) {
    let fate: Fate | undefined;
    try {
      fate = await see(folder, latestTurn(folder.path) as Latest, options);
    } catch (error) {
      fate = 'failed';
      onFailed?.(`the run ${folder.run} of ${folder.pipeline}`, error as Error);
    }
    if (fate) summary[fate] += 1;
  }
  return summary;
}

async function see(folder: RunFolder, latest: Latest, options: ReapLocallyOptions): Promise<Fate | undefined> {
  const { dryRun, load = notHere, onProgress } = options;
  const { path, pipeline, run } = folder;
  const isReaped = latest.turn?.work === 'reap';
  const liveness = livenessOfTurn(latest);
  if (liveness === 'alive' || liveness === 'unsure') return 'active';
  if (liveness === 'gone' && !isReaped) {
    if (dryRun) return 'orphansFound';
    const dead = { folder, turn: latest.number };
    return (await finalizeDeadRun(dead, { load, ...(onProgress && { onProgress }) })) ? 'orphansFound' : 'active';
  }
  if (!holdsAnything(folder)) return undefined;
  const { fate } = await reapFolder(folder, options, true);
  if (dryRun || fate === undefined || fate === 'active' || fate === 'kept') return fate;
  const execution = executionsOf(path).at(-1);
  const held = execution && takeTurn(path, latest.number + 1, { work: 'reap', pipeline, run, execution });
  if (!held) return 'active';
  try {
    return await empty(folder, held, options);
  } catch (error) {
    held.leave();
    throw error;
  }
}

async function empty(folder: RunFolder, held: HeldTurn, options: ReapLocallyOptions): Promise<Fate | undefined> {
  dropTornObjects(folder.s3);
  const { fate, objects, bytes } = await reapFolder(folder, options, false);
  const result = readResult(folder);
  if (result && !holdsAnything(folder)) {
    const { keptUntil: _, released, ...rest } = result;
    const gone = { objects: released.objects + objects, bytes: released.bytes + bytes, left: 0 };
    writeResult(folder, { ...rest, released: { ...released, ...gone } });
  }
  held.note('over', { fate });
  return fate;
}

function reapFolder(folder: RunFolder, { now }: ReapLocallyOptions, dryRun: boolean) {
  const gone = { objects: 0, bytes: 0 };
  let failure: unknown;
  return atStorage(folder, async (s3) => {
    const summary = await reap({
      pipeline: folder.pipeline,
      s3,
      runsBucket: LOCAL_BUCKETS.runs,
      executions: executionsIn(folder),
      afterExecution: false,
      dryRun,
      ...(now && { now }),
      log: {
        info: (_, { objects = 0, bytes = 0 }) => {
          gone.objects += Number(objects);
          gone.bytes += Number(bytes);
        },
        warn: (_, details) => {
          failure = details['error'] ?? new Error(JSON.stringify(details));
        },
      },
    });
    if (failure !== undefined) throw failure;
    const [fate] = Object.entries(summary).find(([, count]) => count > 0) ?? [];
    return { fate: fate as Fate | undefined, ...gone };
  });
}

/** They are over, and finalized: each in the turn of a process that has noted so. */
function executionsIn(folder: RunFolder): Executions {
  const known = executionsOf(folder.path);
  return {
    async describe(name) {
      const execution = known.find((one) => one.name === name);
      return execution && stateOf(folder, execution);
    },
    finalizer: async () => 'over',
    enteredCleanup: async () => true,
    startFinalizer: async () => false,
    async *withoutFinalizer() {},
  };
}

async function notHere(pipeline: string): Promise<never> {
  throw new Error(`no pipeline ${pipeline} is loaded here`);
}
