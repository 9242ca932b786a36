/** A pipeline with what flights lacks, and the ways in which its runs end. */

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeStateMachineCommand,
  ExecutionAlreadyExists,
  GetExecutionHistoryCommand,
  StopExecutionCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { findPipelines, pipelineOf, RunsOnAws, theDeploymentOf } from '../../aws/index.ts';
import { historyOf } from '../../history/builder.ts';
import type { RunEvent } from '../../history/events.ts';
import { runLocally } from '../../local/index.ts';
import type { RunResult } from '../../state-machines/contract/result.ts';
import { callJson, clients, FOLDER_VARIABLE, REGION } from './account.ts';
import { deploy } from './cdk.ts';
import { comparableHistory, historyFrom } from './histories.ts';
import { comparable, DeployedPipeline, publishedHere, until } from './runs.ts';
import { plan, type TidesInput } from './tides/pipeline.ts';

const { sfn } = clients();
const HANDLERS = 'test/deploy/tides/handlers';
const STACKS = ['EbbtideKeeping', 'EbbtideForgetting'] as const;
const RULE = `${STACKS[1]}-TidesExecutionEnded`;

/** The tasks after the execution are in the finalizer's result where it is deployed, and in the only one here. */
function beforeItsEnd(result: RunResult) {
  const { hooks, ...rest } = comparable(result);
  return { ...rest, hooks: { ...hooks, notify: undefined } };
}

