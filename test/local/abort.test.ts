import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type RunLocallyOptions, runLocally } from '../../local/index.ts';
import { diamond, diamondHandlers, filesUnder, isRunning, temporaryFolder } from './fixtures.ts';

const dir = temporaryFolder();
const { plan } = diamond();
let runs = 0;

/** Runs the diamond; `stop` is for its handlers to call. */
async function runUntilStopped(
  handlers: (stop: AbortController) => Partial<typeof diamondHandlers>,
  options: Partial<RunLocallyOptions> = {},
) {
  const stop = new AbortController();
  const run = `r${runs++}`;
  const all = { ...diamondHandlers, ...handlers(stop) };
  const result = await runLocally(plan, { handlers: all, dir, run, waits: 'none', signal: stop.signal, ...options });
  const left = () => filesUnder(join(dir, 'diamond', run, 's3/buckets/runs/objects'));
  return { result, left };
}

describe('a run that is stopped', () => {
  it('while a task runs is ABORTED, and leaves nothing', async () => {
    const { result, left } = await runUntilStopped((stop) => ({
      aggregate: () => {
        stop.abort();
        return new Promise(() => undefined);
      },
    }));
    expect(result).toMatchObject({ status: 'ABORTED', released: { left: 0 } });
    expect(result.error?.name).toBe('Aborted');
    expect(result.tasks['extract']?.status).toBe('SUCCEEDED');
    expect(result.tasks['merge-load']?.status).toBe('SKIPPED');
    expect(left()).toEqual([]);
  });

  it.each([0, 5, 20])('%i ms after its cleanup began has succeeded, and says so', async (delayMs) => {
    const stop = new AbortController();
    const onProgress: RunLocallyOptions['onProgress'] = ({ type }) => {
      if (type === 'cleanup-started') setTimeout(() => stop.abort(), delayMs);
    };
    const { result, left } = await runUntilStopped(() => ({}), { signal: stop.signal, onProgress });
    expect(result).toMatchObject({ status: 'SUCCEEDED', succeeded: 4, released: { left: 0 } });
    expect(result.released.objects).toBeGreaterThan(0);
    expect(left()).toEqual([]);
  });

  it('before it began is ABORTED, and leaves nothing', async () => {
    const { result, left } = await runUntilStopped(() => ({}), { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ status: 'ABORTED', released: { left: 0 } });
    expect(left()).toEqual([]);
  });

  it('begins no further attempt of a task that fails because of that', async () => {
    const aggregate = vi.fn((stop: AbortController) => {
      stop.abort();
      return Promise.reject(new Error('stopped'));
    });
    const { result } = await runUntilStopped((stop) => ({ aggregate: () => aggregate(stop) }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(result.status).toBe('ABORTED');
    expect(aggregate).toHaveBeenCalledTimes(1);
  });

  // Each delay hits another moment between the cleanup's last look and the end of the endpoint.
  it.each([0, 2, 4])('leaves nothing of handlers that write %i ms after the cleanup', async (delayMs) => {
    const ended: Promise<unknown>[] = [];
    const objects = join(dir, 'diamond', `r${runs}`, 's3/buckets/runs/objects');
    const writeLate = async <T>(stop: AbortController, write: () => Promise<T>) => {
      stop.abort();
      const giveUp = performance.now() + 1_000;
      while (filesUnder(objects).length > 0 && performance.now() < giveUp) await new Promise(setImmediate);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      return write();
    };
    const goOn = <T>(stop: AbortController, write: () => Promise<T>) => {
      const writing = writeLate(stop, write);
      ended.push(writing);
      return writing;
    };
    const { result, left } = await runUntilStopped((stop) => ({
      aggregate: async ({ outputs }) => ({ agg: await goOn(stop, () => outputs.agg.write({ total: 1 })) }),
      enrich: async ({ outputs }) => ({ enriched: await goOn(stop, () => outputs.enriched.writeRows([])) }),
    }));
    await Promise.allSettled(ended);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(result).toMatchObject({ status: 'ABORTED', released: { left: 0 } });
    expect(left()).toEqual([]);
  });
});

describe('a run of bundled handlers that is stopped', () => {
  it('ends the processes of its functions and starts no others', async () => {
    const handlers = join(dir, 'handlers');
    const pids = join(dir, 'pids');
    mkdirSync(handlers);
    writeFileSync(
      join(handlers, 'extract.ts'),
      `import { appendFileSync } from 'node:fs';
       appendFileSync(${JSON.stringify(pids)}, process.pid + '\\n');
       setInterval(() => undefined, 1000);
       export const handler = () => new Promise(() => undefined);`,
    );
    for (const name of ['aggregate', 'enrich', 'merge-load'])
      writeFileSync(join(handlers, `${name}.ts`), 'export const handler = () => undefined;');
    appendFileSync(pids, '');
    const started = () => readFileSync(pids, 'utf8').trim().split('\n').filter(Boolean).map(Number);

    const stop = new AbortController();
    const ending = runLocally(plan, { handlers, dir, run: 'bundled', waits: 'none', signal: stop.signal });
    await vi.waitFor(() => expect(started()).toHaveLength(1), { timeout: 20_000 });
    stop.abort();
    const result = await ending;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const running = started().filter(isRunning);
    for (const pid of running) process.kill(pid, 'SIGKILL');
    expect(result).toMatchObject({ status: 'ABORTED', released: { left: 0 } });
    expect(started()).toHaveLength(1);
    expect(running).toEqual([]);
    expect(existsSync(join(dir, 'diamond', 'bundled', 'result.json'))).toBe(true);
  });
});
