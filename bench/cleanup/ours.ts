/** `emptyPrefix` in a process of its own, called again and again on as many objects. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { emptyPrefix } from '../../lambdas/cleanup/empty-prefix.ts';
import { clientOf } from '../../local/s3/endpoint.ts';
import { nextMessage } from './child.ts';
import type { Endpoint } from './endpoint.ts';
import { BUCKET, RUN } from './objects.ts';

export interface Call {
  readonly milliseconds: number;
  readonly requests: number;
  readonly objects: number;
  /** Of the process since its start. */
  readonly peakMiB: number;
}

/** So that what is not collected yet is not taken for what is needed. */
const SMALL_HEAP = ['--max-old-space-size=64', '--max-semi-space-size=4'];

export class OurProcess {
  readonly #process: ChildProcess;
  readonly #endpoint: Endpoint;

  constructor(endpoint: Endpoint, heap: 'any heap' | 'small heap' = 'any heap') {
    const execArgv = heap === 'small heap' ? SMALL_HEAP : [];
    this.#process = fork(import.meta.filename, [endpoint.url], { stdio: 'inherit', execArgv });
    this.#endpoint = endpoint;
  }

  /** Puts so many objects there and deletes them. */
  async empty(objects: number): Promise<Call> {
    await this.#endpoint.fill(objects);
    this.#process.send('empty');
    const call = await nextMessage<Call>(this.#process);
    if (call.objects !== objects) throw new Error(`emptyPrefix deleted ${call.objects} objects of ${objects}`);
    return call;
  }

  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.disconnect();
    await exit;
  }
}

/** @returns MiB, of a process that has emptied one prefix with a small heap */
export async function peakMemory(endpoint: Endpoint, objects: number): Promise<number> {
  const ours = new OurProcess(endpoint, 'small heap');
  const { peakMiB } = await ours.empty(objects);
  await ours.stop();
  return peakMiB;
}

if (process.send && process.argv[1] === import.meta.filename) {
  const s3 = clientOf(process.argv[2] ?? '');
  process.on('disconnect', () => process.exit());
  process.on('message', async () => {
    const start = performance.now();
    const { objects, left, requests } = await emptyPrefix(s3, BUCKET, RUN, () => true);
    const milliseconds = performance.now() - start;
    if (left > 0) throw new Error(`emptyPrefix left ${left} objects`);
    const peakMiB = process.resourceUsage().maxRSS / 1024;
    process.send?.({ milliseconds, requests, objects, peakMiB } satisfies Call);
  });
}