describe('tides', { timeout: 120_000 }, () => {
  let keeping: DeployedPipeline;
  let forgetting: DeployedPipeline;
  /** The second, as its users see it. */
  let outside: RunsOnAws;
  let dir: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(process.env[FOLDER_VARIABLE] ?? '', 'runs-'));
    const deployed = await deploy({ app: 'node test/deploy/app.ts', context: { stacks: STACKS.join(',') } });
    const of = (name: string) =>
      DeployedPipeline.of(
        'tides',
        deployed.find(({ stack }) => stack === name),
      );
    [keeping, forgetting] = await Promise.all([of(STACKS[0]), of(STACKS[1])]);
    outside = new RunsOnAws({ deployed: await pipelineOf(forgetting.stateMachine), plan });
  }, 180_000);

  const cases: readonly { readonly run: string; readonly what: string; readonly input: TidesInput }[] = [
    {
      run: 'full',
      what: 'succeeds with its condition true, at second attempts',
      input: { mode: 'full', failOnce: ['moon', 'measure', 'highest-tides'] },
    },
    { run: 'omitted', what: 'succeeds with its condition false', input: {} },
    { run: 'moonless', what: 'fails at a task', input: { mode: 'full', fail: ['moon'] } },
    { run: 'unmeasured', what: 'fails at every chunk, and at a finally task', input: { fail: ['measure', 'close'] } },
  ];
  it.each(cases)('a run that $what ends, publishes, and has a history, as on this machine', async ({ run, input }) => {
    const told: RunEvent[] = [];
    const onProgress = (event: RunEvent) => told.push(event);
    const here = await runLocally(plan, { handlers: HANDLERS, dir, run, input, waits: 'none', onProgress });

    const deployed = await forgetting.run(run, input);

    expect(beforeItsEnd(deployed)).toEqual(beforeItsEnd(here));
    const history = await historyFrom(plan, outside.events(run, { follow: true }));
    expect(comparableHistory(history)).toEqual(comparableHistory(historyOf(plan, told)));
    const published = await forgetting.published(run);
    expect(published).toEqual(await publishedHere(join(dir, 'tides', run), Object.keys(published)));
    expect(await forgetting.left(run)).toEqual([]);
  });

  it('of two runs at once each has its result, and its tasks after the execution in a finalizer of its name', async () => {
    const results = await Promise.all([forgetting.run('told', {}), forgetting.run('beside', { mode: 'full' })]);
    expect(results).toMatchObject([
      { run: 'told', status: 'SUCCEEDED', tasks: { audit: { status: 'OMITTED' } } },
      { run: 'beside', status: 'SUCCEEDED', tasks: { audit: { status: 'SUCCEEDED' } } },
    ]);
    expect(await forgetting.over('beside', forgetting.finalizer)).toMatchObject({ status: 'SUCCEEDED' });
    const { status, input } = await forgetting.over('told', forgetting.finalizer);
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(input ?? '')).toMatchObject({ execution: 'told', status: 'SUCCEEDED', todo: 'after-execution' });
    const executionArn = forgetting.arnOf('told', forgetting.finalizer);
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.filter(({ type }) => type?.startsWith('Lambda')).map(({ type }) => type)).toEqual([
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionSucceeded',
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

  it('a pipeline that is deployed twice is found twice, and by its name alone not at all', async () => {
    const found = (await findPipelines(['tides'])).filter(({ deployment }) => /(Keeping|Forgetting)/.test(deployment));
    expect(found.map(({ deployment }) => deployment)).toEqual(['EbbtideForgetting/Tides', 'EbbtideKeeping/Tides']);
    expect(found[1]).toEqual({
      pipeline: 'tides',
      deployment: 'EbbtideKeeping/Tides',
      region: REGION,
      stateMachineArn: keeping.stateMachine,
      finalizerArn: keeping.finalizer,
      runsBucket: keeping.runsBucket,
      resultsBucket: keeping.resultsBucket,
    });
    await expect(theDeploymentOf('tides')).rejects.toMatchObject({
      code: 'AmbiguousDeployment',
      message: expect.stringContaining(keeping.stateMachine),
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

    const result = await finalized('stopped', 'ABORTED');
    expect(result).toMatchObject({ run: 'stopped', status: 'ABORTED', hooks: { close: { status: 'SUCCEEDED' } } });
  });

  it('a run that fails where nothing catches is finalized too', async () => {
    await breakMachine();
    await forgetting.start('broken', {});
    expect(await forgetting.over('broken')).toMatchObject({ status: 'FAILED', error: 'Uncaught' });

    const result = await finalized('broken', 'FAILED');
    expect(result).toMatchObject({ run: 'broken', status: 'FAILED', hooks: { close: { status: 'SUCCEEDED' } } });
  });

  it('where no event tells of an end, the reaper tells what it would do, and does it', async () => {
    await breakMachine();
    await callJson('AWSEvents.DisableRule', { Name: await ruleName() });
    await forgetting.start('unheard', {});
    await forgetting.over('unheard');
    const left = await forgetting.left('unheard');
    expect(left).not.toEqual([]);

    expect(await forgetting.reap({ dryRun: true })).toMatchObject({ orphansFound: 1, failed: 0 });
    expect(await forgetting.left('unheard')).toEqual(left);
    expect(await forgetting.describe('unheard', forgetting.finalizer)).toBeUndefined();

    expect(await forgetting.reap({})).toMatchObject({ orphansFound: 1, failed: 0 });
    expect(await finalized('unheard', 'FAILED')).toMatchObject({ hooks: { close: { status: 'SUCCEEDED' } } });
    expect(await forgetting.reap({})).toMatchObject({ orphansFound: 0, failed: 0 });
  });

  /** The result of the finalizer that has the run's name, which was told that end, and after which nothing is left. */
  async function finalized(run: string, status: string): Promise<RunResult> {
    await until('its finalizer', () => forgetting.describe(run, forgetting.finalizer));
    const { name, input } = await forgetting.over(run, forgetting.finalizer);
    expect(name).toBe(run);
    expect(JSON.parse(input ?? '')).toMatchObject({ execution: run, status, todo: 'hooks' });
    expect(await forgetting.left(run)).toEqual([]);
    return forgetting.resultOf(run, forgetting.finalizer);
  }

  /** From then on its runs end after their tasks, before any hook and the cleanup. */
  async function breakMachine(): Promise<void> {
    const { stateMachine: stateMachineArn } = forgetting;
    const { definition = '' } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    const { StartAt, States } = JSON.parse(definition);
    const broken = { StartAt, States: { ...States, [States[StartAt].Next]: { Type: 'Fail', Error: 'Uncaught' } } };
    await sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition: JSON.stringify(broken) }));
  }

  async function ruleName(): Promise<string> {
    const { Rules } = await callJson('AWSEvents.ListRules', { NamePrefix: RULE });
    return Rules[0].Name;
  }
});
