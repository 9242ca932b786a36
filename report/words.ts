/** What the report says in words. */

import type { AttemptHistory, TaskHistory } from '../history/run-history.ts';
import { formatBytes, formatCount, formatDuration, formatTime } from '../history/units.ts';
import { durableOutputs, type Facts, failedBefore, isOver, type Part } from './facts.ts';
import { wordOf } from './status.ts';

/** 45 → `45 ms`, from a second on as everywhere. */
export function formatTook(ms: number): string {
  return ms < 950 ? `${Math.round(ms)} ms` : formatDuration(ms);
}

const NAMED = 3;

/** `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`. */
export function listNames(names: readonly string[]): string {
  const shown = names.length > NAMED + 1 ? names.slice(0, NAMED) : names.slice(0, -1);
  const rest = names.length > NAMED + 1 ? `${names.length - NAMED} more` : names.at(-1);
  return shown.length > 0 ? `${shown.join(', ')} and ${rest}` : (rest ?? '');
}

/** How the run went, and what it left, for somebody who has not seen the graph. */
export function summaryOf(facts: Facts): string {
  return [howItWent(facts), ...toleratedFailures(facts), ...whatIsLeft(facts)].join(' ');
}

function howItWent(facts: Facts): string {
  const { history, tasks, hooks, totalMs } = facts;
  const took = formatTook(totalMs);
  const succeeded = count(tasks, 'SUCCEEDED');
  const omitted = count(tasks, 'OMITTED');
  const failed = tasks.filter((part) => part.history.status === 'FAILED').map(({ name }) => name);
  const skipped = tasks.filter((part) => part.history.status === 'SKIPPED').map(({ name }) => name);
  const failedHooks = hooks.filter((part) => part.history.status === 'FAILED').map(({ name }) => name);
  const ofAll = `${succeeded} of ${formatCount(tasks.length, 'task')}`;
  switch (history.status) {
    case 'SUCCEEDED':
      if (omitted > 0) return `${ofAll} succeeded in ${took}; ${omitted} had no reason to run.`;
      return `${tasks.length === 1 ? 'The only task' : `All ${formatCount(tasks.length, 'task')}`} succeeded in ${took}.`;
    case 'FAILED': {
      const others =
        succeeded > 0 ? ` ${succeeded === 1 ? '1 other task' : `${succeeded} other tasks`} succeeded.` : '';
      const because = skipped.length > 0 ? `, so ${listNames(skipped)} did not run` : '';
      if (failed.length > 0) return `${listNames(failed)} failed${because}.${others}`;
      if (failedHooks.length > 0) return `${listNames(failedHooks)} failed after the tasks; ${ofAll} had succeeded.`;
      return `The run failed after ${took}; ${ofAll} had succeeded.`;
    }
    case 'ABORTED':
      return `The run was aborted after ${took}; ${ofAll} had succeeded.`;
    case 'TIMED_OUT':
      return `The run took longer than it may, and was ended after ${took}; ${ofAll} had succeeded.`;
    case 'RUNNING':
      return `So far, after ${took}: ${ofAll} succeeded${failed.length > 0 ? `, ${listNames(failed)} failed` : ''}. ${whatGoesOn(facts)}`;
    default:
      return history.status satisfies never;
  }
}

function whatGoesOn({ history, tasks, hooks }: Facts): string {
  const atWork = [...tasks, ...hooks].filter(
    ({ history: { status } }) => status === 'RUNNING' || status === 'RETRYING',
  );
  if (history.phase === 'preparing') return 'Nothing of it has begun yet.';
  if (history.phase === 'cleanup') return 'It is being cleaned up.';
  if (atWork.length > 0) return `At work: ${listNames(atWork.map(({ name }) => name))}.`;
  return history.phase === 'finalizing' ? 'It is being finalized.' : 'It goes on.';
}

function toleratedFailures({ tasks }: Facts): string[] {
  return tasks.flatMap(({ name, history: { status, chunks } }) =>
    status === 'SUCCEEDED' && chunks && chunks.failed > 0
      ? [`${formatCount(chunks.failed, 'chunk')} of ${name} failed, which its graph tolerates: their data is missing.`]
      : [],
  );
}

function whatIsLeft(facts: Facts): string[] {
  const { result } = facts.history;
  if (!result) return [];
  const results = durableOutputs(facts).length;
  const published =
    results > 0 ? [`${formatCount(results, 'result')} ${results === 1 ? 'was' : 'were'} published.`] : [];
  const { left } = result.released;
  if (left === 0) return [...published, 'Nothing intermediate is left behind.'];
  const objects = `${formatCount(left, 'intermediate object')} ${left === 1 ? 'is' : 'are'}`;
  if (result.keptUntil) return [...published, `${objects} kept until ${formatTime(result.keptUntil)}.`];
  return [...published, `${objects} still there.`];
}

function count(parts: readonly Part[], status: TaskHistory['status']): number {
  return parts.filter((part) => part.history.status === status).length;
}

/** How many tasks are in each state that any is in, the good ones first. */
export function countsOf({ tasks }: Facts): [TaskHistory['status'], number][] {
  const order = ['SUCCEEDED', 'RUNNING', 'RETRYING', 'FAILED', 'SKIPPED', 'OMITTED', 'WAITING'] as const;
  return order.flatMap((status): [TaskHistory['status'], number][] => {
    const number = count(tasks, status);
    return number > 0 ? [[status, number]] : [];
  });
}

/** Why a task or a hook did not run. */
export function whyNotRun(part: Part, facts: Facts): string | undefined {
  const { history, plan } = facts;
  switch (part.history.status) {
    case 'SKIPPED': {
      const failed = failedBefore(part, facts);
      if (failed.length > 0) return `because ${listNames(failed)} failed`;
      if (history.status === 'ABORTED') return 'because the run was aborted before it began';
      if (history.status === 'TIMED_OUT') return 'because the run was ended before it began';
      if (plan.onTaskFailure === 'stop') return 'because a task failed, and this graph then stops';
      return 'because the run ended before it began';
    }
    case 'OMITTED':
      return part.history.hook
        ? 'there was no reason to run it'
        : 'its condition was false, or what it needs was omitted';
    case 'WAITING':
      if (isOver(history)) return 'the run ended before it began';
      return part.planned?.dependencies.length ? `for ${listNames(part.planned.dependencies)}` : undefined;
    default:
      return undefined;
  }
}

export function chunksInWords({ chunks }: TaskHistory): string | undefined {
  if (!chunks) return undefined;
  const failed = chunks.failed > 0 ? `, ${chunks.failed} failed` : '';
  return `${chunks.succeeded.toLocaleString('en-US')} of ${formatCount(chunks.total, 'chunk')}${failed}`;
}

export function bytesOrNone(bytes: number | undefined): string {
  return bytes === undefined ? '–' : formatBytes(bytes);
}

export function wordOfAttempt({ attempt, status, gather }: AttemptHistory): string {
  return `${gather ? 'gathering, attempt' : 'attempt'} ${attempt} ${wordOf(status)}`;
}
