/** The history of a run, as it must be wherever the run takes place: without times, and what only one place has. */

import { historyOf } from '../../history/builder.ts';
import type { RunEvent } from '../../history/events.ts';
import type { AttemptHistory, RunHistory, TaskHistory } from '../../history/run-history.ts';
import type { Plan } from '../../state-machines/index.ts';
import { comparable } from './runs.ts';

export async function historyFrom(plan: Plan, events: AsyncIterable<RunEvent>): Promise<RunHistory> {
  return historyOf(plan, await Array.fromAsync(events));
}

export function comparableHistory(history: RunHistory) {
  const { executionArn, folder, startedAt, endedAt, held, denials, cleanups, result, ...rest } = history;
  return {
    ...rest,
    ended: endedAt !== undefined,
    // In between it depends on which of two tasks was faster.
    held: { first: held[0]?.bytes, most: Math.max(...held.map(({ bytes }) => bytes)) > 0, last: held.at(-1)?.bytes },
    cleanups: cleanups.map(({ done }) => done),
    tasks: history.tasks.map(withoutTimes),
    ...(result && { result: comparable(result) }),
  };
}

function withoutTimes({ startedAt, endedAt, attempts, ...task }: TaskHistory) {
  return { ...task, attempts: attempts.map(attemptWithoutTimes).toSorted() };
}

/** Chunks are carried out at the same time, in any order. What fails at MiniStack has no stack, and so no place. */
function attemptWithoutTimes({ startedAt, endedAt, place, ...attempt }: AttemptHistory): string {
  return JSON.stringify(Object.entries(attempt).toSorted());
}
