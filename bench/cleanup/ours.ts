/** `emptyPrefix` in a process of its own, called again and again on as many objects. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { emptyPrefix } from '../../lambdas/cleanup/empty-prefix.ts';
import { clientOf } from '../../local/s3/endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { BUCKET, RUN } from './objects.ts';

export interface Ours {
  /** Of each call. */
  readonly milliseconds: readonly number[];
  readonly requests: number;
  /** Of the process, at the end of the first call. */
  readonly peakMiB: number;
}

interface Call {
  readonly milliseconds: number;
  readonly requests: number;
  readonly objects: number;
  readonly peakMiB: number;
}

export async function measureOurs(endpoint: Endpoint, objects: number, calls: number): Promise<Ours> {
  const child = fork(import.meta.filename, [endpoint.url], { stdio: 'inherit' });
  const done: Call[] = [];
  for (let call = 0; call < calls; call++) {
    await endpoint.fill(objects);
    child.send('empty');
    const [report] = (await once(child, 'message')) as [Call];
    if (report.objects !== objects) throw new Error(`emptyPrefix deleted ${report.objects} objects of ${objects}`);
    done.push(report);
  }
  const exit = once(child, 'exit');
  child.disconnect();
  await exit;
  const [first] = done;
  return {
    milliseconds: done.map(({ milliseconds }) => milliseconds),
    requests: first?.requests ?? 0,
    peakMiB: first?.peakMiB ?? 0,
  };
}

if (process.send && process.argv[1] === import.meta.filename) {
  const s3 = clientOf(process.argv[2] ?? '');
  process.on('message', async () => {
    const start = performance.now();
    const { objects, left, requests } = await emptyPrefix(s3, BUCKET, RUN, () => true);
    const milliseconds = performance.now() - start;
    if (left > 0) throw new Error(`emptyPrefix left ${left} objects`);
    const peakMiB = process.resourceUsage().maxRSS / 1024;
    process.send?.({ milliseconds, requests, objects, peakMiB } satisfies Call);
  });
}
