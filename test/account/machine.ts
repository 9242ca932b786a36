/**
 * A state machine and its executions, as Step Functions keeps them: by name, each name once. An execution that is
 * stopped is over at once, and the functions that it called go on, as Lambda's do.
 */

import { randomUUID } from 'node:crypto';
import type { ExecutionState } from '../../lambdas/reaper/executions.ts';
import { type ExecutionEnd, type InterpretOptions, interpret } from '../../local/interpreter.ts';
import type { Definition } from '../../state-machines/compiler/asl.ts';
import type { RunStatus } from '../../state-machines/contract/result.ts';

export interface MachineOptions
  extends Pick<InterpretOptions, 'invoke' | 'admit' | 'admitChild' | 'getObject' | 'onMap' | 'waits'> {
  /** Free text without a colon: part of the ARNs. */
  readonly name: string;
  /** With the ARNs of its functions. */
  readonly definition: Definition;
  /** Told of each state that an execution enters; a stop from here keeps the state from beginning. */
  readonly onState?: (execution: string, state: string) => void;
}

/** How an execution was ended from outside: by StopExecution, or by Step Functions itself. */
export type ForcedEnd = {
  readonly status: Exclude<RunStatus, 'SUCCEEDED'>;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
};

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
export interface StatusChange {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'Step Functions Execution Status Change';
  readonly source: 'aws.states';
  readonly account: string;
  /** ISO 8601, whole seconds. */
  readonly time: string;
  readonly region: string;
  /** The execution's ARN. */
  readonly resources: readonly [string];
  readonly detail: {
    readonly executionArn: string;
    readonly stateMachineArn: string;
    readonly name: string;
    readonly status: 'RUNNING' | RunStatus;
    /** Milliseconds since 1970, as `stopDate`. */
    readonly startDate: number;
    readonly stopDate: number | null;
    /** JSON; null where it is too large for an event. */
    readonly input: string | null;
    readonly inputDetails: { readonly included: boolean };
    readonly output: string | null;
    readonly outputDetails: { readonly included: boolean } | null;
    readonly error: string | null;
    readonly cause: string | null;
  };
}

export class ExecutionAlreadyExists extends Error {
  override readonly name = 'ExecutionAlreadyExists';
}

export class ExecutionDoesNotExist extends Error {
  override readonly name = 'ExecutionDoesNotExist';
}

interface Execution {
  readonly name: string;
  readonly input: unknown;
  readonly startedMs: number;
  readonly states: string[];
  readonly stop: AbortController;
  readonly over: PromiseWithResolvers<ExecutionState>;
  end?: Omit<ExecutionState, 'startedAt' | 'input'> & { readonly stoppedMs: number };
}

export class Machine {
  readonly #options: MachineOptions;
  readonly #executions = new Map<string, Execution>();
  readonly #subscribers = new Set<(event: StatusChange) => void>();

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  /**
   * @returns false where an execution of that name and input is running, which StartExecution takes for the same request
   * @throws ExecutionAlreadyExists where the name was used in any other way
   */
  start(name: string, input: unknown): boolean {
    const same = this.#executions.get(name);
    if (same && !same.end && JSON.stringify(same.input) === JSON.stringify(input)) return false;
    if (same) throw new ExecutionAlreadyExists(`Execution Already Exists: '${this.#executionArn(name)}'`);
    const execution: Execution = {
      name,
      input: structuredClone(input),
      startedMs: Date.now(),
      states: [],
      stop: new AbortController(),
      over: Promise.withResolvers(),
    };
    this.#executions.set(name, execution);
    this.#tell(execution);
    void this.#run(execution);
    return true;
  }

  /** As StopExecution does; an execution that is over stays as it is. @throws ExecutionDoesNotExist */
  stop(name: string, { error, cause }: { readonly error?: string; readonly cause?: string } = {}): void {
    this.end(name, { status: 'ABORTED', error, cause });
  }

  /**
   * Ends an execution as Step Functions would: `States.Runtime`, the limit of its history, a timeout.
   *
   * @throws ExecutionDoesNotExist
   */
  end(name: string, { status, error, cause }: ForcedEnd): void {
    const execution = this.#find(name);
    if (execution.end) return;
    this.#close(execution, { status, ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) });
    execution.stop.abort();
  }

