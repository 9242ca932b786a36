/** This repo's own app, as `cdk deploy` leaves it. */

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunsOnAws, theDeploymentOf } from '../../aws/index.ts';
import { historyOf } from '../../history/builder.ts';
import type { RunEvent } from '../../history/events.ts';
import { runLocally } from '../../local/index.ts';
import { plan } from '../../state-machines/pipelines/flights.ts';
import { FOLDER_VARIABLE } from './account.ts';
import { bootstrap, deploy, synth } from './cdk.ts';
import { comparableHistory, historyFrom } from './histories.ts';
import { comparable, DeployedPipeline, publishedHere } from './runs.ts';

describe('the flights app', { timeout: 180_000 }, () => {
  it('an account that is bootstrapped can be bootstrapped again', async () => {
    expect(await bootstrap()).toContain('bootstrapped (no changes)');
  });

  it('is what cdk synth prints; deployed, a run ends as on this machine, publishes the same bytes, and leaves nothing', async () => {
    const { printed, assembly } = await synth({ app: 'node infra/app.ts' });
    expect(printed).toContain('AWS::StepFunctions::StateMachine');
    const [deployed] = await deploy({ app: assembly });
    const flights = await DeployedPipeline.of('flights', deployed);
    const dir = mkdtempSync(join(process.env[FOLDER_VARIABLE] ?? '', 'runs-'));
    const told: RunEvent[] = [];
    const onProgress = (event: RunEvent) => told.push(event);
    const here = await runLocally(plan, { handlers: 'lambdas/flights', dir, run: 'one', onProgress });
    expect(here.status).toBe('SUCCEEDED');

    expect(comparable(await flights.run('one'))).toEqual(comparable(here));

    const published = await flights.published('one');
    expect(Object.keys(published).toSorted()).toEqual(['merge-load/summary.json', 'merge-load/table.csv']);
    expect(published).toEqual(await publishedHere(join(dir, 'flights', 'one'), Object.keys(published)));
    expect(await flights.left()).toEqual([]);

    const runs = new RunsOnAws({ deployed: await theDeploymentOf('flights'), plan });
    const history = await historyFrom(plan, runs.events('one'));
    expect(comparableHistory(history)).toEqual(comparableHistory(historyOf(plan, told)));
    expect(history).toMatchObject({ status: 'SUCCEEDED', phase: 'over', executionArn: flights.arnOf('one') });
  });
});
