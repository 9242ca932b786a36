/** A pipeline's runs as they lie in the bucket when the reaper comes, and as Step Functions knows their executions. */

import { emptyPrefix } from '../../../lambdas/cleanup/empty-prefix.ts';
import type { ExecutionState, Executions } from '../../../lambdas/reaper/executions.ts';
import { type ReapOptions, reap } from '../../../lambdas/reaper/reap.ts';
import type { ReapSummary } from '../../../lambdas/reaper/summary.ts';
import { Leases } from '../../../lambdas/storage/leases.ts';
import { runOf } from '../../../state-machines/contract/execution-input.ts';
import type { RunStatus } from '../../../state-machines/contract/result.ts';
import { BUCKETS, type S3Fixture } from '../s3-fixture.ts';
import { failedResult, InMemoryExecutions } from './executions.ts';

export const HOUR = 3_600_000;
export const NONE: ReapSummary = { active: 0, kept: 0, released: 0, expired: 0, orphansFound: 0, failed: 0 };

/** Written by `runs`, so that no two of them meet in the bucket that they share. */
export class Pipeline {
  readonly name: string;
  readonly executions = new InMemoryExecutions();
  readonly leases: Leases;
  readonly lines: { readonly message: string; readonly details: Readonly<Record<string, unknown>> }[] = [];
  readonly #fixture: S3Fixture;

  constructor(fixture: S3Fixture, name: string) {
    this.#fixture = fixture;
    this.name = name;
    this.leases = new Leases(fixture.s3, BUCKETS.runs);
  }

  id(run: string) {
    return { pipeline: this.name, run };
  }

  /** As a task leaves it. */
  data(run: string, task = 'extract'): Promise<void> {
    return this.#fixture.put(`runs/${this.name}/${run}/${task}/1-aaaaaaaa/out`, 'hello');
  }

  /** @param inMs from now on until the lease is over */
  async keep(run: string, inMs: number, { holder = 0, execution = run } = {}): Promise<void> {
    const now = Date.now();
    await this.leases.keep(this.id(run), {
      until: new Date(now + inMs).toISOString(),
      keptAt: new Date(now).toISOString(),
      execution,
      holder,
      shape: 'shape',
    });
  }

  take(run: string, number: number, by: 'reaper' | { readonly execution: string }) {
    return this.leases.take(this.id(run), number, by);
  }

  /** An execution that ended, by default without having cleaned up. */
  ended(name: string, status: RunStatus = 'ABORTED', state: Partial<ExecutionState> = {}): void {
    this.executions.add(name, { status, ...state });
  }

  failed(name: string, state: Partial<ExecutionState> = {}): void {
    this.ended(name, 'FAILED', { error: 'TaskFailed', cause: JSON.stringify(failedResult(name)), ...state });
  }

  running(name: string, state: Partial<ExecutionState> = {}): void {
    this.executions.add(name, { status: 'RUNNING', ...state });
  }

  /** The names of the runs that hold anything. */
  async runs(): Promise<string[]> {
    const keys = await this.keys();
    return [...new Set(keys.map((key) => key.split('/')[2] ?? ''))];
  }

  keys(run = ''): Promise<string[]> {
    return this.#fixture.keys(`runs/${this.name}/${run}`);
  }

  reap(options: Partial<ReapOptions> = {}): Promise<ReapSummary> {
    const executions: Executions = this.executions;
    const line = (message: string, details: Readonly<Record<string, unknown>>) => {
      this.lines.push({ message, details });
    };
    return reap({
      pipeline: this.name,
      s3: this.#fixture.s3,
      runsBucket: BUCKETS.runs,
      executions,
      afterExecution: false,
      log: { info: line, warn: line },
      ...options,
    });
  }

  /** What a finalizer does to the bucket, for all that are running. */
  async carryOutFinalizers(): Promise<void> {
    for (const [name, state] of this.executions.finalizers) {
      if (state === 'over') continue;
      const run = this.id(runOf(name, this.executions.executions.get(name)?.input));
      await this.leases.end(run);
      await emptyPrefix(this.#fixture.s3, BUCKETS.runs, run, () => true);
      this.executions.finalizers.set(name, 'over');
    }
  }
}
