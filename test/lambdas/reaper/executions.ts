/** Executions in memory, for the tests of what the reaper decides: the port, carried out as Step Functions documents it. */

import {
  type ExecutionState,
  type Executions,
  type FinalizerState,
  hasEnded,
} from '../../../lambdas/reaper/executions.ts';
import type { FinalizerInput } from '../../../state-machines/contract/finalizer.ts';
import type { RunResult } from '../../../state-machines/contract/result.ts';

export const STARTED_AT = '2026-01-02T03:04:05.000Z';

/** What a run's own cleanup reports as the cause of its failure. */
export function failedResult(run: string): RunResult {
  return {
    pipeline: 'flights',
    run,
    status: 'FAILED',
    startedAt: STARTED_AT,
    durationMs: 5,
    error: { name: 'TaskFailed', message: 'extract' },
    succeeded: 0,
    failed: 1,
    skipped: 0,
    omitted: 0,
    tasks: { extract: { status: 'FAILED', retriesUsed: 0, error: { name: 'Boom', message: 'no room' } } },
    released: { objects: 3, bytes: 5, left: 0 },
  };
}

export class InMemoryExecutions implements Executions {
  readonly executions = new Map<string, ExecutionState>();
  readonly cleaning = new Set<string>();
  readonly finalizers = new Map<string, 'running' | 'over'>();
  /** In the order in which they were started. */
  readonly started: FinalizerInput[] = [];
  /** Called before each answer about an execution, for what happens meanwhile. */
  meanwhile: (asked: 'describe' | 'finalizer', name: string) => Promise<void> | void = () => {};

  add(name: string, state: Partial<ExecutionState> & Pick<ExecutionState, 'status'>): void {
    this.executions.set(name, { startedAt: STARTED_AT, input: {}, ...state });
  }

  async describe(name: string): Promise<ExecutionState | undefined> {
    await this.meanwhile('describe', name);
    return this.executions.get(name);
  }

  async finalizer(name: string): Promise<FinalizerState> {
    await this.meanwhile('finalizer', name);
    return this.finalizers.get(name) ?? 'none';
  }

  async enteredCleanup(name: string): Promise<boolean> {
    return this.cleaning.has(name);
  }

  async startFinalizer(input: FinalizerInput): Promise<boolean> {
    if (this.finalizers.has(input.execution)) return false;
    this.finalizers.set(input.execution, 'running');
    this.started.push(input);
    return true;
  }

  async *withoutFinalizer({ succeeded }: { readonly succeeded: boolean }): AsyncIterable<string> {
    for (const [name, state] of this.executions) {
      if (!hasEnded(state) || this.finalizers.has(name)) continue;
      if (succeeded || state.status !== 'SUCCEEDED') yield name;
    }
  }
}
