/** What a project needs besides the pipeline's own files: where pipelines lie, what git ignores, and a new one the rest. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_DIR } from '../../history/dir-option.ts';
import { type Project, readManifest } from './project.ts';
import type { NewFile } from './templates.ts';

/** A file that is there already, as it is and as it will be. */
export interface Change extends NewFile {
  readonly before: string;
}

export interface Settings {
  readonly files: readonly NewFile[];
  readonly changes: readonly Change[];
}

/** What TypeScript that Node runs as it is needs. */
const COMPILER_OPTIONS = {
  target: 'esnext',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};

export function settingsFor(project: Project): Settings {
  const { kind, root, importEnding } = project;
  const runsByNode = importEnding === '.ts';
  const written = [
    manifestFor(project),
    ...(kind === 'new'
      ? [
          {
            path: 'tsconfig.json',
            text: json({ compilerOptions: COMPILER_OPTIONS, exclude: ['cdk.out'] }),
            about: 'checks types; Node runs TypeScript as it is',
          },
        ]
      : []),
    ...(kind === 'new' || kind === 'node'
      ? [
          {
            path: 'cdk.json',
            text: json({ app: `${runsByNode ? 'node' : 'npx tsx'} bin/app.ts` }),
            about: 'how cdk runs the app',
          },
        ]
      : []),
    ignoresFor(project),
  ].flatMap((file) => file ?? []);
  const files: NewFile[] = [];
  const changes: Change[] = [];
  for (const file of written) {
    const isOwn = file.path !== 'package.json' && file.path !== '.gitignore';
    // What is not there to be added to is a file like the others, which is refused where it exists.
    if (isOwn || !existsSync(join(root, file.path))) files.push(file);
    else changes.push({ ...file, before: readFileSync(join(root, file.path), 'utf8') });
  }
  return { files, changes };
}

type Manifest = Readonly<Record<string, unknown>>;

function manifestFor(project: Project): NewFile | undefined {
  const { kind, layout, layoutKnown, root } = project;
  const before = readManifest(root);
  const after: Manifest = {
    ...(before ?? { private: true }),
    ...(kind === 'new' && newProjectOf(before ?? {})),
    ...(!layoutKnown && { ebbtide: layout }),
  };
  const said = Object.keys(after).filter((key) => JSON.stringify(after[key]) !== JSON.stringify(before?.[key]));
  if (said.length === 0) return undefined;
  const text = before ? asBefore(after, readFileSync(join(root, 'package.json'), 'utf8')) : json(after);
  return { path: 'package.json', text, about: `its ${said.map((key) => `"${key}"`).join(', ')}` };
}

/** With the scripts that there are, but for the one that `npm init` makes, which only fails. */
function newProjectOf(before: Manifest): Manifest {
  const { test, ...scripts } = (before['scripts'] ?? {}) as Record<string, string>;
  return {
    type: 'module',
    scripts: {
      check: 'tsc --noEmit',
      test: test === undefined || test.includes('no test specified') ? 'node --test "test/**/*.test.ts"' : test,
      ...scripts,
    },
    // npm asks before it lets a package run a script of its own while it is installed: these two fetch a binary.
    allowScripts: { esbuild: true, node: true, ...(before['allowScripts'] as Manifest | undefined) },
  };
}

function ignoresFor({ kind, root }: Project): NewFile | undefined {
  const file = join(root, '.gitignore');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const wanted = kind === 'new' ? ['node_modules/', 'cdk.out/', `${DEFAULT_DIR}/`] : [`${DEFAULT_DIR}/`];
  const there = new Set(before.split(/\r?\n/).map((line) => line.trim().replace(/^\/|\/$/g, '')));
  const missing = wanted.filter((line) => !there.has(line.replace(/\/$/, '')));
  if (missing.length === 0) return undefined;
  const eol = endOfLineOf(before);
  const joined = before === '' || before.endsWith('\n') ? before : `${before}${eol}`;
  return {
    path: '.gitignore',
    text: `${joined}${missing.join(eol)}${eol}`,
    about: missing.join(', '),
  };
}

/** As npm rewrites a package.json: with the indentation and the line ends that it had. */
function asBefore(value: unknown, before: string): string {
  const [, indent = '  '] = /^([ \t]+)"/m.exec(before) ?? [];
  const text = JSON.stringify(value, null, indent).replaceAll('\n', endOfLineOf(before));
  return /\n$/.test(before) ? `${text}${endOfLineOf(before)}` : text;
}

function endOfLineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
