/** Executions of one state machine. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  type ExecutionListItem,
  InvalidName,
  paginateListExecutions,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import pLimit from 'p-limit';
import { LISTED, type ListOptions, type RunSummary } from '../history/runs.ts';
import { ContractError } from '../state-machines/contract/errors.ts';
import { runOf } from '../state-machines/contract/execution-input.ts';
import type { RunStatus } from '../state-machines/contract/result.ts';
import { executionArn } from './arns.ts';
import type { Deployed } from './find-pipelines.ts';
import type { Pace } from './read-history.ts';

export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly status: 'RUNNING' | RunStatus;
  readonly startedAt: Date;
  readonly stoppedAt?: Date;
  readonly input: unknown;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

export const PAGE_SIZE = 100;
/** DescribeExecution is answered 15 times a second, when what was saved up is used. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const AT_ONCE = 5;

/** @returns undefined where there is none of that name, or not any more: for 90 days after its end */
export async function describeExecution(
  client: SFNClient,
  stateMachineArn: string,
  name: string,
  abortSignal?: AbortSignal,
): Promise<Execution | undefined> {
  const arn = executionArn(stateMachineArn, name);
  try {
    const found = await client.send(
      new DescribeExecutionCommand({ executionArn: arn }),
      abortSignal && { abortSignal },
    );
    const { startDate, stopDate, input, output, error, cause } = found;
    return {
      arn,
      name,
      status: statusOf(found.status),
      startedAt: startDate ?? new Date(0),
      ...(stopDate && { stoppedAt: stopDate }),
      input: parsed(input),
      ...(output != null && { output }),
      ...(error != null && { error }),
      ...(cause != null && { cause }),
    };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist || error instanceof InvalidName) return undefined;
    throw error;
  }
}

/** What has been started is known a moment later: DescribeExecution is eventually consistent, and says no more of it. */
const KNOWN_WITHIN_MS = 15_000;

/** Waits for an execution that has just been started. */
export async function untilKnown(
  client: SFNClient,
  stateMachineArn: string,
  name: string,
  { shortestMs }: Pace,
  signal?: AbortSignal,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < KNOWN_WITHIN_MS; waitedMs += shortestMs) {
    if (await describeExecution(client, stateMachineArn, name, signal)) return;
    await sleep(shortestMs, undefined, { signal });
  }
}

/** The latest ones first. */
export async function listRuns(
  client: SFNClient,
  { pipeline, stateMachineArn }: Deployed,
  { statuses, limit = LISTED }: ListOptions,
): Promise<RunSummary[]> {
  const lists = (statuses ?? [undefined]).map((status) => firstOf(listed(client, stateMachineArn, status), limit));
  const latest = (await Promise.all(lists))
    .flat()
    .sort((a, b) => timeOf(b) - timeOf(a))
    .slice(0, limit);
  return pLimit(AT_ONCE).map(latest, async ({ name = '', status, startDate, stopDate }) => {
    // Which run an execution resumed is in its input, which the list does not have.
    const described = await describeExecution(client, stateMachineArn, name);
    const run = described ? runOfExecution(described) : name;
    return {
      pipeline,
      run,
      ...(run !== name && { execution: name }),
      status: described?.status ?? statusOf(status),
      startedAt: (startDate ?? new Date(0)).toISOString(),
      ...endOf(described?.stoppedAt ?? stopDate),
    };
  });
}

/** An input that asks for what cannot be is one of the execution's own run. */
export function runOfExecution({ name, input }: Pick<Execution, 'name' | 'input'>): string {
  try {
    return runOf(name, input);
  } catch (error) {
    if (error instanceof ContractError) return name;
    throw error;
  }
}

export async function* listed(
  client: SFNClient,
  stateMachineArn: string,
  statusFilter?: RunSummary['status'],
): AsyncGenerator<ExecutionListItem> {
  const query = { stateMachineArn, ...(statusFilter && { statusFilter }) };
  for await (const { executions = [] } of paginateListExecutions({ client, pageSize: PAGE_SIZE }, query))
    yield* executions;
}

export async function firstOf<T>(items: AsyncIterable<T>, limit: number): Promise<T[]> {
  const first: T[] = [];
  if (limit <= 0) return first;
  for await (const item of items) {
    first.push(item);
    if (first.length >= limit) break;
  }
  return first;
}

function endOf(stoppedAt: Date | undefined): Pick<RunSummary, 'endedAt'> {
  return stoppedAt ? { endedAt: stoppedAt.toISOString() } : {};
}

function timeOf({ startDate }: ExecutionListItem): number {
  return startDate?.getTime() ?? 0;
}

/** An execution that is to be redriven goes on as the same one. */
function statusOf(status: ExecutionListItem['status']): Execution['status'] {
  return status === undefined || status === 'PENDING_REDRIVE' ? 'RUNNING' : status;
}

function parsed(input: string | undefined): unknown {
  try {
    return JSON.parse(input ?? 'null');
  } catch {
    return input;
  }
}
