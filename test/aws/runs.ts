/** Executions as Step Functions tells of them, for the forms that MiniStack lacks. */

import type { RunResult } from '../../state-machines/index.ts';
import { json, TaskGraph } from '../../state-machines/index.ts';
import { type Answer, DEPLOYED } from './endpoint.ts';

const graph = new TaskGraph('flights');
const first = graph.addTask('first', { outputs: { out: json<number>() } });
graph.addTask('second', { inputs: { out: first.outputs.out } });
graph.addFinallyTask('close');
export const plan = graph.build();

type Details = Record<string, unknown>;
interface Told {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly timestamp: number;
}

/** Seconds since 1970. */
export const START = Date.parse('2026-11-20T06:00:00.000Z') / 1_000;

/** Each a second after the one before, which it follows in one chain. */
export function chain(...events: readonly (readonly [type: string, details?: Details])[]): Told[] {
  return events.map(([type, details], index) => ({
    id: index + 1,
    previousEventId: index,
    type,
    timestamp: START + index,
    ...(details && { [`${(detailed(type)[0] ?? '').toLowerCase()}${detailed(type).slice(1)}EventDetails`]: details }),
  }));
}

function detailed(type: string): string {
  return type.replace(/^\w+State(Entered|Exited)$/, 'State$1');
}

const INPUT = JSON.stringify({ day: 1 });
export const STARTED = ['ExecutionStarted', { input: INPUT }] as const;

/** A task that succeeds in its first attempt. */
export function attempt(name: string, output: unknown = { bytesIn: 0, bytesOut: 5 }) {
  return [
    ['TaskStateEntered', { name, input: '{}' }],
    ['LambdaFunctionScheduled', { resource: 'arn:f', input: JSON.stringify({ run: 'one', retryCount: 0 }) }],
    ['LambdaFunctionStarted'],
    ['LambdaFunctionSucceeded', { output: JSON.stringify(output) }],
    ['TaskStateExited', { name, output: '{}' }],
  ] as const;
}

export function resultOf(result: Partial<RunResult> = {}): RunResult {
  return {
    pipeline: 'flights',
    run: 'one',
    status: 'FAILED',
    startedAt: new Date(START * 1_000).toISOString(),
    durationMs: 4_000,
    succeeded: 1,
    failed: 1,
    skipped: 0,
    omitted: 0,
    tasks: { first: { status: 'SUCCEEDED', retriesUsed: 0 }, second: { status: 'FAILED', retriesUsed: 0 } },
    released: { objects: 3, bytes: 5, left: 0 },
    ...result,
  };
}

export interface StoredExecution {
  readonly status: string;
  readonly history: readonly Told[];
  readonly input?: unknown;
  readonly output?: unknown;
  readonly cause?: unknown;
  readonly error?: string;
  /** Seconds after `START`. */
  readonly startedAt?: number;
}

/** By `run` or `finalizer`, a slash and the name. */
export type Stored = Record<string, StoredExecution>;

const { stateMachineArn, finalizerArn = '' } = DEPLOYED;

/** @param pageSize of histories @param states of the finalizer */
export function answering(stored: () => Stored, { pageSize = 1_000, states = {} as Details } = {}) {
  return (action: string, body: Details): Answer => {
    const arn = String(body['executionArn'] ?? '').replace(':execution:', ':stateMachine:');
    const role = arn.startsWith(`${finalizerArn}:`) ? 'finalizer' : 'run';
    const name = arn.split(':').at(-1) ?? '';
    const found = stored()[`${role}/${name}`];
    switch (action) {
      case 'DescribeExecution':
        return found ? { body: described(name, found) } : { error: 'ExecutionDoesNotExist' };
      case 'GetExecutionHistory': {
        const events = [...(found?.history ?? [])];
        if (body['reverseOrder']) events.reverse();
        const from = Number(body['nextToken'] ?? 0);
        const to = from + pageSize;
        return { body: { events: events.slice(from, to), ...(to < events.length && { nextToken: String(to) }) } };
      }
      case 'ListExecutions': {
        const all = body['stateMachineArn'] === stateMachineArn ? Object.entries(stored()) : [];
        const executions = all
          .filter(([key]) => key.startsWith('run/'))
          .toSorted(([, a], [, b]) => (b.startedAt ?? 0) - (a.startedAt ?? 0))
          .map(([key, { status, startedAt = 0 }]) => ({ name: key.slice(4), status, startDate: START + startedAt }));
        return { body: { executions } };
      }
      case 'DescribeStateMachine':
        return { body: { definition: JSON.stringify({ States: states }) } };
      default:
        return { body: {} };
    }
  };
}

function described(name: string, { status, history, input = { day: 1 }, output, cause, error }: StoredExecution) {
  return {
    name,
    status,
    startDate: START,
    ...(status !== 'RUNNING' && { stopDate: START + history.length }),
    input: JSON.stringify(input),
    ...(output !== undefined && { output: JSON.stringify(output) }),
    ...(cause !== undefined && { cause: typeof cause === 'string' ? cause : JSON.stringify(cause) }),
    ...(error && { error }),
  };
}
