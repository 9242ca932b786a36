/** What a run holds, seen from the S3 endpoint: before each request that it carries out, so that nothing is missed. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_BUCKETS as BUCKETS } from '../../local/assembly-model.ts';
import { definitionsOf, InProcessFunctions } from '../../local/functions/in-process.ts';
import { type LocalS3, readingFrom, startS3 } from '../../local/s3/endpoint.ts';
import type { Release } from '../../state-machines/graph/settings.ts';
import type { RunResult } from '../../state-machines/index.ts';
import { Machine } from '../../test/account/machine.ts';
import { leastPossibleBytes } from './least-possible.ts';
import { type RunnablePipeline, withRelease } from './pipelines.ts';

export interface Held {
  readonly peakBytes: number;
  /** Over the time from the run's start to its cleanup. */
  readonly meanBytes: number;
  /** When its cleanup begins. */
  readonly lastBytes: number;
}

export interface Compared {
  readonly pipeline: string;
  readonly consumed: Held;
  readonly run: Held;
  readonly leastPossibleBytes: number;
}

export async function compareReleases(pipeline: RunnablePipeline): Promise<Compared> {
  const run = await measure(pipeline, 'run');
  const consumed = await measure(pipeline, 'consumed');
  const bytesOf = (task: string, output: string) => run.result.tasks[task]?.outputs?.[output]?.bytes ?? 0;
  return {
    pipeline: pipeline.plan.pipeline,
    consumed: consumed.held,
    run: run.held,
    leastPossibleBytes: leastPossibleBytes(pipeline.plan, bytesOf),
  };
}

const RUN = 'run-1';

async function measure(
  { plan, handlers }: RunnablePipeline,
  release: Release,
): Promise<{ readonly held: Held; readonly result: RunResult }> {
  const folder = mkdtempSync(join(tmpdir(), 'ebbtide-bench-'));
  const meter = new Meter(() => s3?.bytesHeld(BUCKETS.runs) ?? 0);
  const s3: LocalS3 | undefined = await startS3({ folder, refuse: () => meter.look() });
  try {
    for (const bucket of Object.values(BUCKETS)) s3.createBucket(bucket);
    const released = withRelease(plan, release);
    const functions = new InProcessFunctions(released, handlers, s3.endpoint);
    const machine = new Machine({
      name: plan.pipeline,
      definition: definitionsOf(released).definition,
      invoke: ({ resource, payload }) => {
        if (functions.nameOf(resource) === undefined) meter.end();
        return functions.invoke(resource, payload);
      },
      getObject: readingFrom(s3.endpoint),
    });
    machine.start(RUN, {});
    const { output, cause } = await machine.over(RUN);
    if (output === undefined) throw new Error(`the run of ${plan.pipeline} failed: ${cause}`);
    if (s3.bytesHeld(BUCKETS.runs) > 0) throw new Error(`the run of ${plan.pipeline} left something behind`);
    return { held: meter.held(), result: JSON.parse(output) };
  } finally {
    await s3.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Meter {
  readonly #bytesHeld: () => number;
  readonly #began = performance.now();
  #lookedAt = this.#began;
  #last = 0;
  #peak = 0;
  /** Bytes times milliseconds. */
  #product = 0;
  #ended = false;

  constructor(bytesHeld: () => number) {
    this.#bytesHeld = bytesHeld;
  }

  look(): undefined {
    if (this.#ended) return;
    const now = performance.now();
    const bytes = this.#bytesHeld();
    this.#product += bytes * (now - this.#lookedAt);
    this.#lookedAt = now;
    this.#last = bytes;
    this.#peak = Math.max(this.#peak, bytes);
  }

  end(): void {
    this.look();
    this.#ended = true;
  }

  held(): Held {
    return {
      peakBytes: this.#peak,
      meanBytes: this.#product / (this.#lookedAt - this.#began),
      lastBytes: this.#last,
    };
  }
}
