/** A deployed pipeline as whoever runs it sees it, through `aws/`, with the settings that the environment has. */

import { beforeAll, describe, expect, it } from 'vitest';
import { type Deployed, pipelineOf, RunsOnAws } from '../../aws/index.ts';
import { historyOf } from '../../history/builder.ts';
import type { RunEvent } from '../../history/events.ts';
import { deploy } from './cdk.ts';
import { DeployedPipeline, until } from './runs.ts';
import { plan, type TidesInput } from './tides/pipeline.ts';

describe('a deployed pipeline, from outside', { timeout: 120_000 }, () => {
  let tides: DeployedPipeline;
  let deployed: Deployed;
  let runs: RunsOnAws;

  beforeAll(async () => {
    const [stack] = await deploy({ app: 'node test/deploy/app.ts', context: { stacks: 'EbbtideOutside' } });
    tides = await DeployedPipeline.of('tides', stack);
    deployed = await pipelineOf(tides.stateMachine);
    runs = new RunsOnAws({ deployed, plan });
  }, 120_000);

  it('a run that is started is followed while it goes on, to its result', async () => {
    const input: TidesInput = { mode: 'full', wait: { moon: 2_000 } };
    const { run, executionArn } = await runs.start({ input });
    expect(executionArn).toBe(tides.arnOf(run));

    const seen: { readonly type: RunEvent['type']; readonly whileRunning: boolean }[] = [];
    for await (const { type } of runs.events(run, { follow: true })) {
      const whileRunning = (await tides.describe(run))?.status === 'RUNNING';
      seen.push({ type, whileRunning });
    }

    expect(seen[0]).toEqual({ type: 'run-started', whileRunning: true });
    expect(seen.filter(({ type }) => type === 'attempt-started').some(({ whileRunning }) => whileRunning)).toBe(true);
    expect(seen.at(-1)).toEqual({ type: 'run-ended', whileRunning: false });
    expect(await runs.list({ statuses: ['SUCCEEDED'], limit: 1 })).toMatchObject([{ run, status: 'SUCCEEDED' }]);
  });

  it('its events so far are those of a run that goes on; a watcher who leaves changes nothing', async () => {
    const { run } = await runs.start({ name: 'watched', input: { wait: { moon: 3_000 } } });
    const leave = new AbortController();
    const types: string[] = [];
    for await (const { type } of runs.events(run, { follow: true, signal: leave.signal })) {
      types.push(type);
      if (type === 'attempt-started') leave.abort();
    }
    expect(types).not.toContain('run-ended');
    const history = historyOf(plan, await Array.fromAsync(runs.events(run)));
    expect(history).toMatchObject({ run, status: 'RUNNING', phase: 'tasks' });
    expect(await tides.resultOf(run)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('a run that is stopped is finalized before its result is told, which says who stopped it', async () => {
    const { run } = await runs.start({ input: { wait: { moon: 3_000 } } });
    const prefix = `runs/tides/${run}/moon/`;
    await until('a task at work', async () => (await tides.left(run)).find((key) => key.startsWith(prefix)));
    const asked: string[] = [];

    const result = await runs.stop(run, (who) => asked.push(who));

    expect(asked).toEqual([`the execution ${run}`]);
    expect(result).toMatchObject({
      run,
      status: 'ABORTED',
      error: { name: 'Aborted', message: expect.stringMatching(/^stopped by .+ with ebbtide stop$/) },
      // What moon had begun it may have ended before it was looked at.
      tasks: { ports: { status: 'SUCCEEDED' }, 'highest-tides': { status: 'SKIPPED' } },
      hooks: { close: { status: 'SUCCEEDED' }, notify: { status: 'SUCCEEDED' } },
    });
    const history = historyOf(plan, await Array.fromAsync(runs.events(run)));
    expect(history).toMatchObject({ status: 'ABORTED', phase: 'over', cleanups: [{ done: true }], result });
    await expect(runs.stop(run)).rejects.toMatchObject({ code: 'NotRunning' });
  });

  it('a run that failed is resumed, once; its events are those of its latest execution', async () => {
    const { run } = await runs.start({ name: 'broken', input: { mode: 'full', fail: ['moon'] } });
    expect(await last(run)).toMatchObject({ status: 'FAILED', keptUntil: expect.any(String) });

    const resumed = await runs.resume(run, { name: 'mended', input: { mode: 'full' } });
    const executionArn = tides.arnOf('mended');
    expect(resumed).toEqual({ run, executionArn, url: expect.stringContaining(executionArn) });
    const result = await last(run);

    expect(result).toMatchObject({ run, execution: 'mended', status: 'SUCCEEDED', succeeded: 5 });
    expect(await last('mended')).toEqual(result);
    expect((await runs.list({ limit: 2 })).map(({ run, execution }) => ({ run, execution }))).toEqual([
      { run, execution: 'mended' },
      { run, execution: undefined },
    ]);
    await expect(runs.resume(run)).rejects.toMatchObject({ code: 'NotResumable' });
  });

  it('links name the console, and the log group of each function with a filter on the run', async () => {
    const { execution, finalizer, logs } = await runs.links('mended');
    expect(execution).toContain(`#/v2/executions/details/${tides.arnOf('mended')}`);
    expect(finalizer).toContain(tides.arnOf('mended', tides.finalizer));
    expect(Object.keys(logs).toSorted()).toEqual(plan.functions.map(({ name }) => name).toSorted());
    expect(logs['moon']?.text).toMatch(/^log group \S*EbbtideOutside\S*moon\S*, filter \{ \$\.run = "broken" \}$/);
  });

  it('its reaper is found, and says what it would do', async () => {
    expect(await runs.reap({ dryRun: true })).toMatchObject({ failed: 0, orphansFound: 0 });
    expect(await runs.reap()).toEqual(await runs.reap({ function: tides.reaper }));
  });

  it.each([
    ['a run that is not there', () => runs.links('mendet'), 'UnknownRun', 'did you mean "mended"'],
    ['a name that was used', () => runs.start({ name: 'broken' }), 'RunExists', '90 days'],
    ['a name that is none', () => runs.start({ name: 'a b' }), 'InvalidRunId', '"a b"'],
    ['an input that is too large', () => runs.start({ input: 'x'.repeat(262_143) }), 'InvalidInput', '262144'],
  ] as const)('%s is refused in words', async (_, ask, code, words) => {
    await expect(ask()).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  });

  async function last(run: string) {
    const event = (await Array.fromAsync(runs.events(run, { follow: true }))).at(-1);
    return event?.type === 'run-ended' ? event.result : undefined;
  }
});
