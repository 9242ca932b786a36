import { existsSync, globSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { APPS, appFolder } from './apps.ts';
import { run, succeed } from './command.ts';

const FOLDER = process.env['EBBTIDE_TEST_APPS'] ?? '';
const MINUTES = { timeout: 300_000 };

const RESULT = {
  pipeline: 'sales',
  status: 'SUCCEEDED',
  succeeded: 3,
  tasks: { read: { chunks: { total: 2, succeeded: 2 } }, total: { status: 'SUCCEEDED' } },
  hooks: { close: { status: 'SUCCEEDED' } },
  released: { left: 0 },
};

/** Of the result that a command printed as its last line, or as all. */
function resultIn(stdout: string): { readonly run: string } {
  return JSON.parse(stdout.slice(stdout.indexOf('{')));
}

describe.each(APPS)('the app of docs/library.md in %s', MINUTES, (name) => {
  const app = appFolder(FOLDER, name);
  const isTypeScript = name.startsWith('typescript');

  function reportOf(dir: string, id: string): unknown {
    return JSON.parse(readFileSync(join(app, dir, 'sales', id, 'results/total/report.json'), 'utf8'));
  }

  afterAll(() => {
    expect(readdirSync(join(dirname(app), 'tmp')).filter((file) => /^(ebbtide|cdk)/.test(file))).toEqual([]);
  });

  it('has one CDK, its own', () => {
    const copies = globSync('node_modules/**/{aws-cdk-lib,constructs}/package.json', { cwd: app });
    const packages = copies.filter((file) => /node_modules\/[^/]+\/package\.json$/.test(file)).toSorted();
    expect(packages).toEqual(['node_modules/aws-cdk-lib/package.json', 'node_modules/constructs/package.json']);
  });

  it.runIf(isTypeScript)('type-checks, with the types of the library too', async () => {
    const { stdout } = await run(app, 'npx', 'tsc', '-p', '.', '--skipLibCheck', 'false');
    const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
    // CDK's own types are not made for exactOptionalPropertyTypes.
    expect(errors.filter((line) => !line.startsWith('node_modules/aws-cdk-lib/'))).toEqual([]);
    if (name === 'typescript-commonjs') expect(errors).toEqual([]);
  });

  it.runIf(isTypeScript)('does not type-check where a handler writes what its task does not', async () => {
    const file = join(app, 'lib/sales/total.ts');
    const source = readFileSync(file, 'utf8');
    try {
      writeFileSync(file, source.replace('write(report)', 'write(42)'));
      const { stdout } = await run(app, 'npx', 'tsc', '-p', '.');
      expect(stdout).toMatch(/^lib\/sales\/total\.ts\(\d+,\d+\): error TS/m);
    } finally {
      writeFileSync(file, source);
    }
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

  it('is run by `npx ebbtide run sales`', async () => {
    const result = resultIn(await succeed(app, 'npx', 'ebbtide', 'run', 'sales', '--json'));
    expect(result).toMatchObject(RESULT);
    expect(reportOf('.ebbtide', result.run)).toEqual({ Oslo: 4900 });
  });

  it('is planned by `npx ebbtide plan sales`', async () => {
    expect(await succeed(app, 'npx', 'ebbtide', 'plan', 'sales')).toContain('sales: 3 tasks in 3 waves');
  });

  it('is run by a script with runLocally', async () => {
    const stdout = isTypeScript ? await succeed(app, 'npx', 'tsx', 'run.ts') : await succeed(app, 'node', 'run.js');
    const result = resultIn(stdout);
    expect(result).toMatchObject(RESULT);
    expect(reportOf('runs', result.run)).toEqual({ Oslo: 4900 });
  });

  it.runIf(name === 'typescript-commonjs')('passes its own test, with the Jest of cdk init', async () => {
    const { code, stderr } = await run(app, 'npm', 'test');
    expect(stderr).toContain('Tests:       3 passed, 3 total');
    expect(code).toBe(0);
    expect(existsSync(join(app, '.ebbtide-test'))).toBe(false);
  });

  it.runIf(name === 'javascript-commonjs')('can require every entry of the package', async () => {
    const { exports } = JSON.parse(readFileSync(join(app, 'node_modules/ebbtide/package.json'), 'utf8'));
    const names = Object.keys(exports).map((entry) => entry.replace('.', 'ebbtide'));
    // Which fails for a module that awaits at its top level, or imports one that does.
    const script = `for (const name of ${JSON.stringify(names)}) console.log(name, Object.keys(require(name)).length > 0)`;
    const stdout = await succeed(app, 'node', '--eval', script);
    expect(stdout.trim().split('\n')).toEqual(names.map((name) => `${name} true`));
  });

  it.runIf(name === 'javascript-commonjs')('runs its handlers as plain functions without CDK', async () => {
    const script = `const { runLocally } = require('ebbtide/local');
      const { plan } = require('./lib/sales/graph.js');
      const handlers = Object.fromEntries(['list', 'read', 'total', 'close'].map((name) => [name, require('./lib/sales/' + name + '.js').handler]));
      runLocally(plan, { handlers, dir: 'runs' }).then((result) => console.log(JSON.stringify(result)));`;
    const cdk = join(app, 'node_modules/aws-cdk-lib');
    renameSync(cdk, `${cdk}-away`);
    try {
      expect(resultIn(await succeed(app, 'node', '--eval', script))).toMatchObject(RESULT);
    } finally {
      renameSync(`${cdk}-away`, cdk);
    }
  });

  it.runIf(name === 'javascript-commonjs')('is refused by an older Node, which is told why', async () => {
    const { code, stderr } = await run(
      app,
      process.env['EBBTIDE_TEST_OLD_NODE'] ?? '',
      'node_modules/ebbtide/dist/cli/main.js',
      'run',
      'sales',
    );
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^ebbtide needs Node\.js 24 or later/) });
  });
});
