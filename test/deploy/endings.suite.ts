/** A pipeline with what flights lacks, and the ways in which its runs end. */

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { ExecutionAlreadyExists, GetExecutionHistoryCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { runLocally } from '../../local/index.ts';
import type { RunResult } from '../../state-machines/contract/result.ts';
import { clients, FOLDER_VARIABLE } from './account.ts';
import { deploy } from './cdk.ts';
import { comparable, DeployedPipeline, publishedHere, until } from './runs.ts';
import { plan, type TidesInput } from './tides/pipeline.ts';

const { sfn } = clients();
const HANDLERS = 'test/deploy/tides/handlers';
const APP = { app: 'node test/deploy/app.ts' };

/** The tasks after the execution are in the finalizer's result where it is deployed, and in the only one here. */
function beforeItsEnd(result: RunResult) {
  const { hooks, ...rest } = comparable(result);
  return { ...rest, hooks: { ...hooks, notify: undefined } };
}

describe('tides', { timeout: 120_000 }, () => {
  let keeping: DeployedPipeline;
  let forgetting: DeployedPipeline;
  let dir: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(process.env[FOLDER_VARIABLE] ?? '', 'runs-'));
    keeping = await DeployedPipeline.of(
      'tides',
      await deploy({ ...APP, stack: 'EbbtideTides', context: { keepHours: '1' } }),
    );
    forgetting = await DeployedPipeline.of('tides', await deploy({ ...APP, stack: 'EbbtideTidesAgain' }));
  }, 180_000);

  const cases: readonly { readonly run: string; readonly what: string; readonly input: TidesInput }[] = [
    { run: 'full', what: 'succeeds with its condition true', input: { mode: 'full' } },
    { run: 'omitted', what: 'succeeds with its condition false', input: {} },
    {
      run: 'retried',
      what: 'succeeds at its second attempts',
      input: { failOnce: ['moon', 'measure', 'highest-tides'] },
    },
    { run: 'moonless', what: 'fails at a task', input: { mode: 'full', fail: ['moon'] } },
    { run: 'unmeasured', what: 'fails at every chunk', input: { fail: ['measure'] } },
    { run: 'unclosed', what: 'fails at a finally task', input: { fail: ['close'] } },
  ];
  it.each(cases)('a run that $what ends, and publishes, as on this machine', async ({ run, input }) => {
    const here = await runLocally(plan, { handlers: HANDLERS, dir, run, input, waits: 'none' });

    const deployed = await forgetting.run(run, input);

    expect(beforeItsEnd(deployed)).toEqual(beforeItsEnd(here));
    const published = await forgetting.published(run);
    expect(published).toEqual(await publishedHere(join(dir, 'tides', run), Object.keys(published)));
    expect(await forgetting.left(run)).toEqual([]);
  });

  it('the tasks after an execution run in its finalizer, which its status change starts under its name', async () => {
    await forgetting.run('told', {});
    const { status, input } = await forgetting.over('told', forgetting.finalizer);
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(input ?? '')).toMatchObject({ execution: 'told', status: 'SUCCEEDED', todo: 'after-execution' });
    const executionArn = forgetting.arnOf('told', forgetting.finalizer);
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.filter(({ type }) => type?.startsWith('Task')).map(({ type }) => type)).toEqual([
      'TaskScheduled',
      'TaskSucceeded',
    ]);
  });

  it('a failed run is kept, and resumed without doing again what had committed', async () => {
    const failed = await keeping.run('kept', { mode: 'full', fail: ['moon'] });
    expect(failed).toMatchObject({ status: 'FAILED', keptUntil: expect.any(String) });
    expect(await keeping.left()).toContain('runs/tides/kept/_lease.json');

    const resumed = await keeping.run('resuming', { mode: 'full', resume: 'kept' });

    expect(resumed).toMatchObject({ status: 'SUCCEEDED', run: 'kept', execution: 'resuming', succeeded: 5 });
    expect(resumed.tasks['ports']?.startedAt).toBe(failed.tasks['ports']?.startedAt);
    expect(await keeping.left('kept')).toEqual([]);
  });

  it('"keep" keeps a run that succeeded; nothing of another can be resumed', async () => {
    expect(await forgetting.run('looked-at', { keep: true })).toMatchObject({
      status: 'SUCCEEDED',
      keptUntil: expect.any(String),
    });
    expect(await forgetting.left()).toContain('runs/tides/looked-at/_lease.json');

    expect(await forgetting.run('late', { resume: 'omitted' })).toMatchObject({
      status: 'FAILED',
      error: { name: 'ResumeRefused' },
    });
  });

  it('a name is given away once', async () => {
    await forgetting.run('once');
    await expect(forgetting.start('once')).rejects.toThrow(ExecutionAlreadyExists);
  });

  it('a run that is stopped is finalized under its name, told so by the event, and what it left is deleted', async () => {
    const input = { wait: { moon: 3_000 } };
    await forgetting.start('stopped', input);
    const prefix = 'runs/tides/stopped/moon/';
    await until('a task at work', async () => (await forgetting.left('stopped')).find((key) => key.startsWith(prefix)));

    await sfn.send(new StopExecutionCommand({ executionArn: forgetting.arnOf('stopped'), cause: 'the tide turned' }));

    const result = await until('its finalizer', () => forgetting.describe('stopped', forgetting.finalizer)).then(() =>
      forgetting.resultOf('stopped', forgetting.finalizer),
    );
    expect(result).toMatchObject({ run: 'stopped', status: 'ABORTED', hooks: { close: { status: 'SUCCEEDED' } } });
    expect(await forgetting.left('stopped')).toEqual([]);
  });

  it('the reaper tells what it would do, and does it', async () => {
    expect(await forgetting.reap({ dryRun: true })).toMatchObject({ failed: 0 });
    expect(await forgetting.reap({})).toMatchObject({ failed: 0, orphansFound: 0 });
  });
});
