/** Executions in memory, for the tests of what the reaper decides: the port, carried out as Step Functions documents it. */

import type { ExecutionState, Executions } from '../../../lambdas/reaper/executions.ts';
import { hasEnded } from '../../../lambdas/reaper/executions.ts';
import type { FinalizerInput } from '../../../state-machines/contract/finalizer.ts';

export const STARTED_AT = '2026-01-02T03:04:05.000Z';

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

  async finalizer(name: string): Promise<'none' | 'running' | 'over'> {
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
