/** Executions on AWS. What Step Functions answers may lag behind by some seconds, as each of these requests documents. */

import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { FinalizerInput } from '../../state-machines/contract/finalizer.ts';
import { isName, RUN_ID } from '../../state-machines/contract/names.ts';
import { STATES } from '../../state-machines/contract/states.ts';
import type { ExecutionState, Executions, FinalizerState } from './executions.ts';

const PAGE_SIZE = 1_000;
/** A history has 25,000 events at the most. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const HISTORY_PAGES = 25;
/**
 * Executions are listed by when they started, the latest first. A week covers those that run for days, and an event or
 * a reaper that was missing over a weekend; the pages bound what a visit takes where there are very many.
 */
const LOOK_BACK_MS = 7 * 24 * 3_600_000;
const LIST_PAGES = 20;

/** From its cleanup on a machine comes to no hook any more. */
const FROM_CLEANUP_ON: readonly string[] = [
  STATES.cleanup,
  STATES.cleanupFromRecords,
  STATES.cleanupFailed,
  STATES.notesAsText,
  STATES.anyTaskFailed,
  STATES.runAndCleanupFailed,
  STATES.errorAndCleanupFailed,
  STATES.taskAndCleanupFailed,
  STATES.onlyCleanupFailed,
  STATES.verdict,
  STATES.succeeded,
  STATES.failed,
];

export interface StateMachines {
  /** ARNs. */
  readonly stateMachine: string;
  readonly finalizer: string;
}

export class StepFunctions implements Executions {
  readonly #client: SFNClient;
  readonly #machines: StateMachines;
  readonly #now: () => number;

  constructor(client: SFNClient, machines: StateMachines, now: () => number = Date.now) {
    this.#client = client;
    this.#machines = machines;
    this.#now = now;
  }

  async describe(name: string): Promise<ExecutionState | undefined> {
    const found = await this.#describe(this.#machines.stateMachine, name);
    if (!found) return undefined;
    const { status, startDate, input, output, error, cause } = found;
    return {
      status: isRunning(status) ? 'RUNNING' : status,
      startedAt: (startDate ?? new Date(this.#now())).toISOString(),
      input: parsed(input),
      ...(output !== undefined && { output }),
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
    };
  }

  async finalizer(name: string): Promise<FinalizerState> {
    const found = await this.#describe(this.#machines.finalizer, name);
    if (!found) return 'none';
    return isRunning(found.status) ? 'running' : 'over';
  }

  /** The latest state that was entered tells: the cleanup comes when all that may run at the same time is over. */
  async enteredCleanup(name: string): Promise<boolean> {
    const history = {
      executionArn: executionArn(this.#machines.stateMachine, name),
      reverseOrder: true,
      includeExecutionData: false,
      maxResults: PAGE_SIZE,
    };
    const pages = paged(HISTORY_PAGES, async (nextToken) => {
      const page = await this.#client.send(new GetExecutionHistoryCommand({ ...history, nextToken }));
      return { items: page.events ?? [], nextToken: page.nextToken };
    });
    for await (const { stateEnteredEventDetails: entered } of pages) {
      if (entered) return FROM_CLEANUP_ON.includes(entered.name ?? '');
    }
    return false;
  }

  /** While it runs, the same name with the same input is answered as if it had just been started: once, all the same. */
  async startFinalizer(input: FinalizerInput): Promise<boolean> {
    try {
      await this.#client.send(
        new StartExecutionCommand({
          stateMachineArn: this.#machines.finalizer,
          name: input.execution,
          input: JSON.stringify(input),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return false;
      throw error;
    }
  }

  async *withoutFinalizer({ succeeded }: { readonly succeeded: boolean }): AsyncGenerator<string> {
    const finalized = new Set<string>();
    for await (const { name = '' } of this.#recent(this.#machines.finalizer)) finalized.add(name);
    for await (const { name, status } of this.#recent(this.#machines.stateMachine)) {
      if (status === 'SUCCEEDED' && !succeeded) continue;
      // Of a name that is no run id no function has done anything, nor will.
      if (status && !isRunning(status) && isName(RUN_ID, name) && !finalized.has(name)) yield name;
    }
  }

  async *#recent(stateMachineArn: string): AsyncGenerator<ExecutionListItem> {
    const from = this.#now() - LOOK_BACK_MS;
    const list = { stateMachineArn, maxResults: PAGE_SIZE };
    const pages = paged(LIST_PAGES, async (nextToken) => {
      const page = await this.#client.send(new ListExecutionsCommand({ ...list, nextToken }));
      return { items: page.executions ?? [], nextToken: page.nextToken };
    });
    for await (const execution of pages) {
      if ((execution.startDate?.getTime() ?? 0) < from) return;
      yield execution;
    }
  }

  async #describe(stateMachineArn: string, name: string): Promise<DescribeExecutionOutput | undefined> {
    try {
      return await this.#client.send(
        new DescribeExecutionCommand({ executionArn: executionArn(stateMachineArn, name) }),
      );
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  }
}

async function* paged<T>(
  most: number,
  ask: (nextToken?: string) => Promise<{ readonly items: readonly T[]; readonly nextToken: string | undefined }>,
): AsyncGenerator<T> {
  let token: string | undefined;
  for (let page = 1; page <= most; page++) {
    const { items, nextToken } = await ask(token);
    yield* items;
    if (!nextToken) return;
    token = nextToken;
  }
}

export function executionArn(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

/** An execution that is to be redriven goes on as the same one. */
function isRunning(status: DescribeExecutionOutput['status']): status is 'RUNNING' | 'PENDING_REDRIVE' | undefined {
  return status === undefined || status === 'RUNNING' || status === 'PENDING_REDRIVE';
}

function parsed(input: string | undefined): unknown {
  try {
    return JSON.parse(input ?? 'null');
  } catch {
    return input;
  }
}