  describe(name: string): ExecutionState | undefined {
    const execution = this.#executions.get(name);
    return execution && stateOf(execution);
  }

  /** Settles when it is over. @throws ExecutionDoesNotExist */
  async over(name: string): Promise<ExecutionState> {
    return this.#find(name).over.promise;
  }

  /** The states that it entered, in that order. @throws ExecutionDoesNotExist */
  history(name: string): readonly string[] {
    return this.#find(name).states;
  }

  /** All executions, the first one first. */
  list(): readonly { readonly name: string; readonly status: ExecutionState['status'] }[] {
    return [...this.#executions.values()].map((execution) => ({
      name: execution.name,
      status: stateOf(execution).status,
    }));
  }

  /** Step Functions forgets an execution 90 days after its end, and its name can be used again. */
  forget(name: string): void {
    if (this.#find(name).end) this.#executions.delete(name);
  }

  /** Told of every change of an execution's status, after it. */
  subscribe(subscriber: (event: StatusChange) => void): void {
    this.#subscribers.add(subscriber);
  }

  async #run(execution: Execution): Promise<void> {
    const { name, input, states, startedMs, stop } = execution;
    const { name: _, definition, onState, ...surroundings } = this.#options;
    const end = await interpret(definition, {
      ...surroundings,
      name,
      input,
      execution: { input, startedAt: new Date(startedMs).toISOString() },
      signal: stop.signal,
      onState: (state) => {
        states.push(state);
        onState?.(name, state);
      },
    });
    if (!execution.end) this.#close(execution, endOf(end));
  }

  #close(execution: Execution, end: Omit<ExecutionState, 'startedAt' | 'input'>): void {
    execution.end = { ...end, stoppedMs: Date.now() };
    execution.over.resolve(stateOf(execution));
    this.#tell(execution);
  }

  #tell(execution: Execution): void {
    const event = this.#statusChange(execution);
    for (const subscriber of this.#subscribers) setImmediate(subscriber, event);
  }

  #statusChange({ name, input, startedMs, end }: Execution): StatusChange {
    const executionArn = this.#executionArn(name);
    const inputText = JSON.stringify(input);
    const output = end?.output ?? null;
    const outputFits = Buffer.byteLength(output ?? '') <= EVENT_DATA_LIMIT;
    const bothFit = Buffer.byteLength(inputText) + Buffer.byteLength(output ?? '') <= EVENT_DATA_LIMIT;
    return {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Step Functions Execution Status Change',
      source: 'aws.states',
      account: ACCOUNT,
      time: `${new Date(end?.stoppedMs ?? startedMs).toISOString().slice(0, 19)}Z`,
      region: REGION,
      resources: [executionArn],
      detail: {
        executionArn,
        stateMachineArn: `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${this.#options.name}`,
        name,
        status: end?.status ?? 'RUNNING',
        startDate: startedMs,
        stopDate: end?.stoppedMs ?? null,
        input: bothFit ? inputText : null,
        inputDetails: { included: bothFit },
        output: outputFits ? output : null,
        outputDetails: output === null ? null : { included: outputFits },
        error: end?.error ?? null,
        cause: end?.cause ?? null,
      },
    };
  }

  #executionArn(name: string): string {
    return `arn:aws:states:${REGION}:${ACCOUNT}:execution:${this.#options.name}:${name}`;
  }

  #find(name: string): Execution {
    const execution = this.#executions.get(name);
    if (execution) return execution;
    throw new ExecutionDoesNotExist(`Execution Does Not Exist: '${this.#executionArn(name)}'`);
  }
}

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
/** Of input and output together. */
const EVENT_DATA_LIMIT = 248 * 1024;

function stateOf({ input, startedMs, end }: Execution): ExecutionState {
  const { stoppedMs: _, ...ended } = end ?? { status: 'RUNNING', stoppedMs: 0 };
  return { ...ended, startedAt: new Date(startedMs).toISOString(), input };
}

function endOf(end: ExecutionEnd): Omit<ExecutionState, 'startedAt' | 'input'> {
  return end.status === 'SUCCEEDED' ? { status: end.status, output: JSON.stringify(end.output) } : end;
}
