/** What happens by the clock: runs of a schedule, and the reaper's visits. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { callRest, clients } from './account.ts';
import { type Deployed, deploy } from './cdk.ts';
import { DeployedPipeline, until } from './runs.ts';

const { sfn, s3 } = clients();

describe('by the clock', { timeout: 120_000 }, () => {
  let deployed: Deployed | undefined;
  let tides: DeployedPipeline;

  beforeAll(async () => {
    [deployed] = await deploy({ app: 'node test/deploy/app.ts', context: { stacks: 'EbbtideScheduled' } });
    tides = await DeployedPipeline.of('tides', deployed);
  }, 120_000);

  let run: string;

  it('the schedule starts a run with its input', async () => {
    const { name = '' } = await until('a run', async () => {
      const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: tides.stateMachine }));
      return executions[0];
    });
    run = name;
    expect(await tides.resultOf(name)).toMatchObject({
      status: 'SUCCEEDED',
      tasks: { audit: { status: 'SUCCEEDED' } },
    });
    expect(JSON.parse((await tides.describe(name))?.input ?? '')).toEqual({ mode: 'full' });
  });

  it('a gap of MiniStack: its CloudFormation drops the time zone of a schedule, which then is UTC', async () => {
    const template = JSON.parse(readFileSync(join(deployed?.assembly ?? '', 'EbbtideScheduled.template.json'), 'utf8'));
    const [wanted] = Object.values<{ Type: string; Properties: Record<string, unknown> }>(template.Resources)
      .filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
      .map(({ Properties }) => Properties);
    const { Schedules } = await callRest('scheduler', '/schedules');
    const own = Schedules.find(({ Name = '' }) => Name.startsWith('EbbtideScheduled'));
    const found = await callRest('scheduler', `/schedules/${own.Name}`);
    expect(found).toMatchObject({ ScheduleExpression: wanted?.['ScheduleExpression'] });
    expect(wanted).toHaveProperty('ScheduleExpressionTimezone', 'Etc/UTC');
    expect(found).not.toHaveProperty('ScheduleExpressionTimezone', 'Etc/UTC');
  });

  it('the reaper, each minute, deletes what was written after its run was over', async () => {
    await tides.over(run, tides.finalizer);
    const Key = `runs/tides/${run}/moon/1-00000000/phase`;
    await s3.send(new PutObjectCommand({ Bucket: tides.runsBucket, Key, Body: 'x' }));
    expect(await tides.left(run)).toEqual([Key]);
    await until('its visit', async () => ((await tides.left(run)).length === 0 ? true : undefined));
  });
});
