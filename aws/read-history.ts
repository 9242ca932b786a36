/** The events of an execution's history, once each and in order; as they come, where it goes on. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type HistoryEvent, paginateGetExecutionHistory, type SFNClient } from '@aws-sdk/client-sfn';
import { endIn } from './execution-end.ts';
import { patiently } from './patience.ts';

/** The largest page there is. https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html */
const PAGE_SIZE = 1_000;
/** Of what is new. Each event brings its data, and the last page of them is fetched again each time. */
const NEW_PAGE_SIZE = 100;

/**
 * How long to wait between questions, while nothing happens longer and longer. GetExecutionHistory is answered 20 times a
 * second for all of an account and region: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export interface Pace {
  readonly shortestMs: number;
  readonly longestMs: number;
}
export const PACE: Pace = { shortestMs: 1_000, longestMs: 5_000 };
const SLOWER = 1.5;

export interface ReadOptions {
  /** Until the execution's last event; otherwise those so far. */
  readonly follow: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly pace: Pace;
}

/** `waited` stands for a question to which there was no new event. */
export type Read = { readonly event: HistoryEvent } | 'waited';

export async function* readHistory(
  client: SFNClient,
  executionArn: string,
  { follow, signal, pace }: ReadOptions,
): AsyncGenerator<Read> {
  // A paginator leaves its token in the query, so each gets its own.
  const query = () => ({ executionArn, includeExecutionData: true });
  let last = 0;
  const pages = paginateGetExecutionHistory({ client, pageSize: PAGE_SIZE }, query(), { abortSignal: signal });
  for await (const { events = [], nextToken } of pages) {
    const { current, isOver } = untilOver(events);
    for (const event of current) {
      last = event.id ?? last;
      yield { event };
    }
    // Where it was redriven, that is the first event of the next page.
    if (isOver && !nextToken) return;
  }
  let waitMs = pace.shortestMs;
  while (follow) {
    await sleep(waitMs, undefined, { signal });
    const events = await patiently(() => since(last), pace, signal);
    const { current, isOver } = untilOver(events);
    for (const event of current) {
      last = event.id ?? last;
      yield { event };
    }
    if (isOver) return;
    waitMs = current.length > 0 ? pace.shortestMs : Math.min(waitMs * SLOWER, pace.longestMs);
    if (current.length === 0) yield 'waited';
  }

  /** From the latest one backwards: a history of 25,000 events is not read again each time. */
  async function since(id: number): Promise<HistoryEvent[]> {
    const found: HistoryEvent[] = [];
    const reversed = { ...query(), reverseOrder: true };
    const config = { client, pageSize: NEW_PAGE_SIZE };
    const pages = paginateGetExecutionHistory(config, reversed, { abortSignal: signal });
    for await (const { events = [] } of pages) {
      const newer = events.filter((event) => (event.id ?? 0) > id);
      found.push(...newer);
      if (newer.length < events.length) break;
    }
    return found.reverse();
  }
}

/** One that was redriven goes on behind its end. */
function untilOver(events: readonly HistoryEvent[]): { current: readonly HistoryEvent[]; isOver: boolean } {
  const redriven = events.findLastIndex(({ type }) => type === 'ExecutionRedriven');
  const end = events.findIndex((event, index) => index > redriven && endIn(event) !== undefined);
  return end < 0 ? { current: events, isOver: false } : { current: events.slice(0, end + 1), isOver: true };
}
