/**
 * Bundles Lambda handlers as ES modules, minified, AWS SDK included, data files and source maps of the user's code beside
 * them.
 *
 * One run of esbuild for all tasks: they share most of their code, which is then read and parsed once. What they share
 * comes out as chunks, and each function's folder gets the chunks that it can reach. So what a function imports only when
 * it needs it (a codec) is not parsed before, and what it can never need is left out.
 */

import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { type BuildFailure, buildSync, type Loader, type Metafile } from 'esbuild';
import { UsageError } from '../../state-machines/contract/errors.ts';

export interface BundleEntry {
  /** The source file that exports `handler`. */
  readonly file: string;
  /** Tells of a source file that is imported dynamically whether this function never does so. @default false */
  readonly neverImports?: (file: string) => boolean;
}

export interface Bundles {
  /** By name: a folder with the bundle, `<name>.mjs`. */
  readonly folders: Readonly<Record<string, string>>;
  /** By name: how many bytes each source file has in the bundle, those without any left out. */
  readonly sources: Readonly<Record<string, ReadonlyMap<string, number>>>;
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
  const builds = groups.map((entries) => ({ entries, ...buildOnce(entries) }));
  const folder = mkdtempSync(join(parent, 'ebbtide-bundle-'));
  const folders: Record<string, string> = {};
  const sources: Record<string, ReadonlyMap<string, number>> = {};
  for (const { entries, metafile, contents } of builds) {
    for (const [name, entry] of Object.entries(entries)) {
      const files = reachable(outputOf(name), metafile, entry);
      const own = join(folder, name);
      mkdirSync(own);
      for (const file of files) writeFileSync(join(own, basename(file)), contents.get(file) ?? '');
      if (isCommonJs(outputOf(name), metafile)) nameExports(own, name);
      folders[name] = own;
      sources[name] = sourcesOf(files, metafile);
    }
  }
  return { folders, sources, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Nothing is written there: a path that is the same on every machine, so that the bundles are too. */
const OUTDIR = '.ebbtide/bundles';

function outputOf(name: string): string {
  return `${OUTDIR}/${name}.mjs`;
}

/** Dependencies that are CommonJS call require() for Node's own modules. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

const LIBRARIES = ownFile('libraries/index');
const ENVIRONMENT_CREDENTIALS = ownFile('libraries/environment-credentials');

function ownFile(name: string): string {
  return join(import.meta.dirname, '../../lambdas', `${name}${extname(import.meta.filename)}`);
}

interface Build {
  readonly metafile: Metafile;
  readonly contents: Map<string, Uint8Array>;
}

const built = new WeakMap<object, Build>();

/** What comes with every pipeline is the same for each in an app. */
function buildOnce(entries: Readonly<Record<string, BundleEntry>>): Build {
  const build = built.get(entries) ?? buildAll(entries);
  built.set(entries, build);
  return build;
}

function buildAll(entries: Readonly<Record<string, BundleEntry>>): Build {
  // esbuild hashes paths from there into the names of chunks, and source maps have them. From the package's own folder
  // they are the same in every checkout, wherever synthesis is started.
  const workingDir = packageOf(Object.values(entries)[0]?.file ?? '');
  try {
    const { metafile, outputFiles } = buildSync({
      entryPoints: [
        ...Object.entries(entries).map(([name, { file }]) => ({ in: file, out: name })),
        { in: LIBRARIES, out: 'libraries/all' },
      ],
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
      // A stack has its places in the package then, behind that of the bundle: /var/task/lambdas/… on AWS.
      sourceRoot: `${OUTDIR}/`,
      legalComments: 'none',
      logLevel: 'silent',
      loader: DATA_FILES,
      publicPath: '.',
      // What Lambda has no use for is much of the SDK, and would cut the rest into more chunks.
      alias: { '@aws-sdk/credential-provider-node': ENVIRONMENT_CREDENTIALS },
      banner: { js: REQUIRE },
    });
    checkExports(entries, metafile);
    const contents = new Map(
      outputFiles.map(({ path, contents }) => [
        relative(workingDir, path),
        path.endsWith('.mjs') ? withoutIdleRequire(contents) : contents,
      ]),
    );
    dropLibraryMaps(metafile, contents, relative(workingDir, LIBRARIES));
    return { metafile, contents };
  } catch (error) {
    throw isBuildFailure(error) ? new UsageError('HandlerInvalid', explain(error, workingDir)) : error;
  }
}

/** The nearest folder above with a package.json, or the file's own. */
function packageOf(file: string): string {
  const own = dirname(existsSync(file) ? realpathSync(file) : resolve(file));
  for (let folder = own; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'package.json'))) return folder;
  return own;
}

/** Making a `require` that nothing calls takes time in each module. The line stays: source maps count it. */
function withoutIdleRequire(contents: Uint8Array): Uint8Array {
  const code = Buffer.from(contents);
  return code.includes('require', REQUIRE.length) ? contents : code.subarray(REQUIRE.length);
}

/**
 * Node reads the map of each module that has one as it loads it, which takes a quarter of the time that the SDK takes
 * to load. So only modules with code of the user's have one.
 */
function dropLibraryMaps({ inputs, outputs }: Metafile, contents: Map<string, Uint8Array>, libraries: string): void {
  const ours = new Set([libraries]);
  for (const file of ours) for (const { path, external } of inputs[file]?.imports ?? []) if (!external) ours.add(path);
  for (const [file, output] of Object.entries(outputs)) {
    const code = contents.get(file);
    if (!code || !outputs[`${file}.map`] || !Object.keys(output.inputs).every((input) => ours.has(input))) continue;
    contents.set(file, code.subarray(0, Buffer.from(code).lastIndexOf('//# sourceMappingURL=')));
    delete outputs[`${file}.map`];
  }
}

function checkExports(entries: Readonly<Record<string, BundleEntry>>, metafile: Metafile): void {
  const { outputs } = metafile;
  const without = Object.entries(entries).filter(
    ([name]) => !outputs[outputOf(name)]?.exports.includes('handler') && !isCommonJs(outputOf(name), metafile),
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

function sourcesOf(files: Iterable<string>, { outputs }: Metafile): Map<string, number> {
  const sources = new Map<string, number>();
  for (const file of files) {
    for (const [source, { bytesInOutput }] of Object.entries(outputs[file]?.inputs ?? {}))
      if (bytesInOutput > 0) sources.set(source, (sources.get(source) ?? 0) + bytesInOutput);
  }
  return sources;
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
