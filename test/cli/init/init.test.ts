import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadPipeline } from '../../../cli/pipelines.ts';
import { ebbtide, project, temporaryFolder } from '../fixtures.ts';
import { CDK_APP, VITEST_APP } from './projects.ts';

const folder = temporaryFolder();
const REPO = join(import.meta.dirname, '../../..');

afterEach(() => {
  vi.restoreAllMocks();
});

/** In a folder, without leaving this one. */
function initIn(cwd: string, ...args: string[]) {
  vi.spyOn(process, 'cwd').mockReturnValue(cwd);
  return ebbtide('init', ...args);
}

let made = 0;
function folderWith(files: Readonly<Record<string, string>> = {}): string {
  made += 1;
  const root = join(folder, `project-${made}`);
  mkdirSync(root);
  return project(root, files);
}

function filesIn(root: string): string[] {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)).toSorted();
}

const read = (root: string, path: string) => readFileSync(join(root, path), 'utf8');

describe('ebbtide init in an empty folder', () => {
  const root = folderWith();

  it('writes a whole project, and says what to do next', async () => {
    const { exitCode, stdout, stderr } = await initIn(root, 'daily-sales');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const files = [
      '.gitignore',
      'bin/app.ts',
      'cdk.json',
      'lib/daily-sales-stack.ts',
      'lib/daily-sales/extract.ts',
      'lib/daily-sales/graph.ts',
      'lib/daily-sales/load.ts',
      'lib/daily-sales/products.ts',
      'lib/daily-sales/shops.ts',
      'package.json',
      'test/daily-sales.test.ts',
      'tsconfig.json',
    ];
    expect(filesIn(root)).toEqual(files);
    for (const file of files) expect(stdout).toContain(`  ${file} `);
    expect(stdout).toMatch(/ {2}npm install \S*ebbtide\S* aws-cdk-lib constructs /);
    expect(stdout).toContain('  npx ebbtide run daily-sales ');
    expect(stdout).toContain('  npx cdk deploy DailySales ');
  });

  it('names stack and class as TypeScript and CloudFormation can', () => {
    expect(read(root, 'bin/app.ts')).toContain("new DailySalesStack(app, 'DailySales');");
    expect(read(root, 'lib/daily-sales-stack.ts')).toContain("handlers: 'lib/daily-sales',");
  });

  it('makes what `ebbtide plan` and `run` find', async () => {
    const link = join(root, 'node_modules/ebbtide');
    mkdirSync(join(root, 'node_modules'));
    // What the graph imports, and no more.
    mkdirSync(link);
    writeFileSync(join(link, 'package.json'), JSON.stringify({ type: 'module', exports: './index.js' }));
    symlinkSync(join(REPO, 'state-machines/index.ts'), join(link, 'index.js'));
    const { plan, handlers } = await loadPipeline('daily-sales', root);
    expect(plan.waves()).toEqual([['extract'], ['shops', 'products'], ['load']]);
    expect(handlers).toBe(join(root, 'lib/daily-sales'));
  });

  it('adds another pipeline to it, and prints the two lines for its app', async () => {
    const { stdout } = await initIn(root, 'orders');
    expect(stdout).toContain('add to bin/app.ts:');
    expect(stdout).toContain("import { OrdersStack } from '../lib/orders-stack.ts';");
    expect(stdout).toContain("new OrdersStack(app, 'Orders');");
    expect(read(root, 'bin/app.ts')).not.toContain('Orders');
  });
});

