import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RunLocallyOptions, runLocally } from '../../local/index.ts';
import { diamond, diamondHandlers, filesUnder, temporaryFolder } from './fixtures.ts';

const dir = temporaryFolder();
const { plan } = diamond();
let runs = 0;

async function runFailing(fail: RunLocallyOptions['fail'], options: Partial<RunLocallyOptions> = {}) {
  const run = `r${runs++}`;
  const calls: Record<string, number> = {};
  const counted = Object.entries(diamondHandlers).map(([name, handler]): [string, (context: never) => unknown] => [
    name,
    (context) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return handler(context);
    },
  ]);
  const handlers = Object.fromEntries(counted) as Exclude<RunLocallyOptions['handlers'], string>;
  const result = await runLocally(plan, { handlers, dir, waits: 'none', run, ...(fail && { fail }), ...options });
  const left = filesUnder(join(dir, 'diamond', run, 's3/buckets/runs/objects')).filter((file) =>
    file.endsWith('.data'),
  );
  return { result, calls, left };
}

describe('fail: aggregate', () => {
  it('outlives the retries, skips merge-load and leaves nothing behind', async () => {
    const { result, calls, left } = await runFailing('aggregate');
    expect(result).toMatchObject({ status: 'FAILED', succeeded: 2, failed: 1, skipped: 1, omitted: 0 });
    expect(result.tasks).toMatchObject({
      extract: { status: 'SUCCEEDED', retriesUsed: 0 },
      aggregate: { status: 'FAILED', retriesUsed: 1, error: { name: 'InjectedFailure' } },
      enrich: { status: 'SUCCEEDED', retriesUsed: 0 },
      'merge-load': { status: 'SKIPPED', retriesUsed: 0 },
    });
    expect(calls).toEqual({ extract: 1, aggregate: 2, enrich: 1 });
    expect(result.released.left).toBe(0);
    expect(left).toEqual([]);
  });

  it('twice with keep leaves one set of outputs for each task that succeeded, and none of the failed attempts', async () => {
    const { result, left } = await runFailing('aggregate', { keep: true });
    const outputs = left.filter((key) => !key.includes('/_')).map((key) => key.split('/').slice(3).join('/'));
    expect(outputs).toEqual([
      expect.stringMatching(/^enrich\/1-[0-9a-f]{8}\/enriched\.data$/),
      expect.stringMatching(/^extract\/1-[0-9a-f]{8}\/raw\.data$/),
    ]);
    const withoutLease = left.filter((key) => !key.endsWith('/_lease.json.data'));
    expect(result.released.left).toBe(withoutLease.length);
  });
});

describe('fail: aggregate:1', () => {
  it('fails once, and the run succeeds with one retry and one set of outputs', async () => {
    const { result, calls, left } = await runFailing('aggregate:1', { keep: true });
    expect(result.status).toBe('SUCCEEDED');
    expect(result.tasks['aggregate']).toMatchObject({ status: 'SUCCEEDED', retriesUsed: 1 });
    expect(calls).toEqual({ extract: 1, aggregate: 2, enrich: 1, 'merge-load': 1 });
    const outputs = left.filter((key) => !key.includes('/_')).map((key) => key.split('/').at(-1));
    expect(outputs.toSorted()).toEqual(['agg.data', 'enriched.data', 'raw.data', 'table.data']);
    expect(left.filter((key) => key.endsWith('/_committed.json.data'))).toHaveLength(4);
  });

  it('with an error name fails with that', async () => {
    const errors: string[] = [];
    const { result } = await runFailing('aggregate:1:TransientError', {
      onProgress: (event) => event.type === 'attempt-failed' && errors.push(`${event.task} ${event.error.name}`),
    });
    expect(errors).toEqual(['aggregate TransientError']);
    expect(result.tasks['aggregate']).toMatchObject({ status: 'SUCCEEDED', retriesUsed: 1 });
  });

  it('with NonRetryableError is not tried again', async () => {
    const { result, calls } = await runFailing('aggregate:1:NonRetryableError');
    expect(result.tasks['aggregate']).toMatchObject({
      status: 'FAILED',
      retriesUsed: 0,
      error: { name: 'NonRetryableError' },
    });
    expect(calls['aggregate']).toBe(1);
  });

  it.each(['SlowDown', 'InternalError', 'RequestTimeout'])(
    'with %s, which an S3 client would try again by itself, still fails a whole attempt',
    async (error) => {
      const { result, calls } = await runFailing(`aggregate:1:${error}`);
      expect(result.tasks['aggregate']).toMatchObject({ status: 'SUCCEEDED', retriesUsed: 1 });
      expect(calls['aggregate']).toBe(2);
    },
  );
});

describe('several failures', () => {
  it('may be injected at once', async () => {
    const { result } = await runFailing(['extract:2', 'merge-load:1:NonRetryableError']);
    expect(result.status).toBe('FAILED');
    expect(result.tasks).toMatchObject({
      extract: { status: 'SUCCEEDED', retriesUsed: 2 },
      'merge-load': { status: 'FAILED', retriesUsed: 0 },
    });
  });

  it('each leave the tasks alone whose names end in the same letters', async () => {
    const { result } = await runFailing('extract:3');
    expect(result.tasks).toMatchObject({
      extract: { status: 'FAILED', retriesUsed: 2 },
      aggregate: { status: 'SKIPPED' },
      enrich: { status: 'SKIPPED' },
      'merge-load': { status: 'SKIPPED' },
    });
  });
});
