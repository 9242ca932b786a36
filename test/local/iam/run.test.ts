import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Denial, type RunLocallyOptions, runLocally } from '../../../local/index.ts';
import type { RunResult } from '../../../state-machines/index.ts';
import { temporaryFolder } from '../fixtures.ts';
import { plan } from './reaching/graph.ts';

const dir = temporaryFolder();
const HANDLERS = resolve(import.meta.dirname, 'reaching');

const denials: Denial[] = [];
let result: RunResult;

beforeAll(async () => {
  const onProgress: RunLocallyOptions['onProgress'] = (event) => {
    if (event.type === 'denied') denials.push(event.denial);
  };
  result = await runLocally(plan, { handlers: HANDLERS, dir, run: 'r', waits: 'none', onProgress });
});

describe('a handler that reaches outside', () => {
  it('is denied what its role does not allow, each told once, and swallowed where the handler swallows it', () => {
    expect(result).toMatchObject({ status: 'SUCCEEDED' });
    const rows = denials.map(({ who, action, resource }) => [
      who,
      action,
      resource.replace(/\/1-[0-9a-f]+\//, '/1-x/'),
    ]);
    expect(rows).toEqual([
      ['task "reach"', 's3:GetObject', 'arn:aws:s3:::runs/runs/reaching/r/other/1-x/secret'],
      ['task "reach"', 's3:PutObject', 'arn:aws:s3:::elsewhere/a'],
      ['task "reach"', 's3:ListAllMyBuckets', '*'],
    ]);
  });

  it('is told with the statement that would allow it, in any run', () => {
    expect(denials[0]?.message).toContain(
      '{ actions: ["s3:GetObject"], resources: [pipeline.runsBucket.arnForObjects("runs/reaching/*/other/*/secret")] }',
    );
    expect(denials[1]?.message).toContain(
      'no statement of its role allows it. This one would, where the pipeline is deployed: pipeline.functions["reach"]?.addToRolePolicy(new PolicyStatement({ actions: ["s3:PutObject"], resources: ["arn:aws:s3:::elsewhere/a"] }))',
    );
  });
});

it('runs with plain handlers have no roles, and nothing is checked', async () => {
  const events: string[] = [];
  const handlers = { other: async () => undefined, reach: async () => undefined };
  await runLocally(plan, {
    handlers: handlers as never,
    dir,
    run: 'plain',
    waits: 'none',
    onProgress: ({ type }) => events.push(type),
  });
  expect(events.filter((type) => /denied|permissions/.test(type))).toEqual([]);
});
