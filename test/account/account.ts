/** A pipeline in an AWS account on this machine: its state machine, its finalizer, and what the reaper asks of both. */

import type { ExecutionState, Executions, FinalizerState } from '../../lambdas/reaper/executions.ts';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import type { FinalizerInput } from '../../state-machines/contract/finalizer.ts';
import { STATES } from '../../state-machines/contract/states.ts';
import { ExecutionAlreadyExists, Machine, type MachineOptions, type StatusChange } from './machine.ts';

export interface AccountOptions extends Omit<MachineOptions, 'definition' | 'onState'> {
  /** What one of the machines has differently: the calls in its own role. */
  readonly ofMachine?: (of: 'pipeline' | 'finalizer') => Partial<MachineOptions>;
  /** The pipeline's; the names of the machines are made of it. */
  readonly name: string;
  /** The definitions with the ARNs of their functions, which `invoke` knows. */
  readonly definition: Definition;
  readonly finalizer: Definition;
  /** Told of each state that an execution of either enters; a stop from here keeps the state from beginning. */
  readonly onState?: (of: 'pipeline' | 'finalizer', execution: string, state: string) => void;
}

export class Account implements Executions {
  readonly pipeline: Machine;
  readonly finalizers: Machine;

  constructor({ name, definition, finalizer, onState, ofMachine, ...options }: AccountOptions) {
    const machine = (of: 'pipeline' | 'finalizer', machineName: string, states: Definition) =>
      new Machine({
        ...options,
        ...ofMachine?.(of),
        name: machineName,
        definition: states,
        ...(onState && { onState: (execution, state) => onState(of, execution, state) }),
      });
    this.pipeline = machine('pipeline', name, definition);
    this.finalizers = machine('finalizer', `${name}-finalizer`, finalizer);
  }

  /** An EventBridge rule for the ends of the pipeline's executions. */
  onEnd(statuses: readonly StatusChange['detail']['status'][], target: (event: StatusChange) => void): void {
    this.pipeline.subscribe((event) => {
      if (statuses.includes(event.detail.status)) target(event);
    });
  }

  async describe(name: string): Promise<ExecutionState | undefined> {
    return this.pipeline.describe(name);
  }

  async finalizer(name: string): Promise<FinalizerState> {
    const state = this.finalizers.describe(name);
    if (!state) return 'none';
    return state.status === 'RUNNING' ? 'running' : 'over';
  }

  async enteredCleanup(name: string): Promise<boolean> {
    const states = this.pipeline.history(name);
    return states.includes(STATES.cleanup) || states.includes(STATES.cleanupFromRecords);
  }

  async startFinalizer(input: FinalizerInput): Promise<boolean> {
    try {
      return this.finalizers.start(input.execution, input);
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return false;
      throw error;
    }
  }

  async *withoutFinalizer({ succeeded }: { readonly succeeded: boolean }): AsyncGenerator<string> {
    for (const { name, status } of this.pipeline.list()) {
      if (status === 'RUNNING' || (status === 'SUCCEEDED' && !succeeded)) continue;
      if (!this.finalizers.describe(name)) yield name;
    }
  }
}
