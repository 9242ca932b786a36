/**
 * Looks at every run that holds anything, and sees to those that nobody else will see to. What holds:
 *
 * - Nothing is deleted of a run that an execution works on, whether it began it, resumed it or was redriven, nor of one
 *   that a finalizer works on, nor before its lease is over.
 * - Who holds the run is asked once more just before anything is deleted, since all this goes on meanwhile. An
 *   execution that is over cannot write a lease any more, and without one nobody can take the run.
 * - Any number of reapers may be at it at once.
 */

import type { S3Client } from '@aws-sdk/client-s3';
import type { RunId } from '../../state-machines/contract/keys.ts';
import { emptyPrefix } from '../cleanup/empty-prefix.ts';
import { eachLimited } from '../storage/each-limited.ts';
import { Leases } from '../storage/leases.ts';
import { type Executions, hasEnded } from './executions.ts';
import { endedCleanly, finalizeOnce } from './finalize-once.ts';
import { foundRuns, isYoungerThan } from './found-runs.ts';
import { type Hold, holdOf, isSameHold } from './hold.ts';
import type { ReapSummary } from './summary.ts';

const RUNS_AT_ONCE = 8;
/** How often a run is looked at again that changed hands meanwhile; then it is as active as can be. */
const LOOKS = 3;

export interface ReapOptions {
  readonly pipeline: string;
  readonly s3: S3Client;
  readonly runsBucket: string;
  readonly executions: Executions;
  /** Whether the pipeline has tasks that run after an execution. */
  readonly afterExecution: boolean;
  /** Whether it has errors or finally tasks. @default false */
  readonly hooks?: boolean;
  /** Counts as if it did, and changes nothing. */
  readonly dryRun?: boolean;
  /** How long after its start an execution may not be known to `executions` yet. @default 0 */
  readonly startLagMs?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Asked before each run and each page of deletes: what is left is the next visit's. */
  readonly hasTime?: () => boolean;
  readonly log?: ReapLog;
}

/** A line for each run that something was done about; Powertools' Logger is one. */
export interface ReapLog {
  info(message: string, details: Readonly<Record<string, unknown>>): void;
  warn(message: string, details: Readonly<Record<string, unknown>>): void;
}

type Fate = keyof ReapSummary;

/** One run that fails does not stop the others; it rejects where the runs cannot be listed. */
export async function reap(options: ReapOptions): Promise<ReapSummary> {
  const { pipeline, s3, runsBucket, executions, log, dryRun, hasTime = () => true } = options;
  const { afterExecution, hooks = false } = options;
  const summary = { active: 0, kept: 0, released: 0, expired: 0, orphansFound: 0, failed: 0 };
  const reaper = new Reaper(options);
  const orphans = new Set<string>();

  async function* whileTimeIsLeft<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const item of items) {
      if (!hasTime()) {
        log?.warn('out of time: the next visit sees to the rest', { seen: summary });
        return;
      }
      yield item;
    }
  }
  const count = async (what: Readonly<Record<string, string>>, work: () => Promise<Fate | undefined>) => {
    try {
      const fate = await work();
      if (fate) summary[fate] += 1;
    } catch (error) {
      summary.failed += 1;
      log?.warn('nothing could be done', { ...what, error });
    }
  };

  await eachLimited(whileTimeIsLeft(foundRuns(s3, runsBucket, pipeline)), RUNS_AT_ONCE, async (found) => {
    if ('foreign' in found) {
      summary.failed += 1;
      log?.warn('this is no run, and is left alone', { key: found.foreign });
      return;
    }
    const { run } = found;
    await count({ run: run.run }, async () => {
      const fate = await reaper.see(run);
      if (fate === 'orphansFound') orphans.add(run.run);
      return fate;
    });
  });
  if (!afterExecution && !hooks) return summary;

  await count({ what: 'executions without a finalizer' }, async () => {
    const left = executions.withoutFinalizer({ succeeded: afterExecution });
    await eachLimited(whileTimeIsLeft(left), RUNS_AT_ONCE, (execution) =>
      count({ execution }, async () => {
        if (dryRun) return orphans.has(execution) ? undefined : 'orphansFound';
        return (await reaper.finalize(execution)) === 'orphansFound' ? 'orphansFound' : undefined;
      }),
    );
    return undefined;
  });
  return summary;
}

