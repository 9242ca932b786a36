/** This repo's own app, as `cdk deploy` leaves it. */

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runLocally } from '../../local/index.ts';
import { plan } from '../../state-machines/pipelines/flights.ts';
import { FOLDER_VARIABLE } from './account.ts';
import { bootstrap, cdk, deploy } from './cdk.ts';
import { comparable, DeployedPipeline, publishedHere } from './runs.ts';

const APP = { app: 'node infra/app.ts', stack: 'EbbtideFlights' };

describe('the flights app', { timeout: 180_000 }, () => {
  let flights: DeployedPipeline;

  beforeAll(async () => {
    flights = await DeployedPipeline.of('flights', await deploy(APP));
  }, 120_000);

  it('an account that is bootstrapped can be bootstrapped again', async () => {
    expect(await bootstrap()).toContain('bootstrapped (no changes)');
  });

  it('cdk synth prints the template', async () => {
    const folder = mkdtempSync(join(process.env[FOLDER_VARIABLE] ?? '', 'synth-'));
    expect(await cdk('synth', '--app', APP.app, '--output', folder)).toContain('AWS::StepFunctions::StateMachine');
  });

  it('two runs at once end as a run on this machine does, publish the same bytes, and leave nothing', async () => {
    const dir = mkdtempSync(join(process.env[FOLDER_VARIABLE] ?? '', 'runs-'));
    const here = await runLocally(plan, { handlers: 'lambdas/flights', dir, run: 'one' });
    expect(here.status).toBe('SUCCEEDED');

    const [one, two] = await Promise.all([flights.run('one'), flights.run('two')]);

    expect(comparable(one)).toEqual(comparable(here));
    expect(comparable({ ...two, run: 'one' })).toEqual(
      JSON.parse(JSON.stringify(comparable(here)).replaceAll('/one/', '/two/')),
    );
    const published = await flights.published('one');
    expect(Object.keys(published).toSorted()).toEqual(['merge-load/summary.json', 'merge-load/table.csv']);
    expect(published).toEqual(await publishedHere(join(dir, 'flights', 'one'), Object.keys(published)));
    expect(await flights.published('two')).toEqual(published);
    expect(await flights.left()).toEqual([]);
  });
});
