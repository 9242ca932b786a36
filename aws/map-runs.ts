/** How far the Distributed Maps of an execution are: their chunks are executions of their own, of which its history is silent. */

import { DescribeMapRunCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { RunEvent } from '../history/events.ts';
import type { MapRun } from '../history/from-execution-history.ts';
import { AwsError, inWords } from './errors.ts';

/** DescribeMapRun is answered once a second or so: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export class MapRuns {
  readonly #client: SFNClient;
  readonly #signal: AbortSignal | undefined;
  /** What was told of each, by its ARN. */
  readonly #told = new Map<string, string>();
  readonly #over = new Set<string>();

  constructor(client: SFNClient, signal?: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** @returns how far those are that go on, or have ended since, where that has changed */
  async count(mapRuns: readonly MapRun[]): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for (const run of mapRuns) {
      if (this.#over.has(run.mapRunArn)) continue;
      events.push(...(await this.#count(run)));
      if (run.over) this.#over.add(run.mapRunArn);
    }
    return events;
  }

  /** @returns whether one has ended since they were counted */
  isBehind(mapRuns: readonly MapRun[]): boolean {
    return mapRuns.some(({ over, mapRunArn }) => over && !this.#over.has(mapRunArn));
  }

  async #count({ task, mapRunArn }: MapRun): Promise<RunEvent[]> {
    try {
      const { itemCounts, stopDate } = await this.#client.send(
        new DescribeMapRunCommand({ mapRunArn }),
        this.#signal && { abortSignal: this.#signal },
      );
      const { total = 0, succeeded = 0, failed = 0, timedOut = 0, aborted = 0 } = itemCounts ?? {};
      const counts = { task, succeeded, failed: failed + timedOut + aborted, ...(total > 0 && { total }) };
      const told = JSON.stringify(counts);
      if (told === this.#told.get(mapRunArn)) return [];
      this.#told.set(mapRunArn, told);
      return [{ at: (stopDate ?? new Date()).toISOString(), type: 'chunks-counted', ...counts }];
    } catch (error) {
      // Progress is all that is missing then: it may not be asked, not so often, or not any more.
      if (inWords(error) instanceof AwsError) return [];
      throw error;
    }
  }
}