class Reaper {
  readonly #options: ReapOptions;
  readonly #leases: Leases;
  readonly #now: () => number;

  constructor(options: ReapOptions) {
    this.#options = options;
    this.#leases = new Leases(options.s3, options.runsBucket, { mayList: true });
    this.#now = options.now ?? Date.now;
  }

  async see(run: RunId): Promise<Fate> {
    for (let looks = 1; looks <= LOOKS; looks++) {
      const hold = await holdOf(run, this.#leases);
      const fate = await this.#judge(run, hold);
      if (fate === 'finalize') return this.finalize(executionOf(hold) ?? '');
      if (fate === 'active' || fate === 'kept') return fate;
      if (this.#options.dryRun) return fate;
      if (hold.by === undefined) {
        const { by } = await this.#leases.take(run, hold.holder + 1, 'reaper');
        if (by !== 'reaper') return 'active';
      } else if (!isSameHold(hold, await holdOf(run, this.#leases))) continue;
      return this.#delete(run, fate);
    }
    return 'active';
  }

  async #judge(run: RunId, hold: Hold): Promise<Fate | 'finalize'> {
    const { executions } = this.#options;
    const { lease, by, since } = hold;
    const leaseIsOver = lease !== undefined && Date.parse(lease.until) <= this.#now();
    if (by === undefined || by === 'reaper') {
      if (lease && !leaseIsOver && by === undefined) return 'kept';
      return (await this.#isWorkedOn(run, lease?.execution)) ? 'active' : 'expired';
    }
    const state = await executions.describe(by.execution);
    if (state && !hasEnded(state)) return 'active';
    if (!state && (await this.#mayHaveBegun(run, since))) return 'active';
    if (state) {
      const finalizer = await executions.finalizer(by.execution);
      if (finalizer === 'running') return 'active';
      if (finalizer === 'none' && !endedCleanly(state)) return 'finalize';
    }
    if (by.execution !== run.run && (await this.#isWorkedOn(run))) return 'active';
    // It was taken over by an execution that is over and left it as it was.
    if (lease) return leaseIsOver ? 'expired' : 'kept';
    return state ? 'released' : 'orphansFound';
  }

  /**
   * Asked of executions that have been over once. Redriven, one goes on as if nothing had happened, and takes no hold; a
   * finalizer works on after it has kept the run.
   */
  async #isWorkedOn(run: RunId, execution = run.run): Promise<boolean> {
    const { executions } = this.#options;
    for (const name of new Set([run.run, execution])) {
      const state = await executions.describe(name);
      if (state && (!hasEnded(state) || (await executions.finalizer(name)) === 'running')) return true;
    }
    return false;
  }

  async #mayHaveBegun(run: RunId, since: string | undefined): Promise<boolean> {
    const { s3, runsBucket, startLagMs = 0 } = this.#options;
    if (startLagMs === 0) return false;
    const time = this.#now() - startLagMs;
    return since === undefined ? isYoungerThan(s3, runsBucket, run, time) : Date.parse(since) > time;
  }

  async finalize(execution: string): Promise<Fate> {
    const { executions, afterExecution, dryRun, log } = this.#options;
    if (dryRun) return 'orphansFound';
    if ((await finalizeOnce(execution, executions, { afterExecution })) !== 'started') return 'active';
    log?.info('finalizer started: nothing else had', { execution });
    return 'orphansFound';
  }

  async #delete(run: RunId, fate: Fate): Promise<Fate> {
    const { s3, runsBucket, hasTime = () => true, log } = this.#options;
    await this.#leases.end(run);
    const { objects, bytes, left, outOfTime, refusals } = await emptyPrefix(s3, runsBucket, run, hasTime);
    const details = { run: run.run, as: fate, objects, bytes };
    if (left > 0 && !outOfTime) {
      log?.warn('run not deleted', { ...details, left, refusals });
      return 'failed';
    }
    log?.info(outOfTime ? 'run deleted in part: the next visit goes on' : 'run deleted', details);
    return fate;
  }
}

function executionOf({ by }: Hold): string | undefined {
  return by === undefined || by === 'reaper' ? undefined : by.execution;
}
