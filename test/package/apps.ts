/** The app of docs/library.md, as TypeScript and JavaScript, CommonJS and ES modules, with what `cdk init` makes around it. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from 'esbuild';
import { succeed } from './command.ts';

export const REPO = resolve(import.meta.dirname, '../..');
export const APPS = ['typescript-commonjs', 'typescript-esm', 'javascript-commonjs'] as const;
export type AppName = (typeof APPS)[number];

type Files = Readonly<Record<string, string>>;

/** The folder's own name is that of the stack on the page. */
export function appFolder(app: AppName, folder = process.env['EBBTIDE_TEST_APPS'] ?? ''): string {
  return join(folder, app, 'shop');
}

/** Without questions to the registry of what npm has got already. */
const INSTALL = ['--prefer-offline', '--no-audit', '--no-fund'];

const RUN_SCRIPT = `import { runLocally } from 'ebbtide/local';
import { plan } from './lib/sales/graph';
runLocally(plan, { handlers: 'lib/sales', dir: 'runs' }).then((result) => console.log(JSON.stringify(result)));
`;

const REACH_SCRIPT = `import { runLocally } from 'ebbtide/local';
import { plan } from './lib/reaching/graph';
const { status } = await runLocally(plan, {
  handlers: 'lib/reaching',
  dir: 'runs',
  onProgress: (event) => {
    if (event.type === 'denied') console.log(event.denial.message);
  },
});
console.log(status);
`;

/**
 * Makes and installs all of them at once.
 *
 * @param tarball what `npm pack` made
 * @returns where Node 22 is, the last before the one that the package needs
 */
export async function makeApps(folder: string, tarball: string): Promise<string> {
  const made = [
    installOldNode(folder),
    makeJavaScript(appFolder('javascript-commonjs', folder), tarball),
    makeEsm(appFolder('typescript-esm', folder), tarball),
    makeCommonJs(appFolder('typescript-commonjs', folder), tarball),
  ] as const;
  // Where one fails, the others must not go on writing into a folder that is deleted.
  await Promise.allSettled(made);
  const [oldNode] = await Promise.all(made);
  return oldNode;
}

async function makeCommonJs(app: string, tarball: string): Promise<void> {
  await cdkInit(app, 'typescript');
  write(app, pageFiles());
  changePackage(app, pageSettings('ebbtide'));
  await succeed(app, 'npm', 'install', ...INSTALL, tarball, 'zod');
}

/** With the strictest of settings, the TypeScript before the one that the repo has, and a zod of its own. */
async function makeEsm(app: string, tarball: string): Promise<void> {
  const { 'test/sales.test.ts': _, ...files } = { ...pageFiles(), ...reachingFiles() };
  const bin = `import * as cdk from 'aws-cdk-lib';
import { ShopStack } from '../lib/shop-stack';
new ShopStack(new cdk.App(), 'ShopStack');
`;
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  };
  mkdirSync(app, { recursive: true });
  await succeed(app, 'npm', 'init', '--yes');
  const sources = Object.entries({ ...files, 'bin/shop.ts': bin, 'reach.ts': REACH_SCRIPT });
  write(app, Object.fromEntries(sources.map(([path, code]) => [path, withExtensions(code)])));
  write(app, {
    'tsconfig.json': JSON.stringify({ compilerOptions, exclude: ['node_modules', 'cdk.out'] }),
    'cdk.json': JSON.stringify({ app: 'npx tsx bin/shop.ts' }),
  });
  changePackage(app, { type: 'module', ebbtide: pageSettings('ebbtide')['ebbtide'] });
  const own = [
    'aws-cdk-lib',
    'constructs',
    'aws-cdk@2.1148.1',
    'tsx',
    'typescript@5.9',
    '@types/node@24',
    'vitest@5.1.1',
  ];
  await succeed(app, 'npm', 'install', ...INSTALL, tarball, 'zod@3.25', ...own);
}

/** With the lowest CDK that the package allows, and without what may be left out. */
async function makeJavaScript(app: string, tarball: string): Promise<void> {
  await cdkInit(app, 'javascript');
  const { 'test/sales.test.ts': _, ...files } = pageFiles();
  const sources = Object.entries({ ...files, 'run.ts': RUN_SCRIPT }).map(([path, code]) => [
    path.replace(/\.ts$/, '.js'),
    transformSync(code, { loader: 'ts', format: 'cjs' }).code,
  ]);
  write(app, Object.fromEntries(sources));
  // As `cdk init` writes a stack, for its bin/shop.js.
  const { peerDependencies } = JSON.parse(readFileSync(join(REPO, 'package.json'), 'utf8'));
  changePackage(app, {
    ebbtide: { graphs: 'lib/*/graph.js', handlers: 'lib/*' },
    dependencies: { 'aws-cdk-lib': peerDependencies['aws-cdk-lib'].slice(1), constructs: peerDependencies.constructs },
    devDependencies: { 'aws-cdk': '2.1148.1' },
    ...pageSettings('overrides'),
  });
  await succeed(app, 'npm', 'install', ...INSTALL, tarball, 'zod');
}

async function cdkInit(app: string, language: string): Promise<void> {
  mkdirSync(app, { recursive: true });
  const cdk = join(REPO, 'node_modules/aws-cdk/bin/cdk');
  await succeed(app, process.execPath, cdk, 'init', 'app', '--language', language, '--generate-only');
}

function page(): string {
  return readFileSync(join(REPO, 'docs/library.md'), 'utf8');
}

function pageFiles(): Files {
  const blocks = page().matchAll(/```ts\n\/\/ (\S+\.ts)\n(.*?)```/gs);
  return Object.fromEntries([...blocks].map(([, path = '', code = '']) => [path, code]));
}

/** What the page says to write into package.json. @param key of the block */
function pageSettings(key: string): Readonly<Record<string, unknown>> {
  const blocks = [...page().matchAll(/```json\n(.*?)```/gs)].map(([, block = '']) => JSON.parse(block));
  return blocks.find((block) => key in block);
}

/** A second pipeline, whose handler reads what its task does not declare. */
function reachingFiles(): Files {
  const folder = join(REPO, 'test/local/iam/reaching');
  const files = readdirSync(folder).map((name) => {
    const code = readFileSync(join(folder, name), 'utf8')
      .replace(/'[./]+\/state-machines\/index\.ts'/, "'ebbtide'")
      .replace(/'[./]+\/lambdas\/runtime\/index\.ts'/, "'ebbtide/lambda'")
      .replaceAll("'./graph.ts'", "'./graph'");
    return [`lib/reaching/${name}`, code];
  });
  return Object.fromEntries(files);
}

function withExtensions(code: string): string {
  return code.replace(/ from '(\.[^']*)'/g, " from '$1.js'");
}

function write(app: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(app, path)), { recursive: true });
    writeFileSync(join(app, path), text);
  }
}

function changePackage(app: string, settings: Readonly<Record<string, unknown>>): void {
  const file = join(app, 'package.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...settings }, null, 2));
}

async function installOldNode(folder: string): Promise<string> {
  const app = join(folder, 'old-node', 'shop');
  const name = `node-${process.platform}-${process.arch}`;
  mkdirSync(app, { recursive: true });
  await succeed(app, 'npm', 'init', '--yes');
  await succeed(app, 'npm', 'install', ...INSTALL, `${name}@22`);
  return join(app, 'node_modules', name, 'bin/node');
}
