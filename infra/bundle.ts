/**
 * Bundles Lambda handlers as ES modules, minified, AWS SDK included, source maps and data files beside them.
 *
 * One run of esbuild for all tasks: they share most of their code, which is then read and parsed once. What they share
 * comes out as chunks, and each function's folder gets the chunks that it can reach. So what a function imports only when
 * it needs it (the SDK's sign-in with SSO, a codec) is not parsed before, and what it can never need is left out.
 */

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { type BuildFailure, buildSync, type Loader, type Metafile } from 'esbuild';
import { UsageError } from '../state-machines/contract/errors.ts';

export interface BundleEntry {
  /** The source file that exports `handler`. */
  readonly file: string;
  /** Tells of a source file that is imported dynamically whether this function never does so. @default false */
  readonly neverImports?: (file: string) => boolean;
}

export interface Bundles {
  /** By name: a folder with the bundle, `<name>.mjs`. */
  readonly folders: Readonly<Record<string, string>>;
  /** Deletes them. CDK has copied them into its assembly once the functions are made. */
  dispose(): void;
}

/** Files that a handler imports as data. It gets their path, relative to its own `import.meta.url`. */
const DATA_FILES: Record<string, Loader> = { '.parquet': 'file', '.csv': 'file', '.bin': 'file', '.gz': 'file' };

/**
 * @param groups by the functions' names. Each group is one run of esbuild: functions that share little are better apart,
 *   since what any of a group needs of a shared module all of them get
 * @param parent the folder in which theirs is made, so that whoever gives up half-way has one folder to delete
 */
export function bundle(groups: readonly Readonly<Record<string, BundleEntry>>[], parent = tmpdir()): Bundles {
  const builds = groups.map((entries) => ({ entries, ...buildAll(entries) }));
  const folder = mkdtempSync(join(parent, 'ebbtide-bundle-'));
  const folders = builds.flatMap(({ entries, metafile, contents }) =>
    Object.entries(entries).map(([name, entry]) => {
      const own = join(folder, name);
      mkdirSync(own);
      for (const file of reachable(`${OUTDIR}/${name}.mjs`, metafile, entry)) {
        writeFileSync(join(own, basename(file)), contents.get(file) ?? '');
      }
      if (isCommonJs(`${OUTDIR}/${name}.mjs`, metafile)) nameExports(own, name);
      return [name, own];
    }),
  );
  return { folders: Object.fromEntries(folders), dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Nothing is written there: a path that is the same on every machine, so that the bundles are too. */
const OUTDIR = '.ebbtide/bundles';

function buildAll(entries: Readonly<Record<string, BundleEntry>>): {
  metafile: Metafile;
  contents: Map<string, Uint8Array>;
} {
  const workingDir = process.cwd();
  try {
    const { metafile, outputFiles } = buildSync({
      entryPoints: Object.entries(entries).map(([name, { file }]) => ({ in: file, out: name })),
      absWorkingDir: workingDir,
      outdir: OUTDIR,
      write: false,
      outExtension: { '.js': '.mjs' },
      metafile: true,
      bundle: true,
      splitting: true,
      chunkNames: 'chunk-[hash]',
      platform: 'node',
      target: 'node24',
      format: 'esm',
      mainFields: ['module', 'main'],
      minify: true,
      sourcemap: 'linked',
      sourcesContent: false,
      legalComments: 'none',
      logLevel: 'silent',
      loader: DATA_FILES,
      publicPath: '.',
      // Dependencies that are CommonJS call require() for Node's own modules.
      banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    });
    checkExports(entries, metafile);
    const contents = outputFiles.map(({ path, contents }) => [relative(workingDir, path), contents] as const);
    return { metafile, contents: new Map(contents) };
  } catch (error) {
    throw isBuildFailure(error) ? new UsageError('HandlerInvalid', explain(error, workingDir)) : error;
  }
}

function checkExports(entries: Readonly<Record<string, BundleEntry>>, metafile: Metafile): void {
  const { outputs } = metafile;
  const without = Object.entries(entries).filter(
    ([name]) =>
      !outputs[`${OUTDIR}/${name}.mjs`]?.exports.includes('handler') && !isCommonJs(`${OUTDIR}/${name}.mjs`, metafile),
  );
  if (without.length === 0) return;
  const lines = without.map(([name, { file }]) => `  ${file}: export const handler = task(…) of the task "${name}"`);
  throw new UsageError('HandlerInvalid', ['a file must export its handler:', ...lines].join('\n'));
}

function isCommonJs(entry: string, { inputs, outputs }: Metafile): boolean {
  return inputs[outputs[entry]?.entryPoint ?? '']?.format === 'cjs';
}

/** What a CommonJS module exports is known to nobody before it runs: its bundle has a default export only. */
function nameExports(folder: string, name: string): void {
  renameSync(join(folder, `${name}.mjs`), join(folder, `${name}.cjs.mjs`));
  writeFileSync(join(folder, `${name}.mjs`), `import m from'./${name}.cjs.mjs';export const{handler}=m;\n`);
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as BuildFailure).errors);
}

function explain({ errors }: BuildFailure, workingDir: string): string {
  const lines = errors.map(({ text, location }) => {
    const where = location ? `${resolve(workingDir, location.file)}:${location.line}:${location.column}: ` : '';
    return `  ${where}${text}`;
  });
  return ['the handlers cannot be bundled:', ...lines].join('\n');
}

/** The output files that an entry can import, with their source maps. */
function reachable(entry: string, { outputs }: Metafile, { neverImports = () => false }: BundleEntry): Set<string> {
  const found = new Set([entry]);
  for (const output of found) {
    for (const { path, kind, external } of outputs[output]?.imports ?? []) {
      const target = kind === 'file-loader' ? `${OUTDIR}/${basename(path)}` : path;
      const source = outputs[target]?.entryPoint;
      const never = kind === 'dynamic-import' && source !== undefined && neverImports(source);
      if (!external && !never) found.add(target);
    }
  }
  for (const output of [...found]) if (outputs[`${output}.map`]) found.add(`${output}.map`);
  return found;
}
