/** What is so in each of the apps. */

import { globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { NOT_CHECKED } from '../../cli/render/denials.ts';
import { type AppName, appFolder } from './apps.ts';
import { run, succeed } from './command.ts';

export const MINUTES = { timeout: 300_000 };

export const RESULT = {
  pipeline: 'sales',
  status: 'SUCCEEDED',
  succeeded: 3,
  tasks: { read: { chunks: { total: 2, succeeded: 2 } }, total: { status: 'SUCCEEDED' } },
  hooks: { close: { status: 'SUCCEEDED' } },
  released: { left: 0 },
};

/** Of the result that a command printed as its last line, or as all. */
export function resultIn(stdout: string): { readonly run: string } {
  return JSON.parse(stdout.slice(stdout.indexOf('{')));
}

/** @param dir that of the run, in the app */
export function reportOf(app: string, dir: string, run: string): unknown {
  return JSON.parse(readFileSync(join(app, dir, 'sales', run, 'results/total/report.json'), 'utf8'));
}

/** @returns the app's folder */
export function claimsOf(name: AppName, { permissionsChecked }: { readonly permissionsChecked: boolean }): string {
  const app = appFolder(name);

  afterAll(() => {
    expect(readdirSync(join(dirname(app), 'tmp')).filter((file) => /^(ebbtide|cdk)/.test(file))).toEqual([]);
  });

  it('has one CDK, its own', () => {
    const copies = globSync('node_modules/**/{aws-cdk-lib,constructs}/package.json', { cwd: app });
    const packages = copies.filter((file) => /node_modules\/[^/]+\/package\.json$/.test(file)).toSorted();
    expect(packages).toEqual(['node_modules/aws-cdk-lib/package.json', 'node_modules/constructs/package.json']);
  });

  it('is synthesized', async () => {
    await succeed(app, 'npx', 'cdk', 'synth', '--quiet');
    const { Resources } = JSON.parse(readFileSync(join(app, 'cdk.out/ShopStack.template.json'), 'utf8'));
    const types = Object.values(Resources as Record<string, { Type: string; Properties: Record<string, unknown> }>);
    expect(types.filter(({ Type }) => Type === 'AWS::StepFunctions::StateMachine')).toHaveLength(2);
    const described = types.map(({ Properties }) => Properties?.['Description']);
    for (const task of ['list', 'read', 'total']) expect(described).toContain(`Ebbtide: the task ${task} of sales`);
    expect(types.find(({ Type }) => Type === 'AWS::Lambda::Function')?.Properties['Runtime']).toBe('nodejs24.x');
  });

  const told = permissionsChecked ? 'which checks permissions' : 'which says once that permissions are not checked';
  it(`is run by \`npx ebbtide run sales\`, ${told}`, async () => {
    const { stdout, stderr } = await run(app, 'npx', 'ebbtide', 'run', 'sales', '--json');
    const { type, result } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(type).toBe('run-ended');
    expect(stderr.split(NOT_CHECKED)).toHaveLength(permissionsChecked ? 1 : 2);
    expect(result).toMatchObject(RESULT);
    expect(reportOf(app, '.ebbtide', result.run)).toEqual({ Oslo: 4900 });
  });

  return app;
}