describe('what ebbtide init changes', () => {
  it('is package.json as npm would, keeping its indentation, its order and its line ends', async () => {
    const manifest = '{\r\n\t"name": "shop",\r\n\t"devDependencies": {\r\n\t\t"jest": "30"\r\n\t}\r\n}';
    const root = folderWith({ ...CDK_APP, 'package.json': manifest });
    await initIn(root, 'sales');
    expect(read(root, 'package.json')).toBe(
      `${manifest.slice(0, -3)},\r\n\t"ebbtide": {\r\n\t\t"graphs": "lib/*/graph.ts",\r\n\t\t"handlers": "lib/*"\r\n\t}\r\n}`,
    );
  });

  it('is nothing where package.json says the layout and git ignores the runs', async () => {
    const manifest = JSON.stringify({ ebbtide: { graphs: 'pipelines/*', handlers: 'tasks/*/src' } });
    const root = folderWith({ ...CDK_APP, 'package.json': manifest, '.gitignore': '/.ebbtide' });
    const { stdout } = await initIn(root, 'sales', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ changes: [] });
    expect({ manifest: read(root, 'package.json'), ignored: read(root, '.gitignore') }).toEqual({
      manifest,
      ignored: '/.ebbtide',
    });
    expect(filesIn(root)).toEqual(expect.arrayContaining(['pipelines/sales.ts', 'tasks/sales/src/extract.ts']));
    expect(read(root, 'tasks/sales/src/extract.ts')).toContain(" from '../../../pipelines/sales';");
  });

  it('is a line of .gitignore, behind a last one without an end', async () => {
    const root = folderWith({ ...CDK_APP, '.gitignore': 'node_modules' });
    await initIn(root, 'sales');
    expect(read(root, '.gitignore')).toBe('node_modules\n.ebbtide/\n');
  });

  it('leaves in a new project the scripts that somebody wrote, not the one of `npm init`', async () => {
    const scripts = { lint: 'biome check', test: 'echo "Error: no test specified" && exit 1' };
    const root = folderWith({ 'package.json': JSON.stringify({ type: 'commonjs', scripts }) });
    await initIn(root, 'sales');
    expect(JSON.parse(read(root, 'package.json'))).toMatchObject({
      type: 'module',
      scripts: { lint: 'biome check', test: 'node --test "test/**/*.test.ts"', check: 'tsc --noEmit' },
    });
  });
});

describe('ebbtide init follows the project', () => {
  const nextIn = async (root: string): Promise<string[]> => {
    const { stdout } = await initIn(root, 'sales', '--json', '--dry-run');
    return JSON.parse(stdout).next.map(({ command }: { command: string }) => command);
  };

  it('in relative imports without an extension, and tests with the globals of Jest', async () => {
    const root = folderWith(CDK_APP);
    await initIn(root, 'sales');
    expect(read(root, 'lib/sales/extract.ts')).toContain(" from './graph';");
    expect(read(root, 'test/sales.test.ts')).not.toContain('vitest');
    expect(await nextIn(folderWith(CDK_APP))).toContain(
      'npm pkg set scripts.test="NODE_OPTIONS=--experimental-vm-modules jest"',
    );
  });

  it('in relative imports with .js, in src/, and tests for Vitest', async () => {
    const root = folderWith(VITEST_APP);
    const { stdout } = await initIn(root, 'sales');
    expect(read(root, 'src/sales/extract.ts')).toContain(" from './graph.js';");
    expect(read(root, 'tests/sales.test.ts')).toContain("import { afterAll, expect, test } from 'vitest';");
    expect(stdout).toContain("import { SalesStack } from './sales-stack.js';");
  });

  it.each([
    ['pnpm-lock.yaml', ['pnpm add --save-dev @types/node@24', 'pnpm exec ebbtide run sales']],
    ['yarn.lock', ['yarn add --dev @types/node@24', 'yarn ebbtide run sales']],
    ['bun.lock', ['bun add --dev @types/node@24', 'bunx ebbtide run sales']],
  ])('in its package manager: %s', async (lock, commands) => {
    expect(await nextIn(folderWith({ ...CDK_APP, [lock]: '' }))).toEqual(
      expect.arrayContaining(commands.map((command) => expect.stringContaining(command))),
    );
  });

  it('in what is declared above it, as in a workspace', async () => {
    const root = folderWith({
      'package.json': JSON.stringify({ devDependencies: { ebbtide: '0', typescript: '7', '@types/node': '24' } }),
      'pnpm-lock.yaml': '',
    });
    const member = project(join(root, 'packages/infra'), { ...CDK_APP, 'package.json': '{"type":"commonjs"}' });
    expect(await nextIn(member)).toEqual(
      expect.arrayContaining(['pnpm add aws-cdk-lib constructs', 'pnpm exec tsx --test test/sales.test.ts']),
    );
  });

  it('with an app of its own where TypeScript has none', async () => {
    const root = folderWith({ 'tsconfig.json': '{}', 'package.json': '{}', 'src/server.ts': 'export {};' });
    const { stdout } = await initIn(root, 'sales');
    expect(filesIn(root)).toEqual(expect.arrayContaining(['bin/app.ts', 'cdk.json', 'src/sales/graph.ts']));
    expect({ config: read(root, 'tsconfig.json'), type: JSON.parse(read(root, 'package.json')).type }).toEqual({
      config: '{}',
      type: undefined,
    });
    expect(JSON.parse(read(root, 'cdk.json'))).toEqual({ app: 'npx tsx bin/app.ts' });
    expect(stdout).toMatch(/npm install --save-dev aws-cdk@2 typescript @types\/node@24 tsx/);
  });
});

