/**
 * The events of an execution as far as its record and its result tell of them, for what its log lacks: it is of a version
 * that wrote none, or its process could not write it any more.
 */

import type { RunEvent } from '../../history/events.ts';
import type { RunResult, TaskResult } from '../../state-machines/contract/result.ts';
import type { ExecutionRecord } from './execution-record.ts';
import type { RunFolder } from './run-folder.ts';

export function startTold({ pipeline, run, path }: RunFolder, record: Partial<ExecutionRecord>): RunEvent {
  const { name = run, startedAt, input, tasks } = record;
  return {
    at: startedAt ?? new Date(0).toISOString(),
    type: 'run-started',
    pipeline,
    run,
    ...(name !== run && { execution: name }),
    input: input ?? {},
    tasks: Object.keys(tasks ?? {}),
    folder: path,
  };
}

/** The attempts that succeeded, in the order of their starts: of others the result does not say when they began. */
export function attemptsTold({ tasks, hooks = {} }: RunResult): RunEvent[] {
  const events = Object.entries({ ...tasks, ...hooks }).flatMap(([task, result]) => attemptTold(task, result));
  return events.toSorted((one, other) => one.at.localeCompare(other.at));
}

export function endTold({ path }: RunFolder, result: RunResult): RunEvent {
  return { at: endOf(result), type: 'run-ended', folder: path, result };
}

/** ISO 8601. */
export function endOf({ startedAt, durationMs }: Pick<RunResult, 'startedAt' | 'durationMs'>): string {
  return later(startedAt, durationMs);
}

function attemptTold(task: string, result: TaskResult): RunEvent[] {
  const { status, startedAt, durationMs, bytesIn, bytesOut, retriesUsed, chunks } = result;
  if (status !== 'SUCCEEDED' || startedAt === undefined || durationMs === undefined) return [];
  const which = { task, attempt: retriesUsed + 1, ...(chunks && { gather: true as const }) };
  const figures = { ...(bytesIn !== undefined && { bytesIn }), ...(bytesOut !== undefined && { bytesOut }) };
  return [
    { at: startedAt, type: 'attempt-started', ...which },
    { at: later(startedAt, durationMs), type: 'attempt-succeeded', ...which, durationMs, ...figures },
  ];
}

function later(iso: string, ms: number): string {
  return new Date(Date.parse(iso) + ms).toISOString();
}
