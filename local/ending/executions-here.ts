/** The execution of a run folder as the reaper asks for it: what its process has noted, or that the process has died. */

import { executionError } from '../../history/answers.ts';
import type { UntimedEvent } from '../../history/events.ts';
import {
  type EndedExecution,
  type ExecutionState,
  type Executions,
  type FinalizerState,
  hasEnded,
} from '../../lambdas/reaper/executions.ts';
import type { FinalizerInput } from '../../state-machines/contract/finalizer.ts';
import type { ExecutionRecord } from '../runs/execution-record.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { noteOf } from '../runs/turns.ts';

/** Of one that this process has the turn for, so that nobody else finalizes it meanwhile. */
export class ExecutionsHere implements Executions {
  /** What the finalizer is to be started with, where it is. */
  toFinalize: FinalizerInput | undefined;
  readonly #folder: RunFolder;
  readonly #execution: ExecutionRecord;

  constructor(folder: RunFolder, execution: ExecutionRecord) {
    this.#folder = folder;
    this.#execution = execution;
  }

  async describe(name: string): Promise<ExecutionState | undefined> {
    return name === this.#execution.name ? stateOf(this.#folder, this.#execution) : undefined;
  }

  async finalizer(): Promise<FinalizerState> {
    return 'none';
  }

  async enteredCleanup(name: string): Promise<boolean> {
    return noteOf(this.#folder.path, name, 'cleanup') !== undefined;
  }

  async startFinalizer(input: FinalizerInput): Promise<boolean> {
    this.toFinalize = input;
    return true;
  }

  async *withoutFinalizer(): AsyncGenerator<string> {}
}

/** As the run's events tell it. */
export function endToldOf({ status, error, cause }: EndedExecution): UntimedEvent {
  return {
    type: 'execution-ended',
    status,
    ...(error != null && { error: executionError({ Error: error, ...(cause != null && { Cause: cause }) }) }),
  };
}

const DIED = 'the process that ran it died';

/** An execution whose process noted no end was ended with it. */
export function stateOf({ path }: RunFolder, { name, startedAt, input }: ExecutionRecord): EndedExecution {
  const noted = noteOf(path, name, 'ended') as ExecutionState | undefined;
  return noted && hasEnded(noted) ? noted : { status: 'ABORTED', startedAt, input, error: 'Aborted', cause: DIED };
}
