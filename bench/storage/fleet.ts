/** Two hundred runs, overlapping, some of which are ended from outside: the real parts, watched from the S3 endpoint. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { finalizeOnce } from '../../lambdas/reaper/finalize-once.ts';
import { reap } from '../../lambdas/reaper/reap.ts';
import { LOCAL_BUCKETS as BUCKETS } from '../../local/assembly-model.ts';
import { definitionsOf, InProcessFunctions } from '../../local/functions/in-process.ts';
import { clientOf, startS3 } from '../../local/s3/endpoint.ts';
import { pipelinePrefix } from '../../state-machines/contract/keys.ts';
import { Account } from '../../test/account/account.ts';
import { endOf, type PlannedRun } from './runs.ts';
import { planOfTide, tideHandlers } from './tide.ts';

/** What a listing of the bucket showed. */
export interface Sample {
  /** When it began, milliseconds since the first run did. */
  readonly ms: number;
  readonly activeRuns: number;
  /** By run. */
  readonly bytes: ReadonlyMap<string, number>;
}

export interface RunTimes {
  readonly planned: PlannedRun;
  /** Milliseconds since the first run began. */
  readonly startedMs: number;
  readonly endedMs: number;
  readonly status: string;
  /** Where it had a finalizer. */
  readonly finalizedMs?: number;
  /** When the last of its functions was over: they outlive a run that is ended. */
  readonly lastCallMs: number;
}