describe('ebbtide init writes nothing', () => {
  it.each(['a b', '1st', 'a/b', '../up', '', 'x'.repeat(64)])('for a pipeline called "%s"', async (name) => {
    const root = folderWith();
    const { exitCode, stderr } = await initIn(root, name);
    expect({ exitCode, files: filesIn(root) }).toEqual({ exitCode: 2, files: [] });
    expect(stderr).toContain('must start with a letter');
  });

  it('with --dry-run, and answers as if it had', async () => {
    const root = folderWith();
    const { exitCode, stdout } = await initIn(root, 'sales', '--dry-run');
    expect({ exitCode, files: filesIn(root) }).toEqual({ exitCode: 0, files: [] });
    expect(stdout).toContain('sales would be written; nothing is:');
    expect(stdout).toContain('lib/sales/graph.ts');
  });

  it('where files are there already: it names all of them', async () => {
    const files = { ...CDK_APP, 'lib/sales/load.ts': 'mine', 'test/sales.test.ts': 'mine too' };
    const root = folderWith(files);
    const { exitCode, stdout, stderr } = await initIn(root, 'sales');
    expect({ exitCode, stdout, files: filesIn(root) }).toEqual({
      exitCode: 2,
      stdout: '',
      files: Object.keys(files).toSorted(),
    });
    expect(stderr).toContain('FileExists: ');
    expect(stderr).toContain('  lib/sales/load.ts\n  test/sales.test.ts\n');
    expect(read(root, 'lib/sales/load.ts')).toBe('mine');
  });

  it('where a file cannot be written: what was written is taken back', async () => {
    // A file where a folder has to be.
    const root = folderWith({ 'package.json': '{}', test: '' });
    const { exitCode, stderr } = await initIn(root, 'sales');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^SystemError: E(EXIST|NOTDIR)/);
    expect(filesIn(root)).toEqual(['package.json', 'test']);
    expect({ manifest: read(root, 'package.json'), lib: existsSync(join(root, 'lib')) }).toEqual({
      manifest: '{}',
      lib: false,
    });
  });

  it.each([
    ['a folder of a CDK app', CDK_APP, 'lib', 'is a folder of the CDK app in '],
    ['a CDK app in Python', { 'cdk.json': '{"app":"python3 app.py"}' }, '.', 'a CDK app in another language'],
    ['a project in JavaScript', { 'package.json': '{}', 'index.js': '' }, '.', 'write the files by hand'],
    [
      'a project whose graphs are JavaScript',
      { ...CDK_APP, 'package.json': '{"ebbtide":{"graphs":"lib/*/graph.js"}}' },
      '.',
      'are lib/*/graph.js',
    ],
    ['a broken package.json', { 'package.json': '{' }, '.', 'package.json is not JSON'],
  ])('in %s, and says why', async (_, files, at, why) => {
    const root = folderWith(files);
    const before = filesIn(root);
    const { exitCode, stderr } = await initIn(join(root, at), 'sales');
    expect({ exitCode, files: filesIn(root) }).toEqual({ exitCode: 2, files: before });
    expect(stderr).toContain(why);
  });
});
