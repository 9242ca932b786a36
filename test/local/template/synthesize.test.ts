import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Assembly } from '../../../local/assembly-model.ts';
import { definitionsOf } from '../../../local/functions/in-process.ts';
import { synthesize } from '../../../local/template/synthesize.ts';
import { diamond, temporaryFolder } from '../fixtures.ts';

const folder = temporaryFolder();
const temporary = join(folder, 'tmp');
const handlers = join(folder, 'handlers');
const { plan } = diamond();
let assembly: Assembly;

beforeAll(() => {
  for (const path of [temporary, handlers]) mkdirSync(path);
  for (const { name } of plan.tasks) writeFileSync(join(handlers, `${name}.ts`), 'export const handler = () => 1;');
  assembly = synthesize(plan, { handlers });
});

afterAll(() => {
  assembly.dispose();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the definition', () => {
  const comparable = ({ TimeoutSeconds: _, ...definition }: Assembly['definition']) =>
    JSON.parse(JSON.stringify(definition, (key, value) => (key === 'Resource' ? 'a function' : value)));

  it('of a run with plain handlers is the synthesized one, ARNs and the timeout of the pipeline apart', () => {
    expect(comparable(definitionsOf(plan).definition)).toEqual(comparable(assembly.definition));
    expect(assembly.definition.TimeoutSeconds).toBe(24 * 3600);
  });

  it.each([
    ['synthesized', () => assembly.definition],
    ['of a run with plain handlers', () => definitionsOf(plan).definition],
  ])('%s has an ARN for each function', (_, definition) => {
    const text = JSON.stringify(definition());
    expect(text).not.toContain('${');
    const arns = text.match(/"Resource":"arn:aws:lambda:[\w-]+:\d+:function:\w+"/g);
    expect(new Set(arns).size).toBe(5);
  });
});

describe('the functions', () => {
  it('are those that the definitions name', () => {
    const named = JSON.stringify([assembly.definition, assembly.finalizer]).match(/(?<="Resource":")[^"]+/g) ?? [];
    expect([...assembly.functions.keys()].toSorted()).toEqual([...new Set(named)].toSorted());
  });

  it('have the settings and the bundles that would be deployed', () => {
    const settings = [...assembly.functions.values()].find(({ handler }) => handler === 'merge-load.handler');
    expect(settings).toMatchObject({ memoryMiB: 512, timeoutSeconds: 900 });
    expect(settings?.environment).toEqual({
      EBBTIDE_TASK: 'merge-load',
      EBBTIDE_DEPLOYMENT: expect.any(String),
      EBBTIDE_RUNS_BUCKET: assembly.buckets.runs,
      EBBTIDE_RESULTS_BUCKET: assembly.buckets.results,
      NODE_OPTIONS: '--enable-source-maps',
    });
    expect(readdirSync(settings?.code ?? '')).toContain('merge-load.mjs');
  });

  it('get two buckets with names that S3 allows', () => {
    for (const name of Object.values(assembly.buckets)) expect(name).toMatch(/^[a-z0-9]{3,63}$/);
    expect(assembly.buckets.runs).not.toBe(assembly.buckets.results);
  });
});

describe('the folder of an assembly', () => {
  it('goes when it is disposed of', () => {
    vi.stubEnv('TMPDIR', temporary);
    const short = synthesize(plan, { handlers });
    expect(readdirSync(temporary)).toHaveLength(1);
    short.dispose();
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('goes when the pipeline cannot be synthesized', () => {
    vi.stubEnv('TMPDIR', temporary);
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
    expect(() => synthesize(plan, { handlers: join(folder, 'nowhere') })).toThrow();
    expect(readdirSync(temporary)).toEqual([]);
  });
});