/** A visit of the reaper. */
export interface Visit {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Watched {
  readonly samples: readonly Sample[];
  readonly runs: readonly RunTimes[];
  readonly visits: readonly Visit[];
  /** Runs that nothing but the reaper had found. */
  readonly orphansFound: number;
  readonly objectsLeft: number;
}

export interface FleetOptions {
  readonly sampleEveryMs: number;
  readonly reapEveryMs: number;
  /** What the finalizer waits for late writers; longer than any function runs. */
  readonly lateWritersMs: number;
}

export async function watchFleet(planned: readonly PlannedRun[], options: FleetOptions): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), 'ebbtide-bench-'));
  const endpoint = await startS3({ folder });
  const s3 = clientOf(endpoint.endpoint);
  try {
    for (const bucket of Object.values(BUCKETS)) endpoint.createBucket(bucket);
    return await new Fleet(planned, options, endpoint.endpoint, s3).watch();
  } finally {
    s3.destroy();
    await endpoint.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Fleet {
  readonly #planned: readonly PlannedRun[];
  readonly #options: FleetOptions;
  readonly #s3: S3Client;
  readonly #account: Account;
  readonly #plan = planOfTide();
  readonly #startedMs = new Map<string, number>();
  readonly #endedMs = new Map<string, number>();
  readonly #finalizedMs = new Map<string, number>();
  readonly #lastCallMs = new Map<string, number>();
  readonly #calls = new Set<Promise<unknown>>();
  #beganMs = 0;

  constructor(planned: readonly PlannedRun[], options: FleetOptions, endpoint: string, s3: S3Client) {
    this.#planned = planned;
    this.#options = options;
    this.#s3 = s3;
    const functions = new InProcessFunctions(this.#plan, tideHandlers, endpoint);
    this.#account = new Account({
      name: this.#plan.pipeline,
      ...definitionsOf(this.#plan),
      invoke: ({ resource, payload }) => {
        const call = functions.invoke(resource, payload);
        const over = () => this.#lastCallMs.set((payload as { run: string }).run, this.#now());
        void call.then(over, over);
        return this.#counted(call);
      },
      waits: options.lateWritersMs,
    });
    const lost = new Set(planned.filter(({ eventLost }) => eventLost).map(({ name }) => name));
    this.#account.onEnd(['FAILED', 'TIMED_OUT', 'ABORTED'], ({ detail: { name } }) => {
      if (!lost.has(name)) void this.#counted(finalizeOnce(name, this.#account, { afterExecution: false }));
    });
    this.#account.finalizers.subscribe(({ detail: { name, status } }) => {
      if (status !== 'RUNNING') this.#finalizedMs.set(name, this.#now());
    });
  }

  async watch(): Promise<Watched> {
    this.#beganMs = performance.now();
    const done = new AbortController();
    const samples: Sample[] = [];
    const visits: Visit[] = [];
    let orphansFound = 0;
    const sampling = every(this.#options.sampleEveryMs, done.signal, async () => {
      samples.push(await this.#sample());
    });
    const reaping = every(this.#options.reapEveryMs, done.signal, async () => {
      if (this.#startedMs.size === 0) return;
      const fromMs = this.#now();
      orphansFound += await this.#reap();
      visits.push({ fromMs, toMs: this.#now() });
    });
    await Promise.all(this.#planned.map((run) => this.#go(run)));
    await Promise.all(this.#calls);
    // Until the reaper has come once more, and what it started is over.
    const last = this.#now();
    while (!visits.some(({ fromMs }) => fromMs > last) || this.#finalizing() > 0)
      await sleep(this.#options.sampleEveryMs);
    await Promise.all(this.#calls);
    done.abort();
    await Promise.all([sampling, reaping]);
    samples.push(await this.#sample());
    return { samples, runs: this.#times(), visits, orphansFound, objectsLeft: await this.#objectsLeft() };
  }

  async #go({ name, atMs, tide, ending, endAfterMs }: PlannedRun): Promise<void> {
    await sleep(atMs);
    const { pipeline } = this.#account;
    this.#startedMs.set(name, this.#now());
    pipeline.start(name, tide);
    if (ending !== 'success') void sleep(endAfterMs).then(() => pipeline.end(name, endOf(ending)));
    await pipeline.over(name);
    this.#endedMs.set(name, this.#now());
  }

  async #sample(): Promise<Sample> {
    const ms = this.#now();
    const activeRuns = this.#startedMs.size - this.#endedMs.size;
    const prefix = pipelinePrefix(this.#plan.pipeline);
    const bytes = new Map<string, number>();
    for await (const { Key = '', Size = 0 } of this.#objects(prefix)) {
      const run = Key.slice(prefix.length, Key.indexOf('/', prefix.length));
      bytes.set(run, (bytes.get(run) ?? 0) + Size);
    }
    return { ms, activeRuns, bytes };
  }

  async #reap(): Promise<number> {
    const summary = await reap({
      pipeline: this.#plan.pipeline,
      s3: this.#s3,
      runsBucket: BUCKETS.runs,
      executions: this.#account,
      afterExecution: false,
    });
    if (summary.failed > 0) throw new Error(`the reaper could not see to ${summary.failed} runs`);
    return summary.orphansFound;
  }

  #finalizing(): number {
    return this.#account.finalizers.list().filter(({ status }) => status === 'RUNNING').length;
  }

  #times(): RunTimes[] {
    return this.#planned.map((planned) => {
      const finalizedMs = this.#finalizedMs.get(planned.name);
      return {
        planned,
        startedMs: this.#startedMs.get(planned.name) ?? 0,
        endedMs: this.#endedMs.get(planned.name) ?? 0,
        lastCallMs: this.#lastCallMs.get(planned.name) ?? 0,
        status: this.#account.pipeline.describe(planned.name)?.status ?? '',
        ...(finalizedMs !== undefined && { finalizedMs }),
      };
    });
  }

  async #objectsLeft(): Promise<number> {
    return (await Array.fromAsync(this.#objects('runs/'))).length;
  }

  async *#objects(Prefix: string) {
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.#s3 }, { Bucket: BUCKETS.runs, Prefix }))
      yield* Contents;
  }

  #counted<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#calls.add(settled);
    void settled.then(() => this.#calls.delete(settled));
    return work;
  }

  #now(): number {
    return performance.now() - this.#beganMs;
  }
}

async function every(ms: number, until: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!until.aborted) {
    await work();
    await sleep(ms, undefined, { signal: until }).catch(() => undefined);
  }
}
