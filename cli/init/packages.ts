/** The packages of a project: which it names, which are missing, and how its package manager is told. */

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readJsonFile } from '../json-file.ts';
import { OWN_PACKAGE, ownVersion } from '../own-package.ts';

export type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

interface Commands {
  readonly add: string;
  readonly addDev: string;
  /** Before the name of a command that a package brings. */
  readonly exec: string;
  readonly test: string;
}

export const COMMANDS: Readonly<Record<Manager, Commands>> = {
  npm: { add: 'npm install', addDev: 'npm install --save-dev', exec: 'npx', test: 'npm test' },
  pnpm: { add: 'pnpm add', addDev: 'pnpm add --save-dev', exec: 'pnpm exec', test: 'pnpm test' },
  yarn: { add: 'yarn add', addDev: 'yarn add --dev', exec: 'yarn', test: 'yarn test' },
  bun: { add: 'bun add', addDev: 'bun add --dev', exec: 'bunx', test: 'bun run test' },
};

const LOCK_FILES: Readonly<Record<string, Manager>> = {
  'package-lock.json': 'npm',
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
};

/** By the nearest lock file, in the folder or above. */
export function managerOf(root: string): Manager {
  for (const folder of andAbove(root)) {
    const found = Object.keys(LOCK_FILES).find((file) => existsSync(join(folder, file)));
    if (found) return LOCK_FILES[found] ?? 'npm';
  }
  return 'npm';
}

type Dependencies = Readonly<Record<string, unknown>>;

function readDependencies(file: string) {
  return readJsonFile(file) as {
    readonly dependencies?: Dependencies;
    readonly devDependencies?: Dependencies;
    readonly peerDependencies?: Dependencies;
  };
}

/** The names of all packages that the folder's package.json and those above depend on. */
export function declaredIn(root: string): ReadonlySet<string> {
  const files = andAbove(root).map((folder) => join(folder, 'package.json'));
  const manifests = files.filter((file) => existsSync(file)).map(readDependencies);
  return new Set(
    manifests.flatMap(({ dependencies, devDependencies, peerDependencies }) =>
      Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }),
    ),
  );
}

function andAbove(folder: string): string[] {
  return folder === dirname(folder) ? [folder] : [folder, ...andAbove(dirname(folder))];
}

/** What installs this very package: its name, or the tarball that npx has it from, or that `npm pack` made of a checkout. */
export function ownSpec(): string {
  const [, prefix] = /^(.*)[\\/]node_modules[\\/]ebbtide$/.exec(OWN_PACKAGE) ?? [];
  if (prefix !== undefined) {
    const manifest = join(prefix, 'package.json');
    const spec: unknown = existsSync(manifest) && readDependencies(manifest).dependencies?.['ebbtide'];
    return typeof spec === 'string' && spec.startsWith('file:')
      ? resolve(prefix, spec.slice('file:'.length))
      : 'ebbtide';
  }
  const packed = join(OWN_PACKAGE, `ebbtide-${ownVersion()}.tgz`);
  return existsSync(packed) ? packed : 'ebbtide';
}
