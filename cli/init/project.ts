/** What a folder is, before a pipeline is written into it: whose it is, how its files import each other, how it tests. */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../../state-machines/contract/errors.ts';
import { readJsonFile } from '../json-file.ts';
import { type Layout, layoutOf } from '../pipelines.ts';
import { declaredIn, type Manager, managerOf } from './packages.ts';

/** `ebbtide` is this repo; `cdk` has a CDK app; `node` is TypeScript without one; `new` has no code at all. */
export type ProjectKind = 'ebbtide' | 'cdk' | 'node' | 'new';

export interface Project {
  readonly root: string;
  readonly kind: ProjectKind;
  readonly layout: Layout;
  /** Whether package.json says the layout already, or need not since it is the default. */
  readonly layoutKnown: boolean;
  /** The folder of the stacks, and of the tests. */
  readonly stacks: string;
  readonly tests: string;
  readonly testRunner: 'vitest' | 'jest' | 'node';
  /** What relative imports end with. */
  readonly importEnding: '.ts' | '.js' | '';
  /** The file that the CDK app begins with, where it is known. */
  readonly app?: string;
  readonly packageManager: Manager;
  /** What `npm test` does. */
  readonly testScript?: string;
  /** The names of the packages that it depends on, here or in a folder above. */
  readonly packages: ReadonlySet<string>;
}

const SOURCES = '**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx}';
const NOT_ITS_OWN = ['node_modules', 'cdk.out', 'dist', '.ebbtide', '.git'];

/** @throws UsageError where it is no place for a pipeline */
export function readProject(root: string): Project {
  const manifest = readManifest(root);
  const cdk = existsSync(join(root, 'cdk.json')) ? readJson(join(root, 'cdk.json')) : undefined;
  const hasTypeScript = existsSync(join(root, 'tsconfig.json'));
  const sources = globSync(SOURCES, { cwd: root, exclude: (name) => NOT_ITS_OWN.includes(name) }).toSorted();
  const kind = manifest?.['name'] === 'ebbtide' ? 'ebbtide' : cdk ? 'cdk' : sources.length > 0 ? 'node' : 'new';
  const command = typeof cdk?.['app'] === 'string' ? cdk['app'] : '';
  const app = command.match(/[\w./-]+\.[cm]?[tj]s\b/g)?.at(-1);
  refuseOthers(root, kind, manifest !== undefined, hasTypeScript || /\.[cm]?ts$/.test(app ?? ''));

  const packages = declaredIn(root);
  const { test: testScript } = (manifest?.['scripts'] ?? {}) as Record<string, unknown>;
  const layoutKnown = kind === 'ebbtide' || manifest?.['ebbtide'] !== undefined;
  const stacks = stacksOf(root, kind);
  const layout = layoutKnown ? layoutOf(root) : { graphs: `${stacks}/*/graph.ts`, handlers: `${stacks}/*` };
  if (/\.[cm]?js$/.test(layout.graphs))
    throw refused(
      `the "graphs" of "ebbtide" in ${join(root, 'package.json')} are ${layout.graphs}, and what ebbtide init writes is TypeScript; write the files by hand as docs/library.md tells`,
    );
  return {
    root,
    kind,
    layout,
    layoutKnown,
    stacks,
    tests: ['test', 'tests'].find((folder) => existsSync(join(root, folder))) ?? 'test',
    testRunner: packages.has('vitest') ? 'vitest' : packages.has('jest') ? 'jest' : 'node',
    importEnding: kind === 'new' ? '.ts' : endingOf(root, [...(app ? [app] : []), ...sources], manifest, command),
    ...(app && /\.[cm]?ts$/.test(app) && { app }),
    packageManager: managerOf(root),
    ...(typeof testScript === 'string' && { testScript }),
    packages,
  };
}

export function readManifest(root: string): Record<string, unknown> | undefined {
  const file = join(root, 'package.json');
  return existsSync(file) ? readJson(file) : undefined;
}

function readJson(file: string): Record<string, unknown> {
  return readJsonFile(file) as Record<string, unknown>;
}

function refuseOthers(root: string, kind: ProjectKind, hasManifest: boolean, isTypeScript: boolean): void {
  const above = appAbove(root);
  if (kind !== 'cdk' && !hasManifest && above)
    throw refused(`${root} is a folder of the CDK app in ${above}; run it there, or in a folder of its own`);
  if (kind === 'cdk' && !hasManifest)
    throw refused(
      `${root} has a cdk.json and no package.json, as a CDK app in another language has; make a TypeScript app in a folder of its own`,
    );
  if ((kind === 'cdk' || kind === 'node') && !isTypeScript)
    throw refused(
      `${root} has code in JavaScript and no tsconfig.json, and what ebbtide init writes is TypeScript; run it in an empty folder, or write the files by hand as docs/library.md tells`,
    );
}

function refused(why: string): UsageError {
  return new UsageError('InvalidOption', why);
}

function appAbove(root: string): string | undefined {
  for (let folder = dirname(root); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'cdk.json'))) return folder;
  return undefined;
}

function stacksOf(root: string, kind: ProjectKind): string {
  if (kind === 'ebbtide') return 'infra';
  return ['lib', 'src'].find((folder) => existsSync(join(root, folder))) ?? 'lib';
}

/** As the files that are there do it; where none imports another, as what runs the app needs it. */
function endingOf(
  root: string,
  files: readonly string[],
  manifest: Record<string, unknown> | undefined,
  command: string,
): Project['importEnding'] {
  for (const file of files.filter((name) => /\.[cm]?tsx?$/.test(name) && existsSync(join(root, name)))) {
    const [, specifier] = /\bfrom\s+['"](\.\.?\/[^'"]+)['"]/.exec(readFileSync(join(root, file), 'utf8')) ?? [];
    if (specifier) return /\.[cm]?ts$/.test(specifier) ? '.ts' : /\.[cm]?js$/.test(specifier) ? '.js' : '';
  }
  if (/^node\s.*\.[cm]?ts\b/.test(command)) return '.ts';
  return manifest?.['type'] === 'module' ? '.js' : '';
}
