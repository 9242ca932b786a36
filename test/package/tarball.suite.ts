import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build as esbuild, type Metafile } from 'esbuild';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundles, bundle } from '../../infra/bundling/bundle.ts';
import { appFolder, REPO } from './apps.ts';
import { run, succeed } from './command.ts';

const APP = appFolder('typescript-esm');
const TARBALL = process.env['EBBTIDE_TEST_TARBALL'] ?? '';
const INSTALLED = join(APP, 'node_modules/ebbtide');

const unpacked = (file: string) => join(INSTALLED, file.replace('package/', ''));
const files = (await succeed(APP, 'tar', '-tzf', TARBALL)).trim().split('\n');

describe('the tarball', () => {
  it('has the built library, its pages and its licence, and nothing else', () => {
    const rest = files.filter(
      (file) =>
        !/^package\/dist\/(aws|cli|history|infra|lambdas|local|report|state-machines)\/([\w-]+\/)*[\w-]+(\.d\.ts|\.js)$/.test(
          file,
        ) &&
        !/^package\/dist\/cli\/init\/template\/([\w-]+\/)*[\w.-]+\.ts$/.test(file) &&
        !/^package\/docs\/([\w-]+\.md|images\/[\w-]+\.(svg|png))$/.test(file),
    );
    expect(rest.toSorted()).toEqual(['package/LICENSE', 'package/README.md', 'package/package.json']);
    expect(files.filter((file) => /flights|state-machines\/pipelines|infra\/app\./.test(file))).toEqual([]);
    expect(statSync(TARBALL).size).toBeLessThan(800_000);
  });

  it('names no source map, which would point to nothing, and no path of the machine that built it', () => {
    for (const file of files) {
      const text = readFileSync(unpacked(file), 'utf8');
      expect(/^\/\/# sourceMappingURL=/m.test(text) || text.includes(REPO), file).toBe(false);
    }
  });

  it('has what its pages link to', () => {
    for (const file of files.filter((name) => name.endsWith('.md'))) {
      const links = [...readFileSync(unpacked(file), 'utf8').matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)];
      for (const [, link = ''] of links) expect(files, file).toContain(join(dirname(file), link));
    }
  });

  it('passes publint', async () => {
    const { messages } = await publint({ pkgDir: INSTALLED, pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  // Of ES modules only: two builds would be two copies of every class, and Node 24, which is needed anyway, lets CommonJS
  // require them. The apps here that are CommonJS show that types and modules resolve for them.
  it('passes attw for a package of ES modules', async () => {
    const attw = join(REPO, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    expect(await run(APP, process.execPath, attw, TARBALL, '--profile', 'esm-only')).toMatchObject({ code: 0 });
  });
});

/** What is in a bundle of a module with this source in the app: packages, and folders of this one as `ebbtide/<folder>`. */
async function bundled(contents: string, external: readonly string[] = []) {
  const { metafile } = await esbuild({
    stdin: { contents, resolveDir: APP, loader: 'ts' },
    absWorkingDir: APP,
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    splitting: false,
    external: [...external],
    logLevel: 'silent',
  });
  return metafile;
}

/** @param kinds of imports that are followed */
function packagesIn({ inputs }: Metafile, kinds: readonly string[]): string[] {
  const found = new Set(['<stdin>']);
  const packages = new Set<string>();
  for (const input of found) {
    const own = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\/(?:dist\/([^/]+))?/.exec(input);
    if (own) packages.add(own[1] === 'ebbtide' ? `ebbtide/${own[2]}` : (own[1] ?? ''));
    for (const { path, kind, external } of inputs[input]?.imports ?? []) {
      if (!kinds.includes(kind)) continue;
      if (external) packages.add(path);
      else found.add(path);
    }
  }
  return [...packages].toSorted();
}

const ALL = ['import-statement', 'dynamic-import', 'require-call'];
const DEPLOYMENT =
  /^(aws-cdk-lib|constructs|esbuild|fauxqs|aws-local-stepfunctions|commander|@cloud-copilot|ebbtide\/(infra|local|cli))/;

describe('what is imported', { timeout: 60_000 }, () => {
  it('with ebbtide is the graph and its compiler: no AWS SDK, no CDK, nothing of Node', async () => {
    expect(packagesIn(await bundled("export * from 'ebbtide'"), ALL)).toEqual(['ebbtide/state-machines']);
  });

  it.each([
    ['ebbtide/lambda', "export * from 'ebbtide/lambda'"],
    ['a handler of the app', "export * from './lib/sales/total.ts'"],
  ])('with %s is neither CDK nor the local runner', async (_, source) => {
    const packages = packagesIn(await bundled(source), ALL);
    expect(packages).toContain('ebbtide/lambdas');
    expect(packages).toContain('@aws-sdk/client-s3');
    expect(packages.filter((name) => DEPLOYMENT.test(name))).toEqual([]);
  });

  it('with ebbtide/cdk is the CDK of the app, and nothing of the local runner', async () => {
    const external = ['aws-cdk-lib', 'constructs', 'esbuild'];
    const packages = packagesIn(await bundled("export * from 'ebbtide/cdk'", external), ALL);
    expect(
      packages.filter((name) => !name.startsWith('node:')).map((name) => name.replace(/^(aws-cdk-lib).*/, '$1')),
    ).toEqual(
      expect.arrayContaining(['aws-cdk-lib', 'constructs', 'ebbtide/infra', 'ebbtide/state-machines', 'esbuild']),
    );
    expect(
      packages.filter((name) => /^(fauxqs|aws-local|commander|@|ebbtide\/(local|cli|lambdas))/.test(name)),
    ).toEqual([]);
  });

  it('with ebbtide/local before anything is run is neither CDK nor what may be left out', async () => {
    const external = ['aws-cdk-lib', 'constructs', 'esbuild', '@cloud-copilot/*', 'fauxqs'];
    const packages = packagesIn(await bundled("export * from 'ebbtide/local'", external), ['import-statement']);
    expect(packages).toContain('aws-local-stepfunctions');
    expect(packages.filter((name) => /^(aws-cdk-lib|constructs|esbuild|@cloud-copilot)/.test(name))).toEqual([]);
  });
});

/** Of each function's folder: how many files of which kind, and their bytes. */
function shapeOf({ folders, dispose }: Bundles) {
  const shapes = Object.entries(folders).map(([name, folder]) => {
    const names = readdirSync(folder);
    const kinds = Object.groupBy(names, (file) => file.replace(/-\w+/, ''));
    const bytes = names.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    return { name, kinds: Object.entries(kinds).map(([kind, of]) => [kind, of?.length]), bytes };
  });
  dispose();
  return shapes;
}

describe('what the packed library bundles', () => {
  const handlers = ['list', 'read', 'total', 'close'];
  // In a node_modules, where the app's compiler does not look, and the app's zod is found.
  const ofRepo = join(APP, 'node_modules/handlers-with-the-repo');

  beforeAll(() => {
    mkdirSync(ofRepo);
    for (const name of [...handlers, 'graph']) {
      const code = readFileSync(join(APP, `lib/sales/${name}.ts`), 'utf8')
        .replace("'ebbtide'", JSON.stringify(join(REPO, 'state-machines/index.ts')))
        .replace("'ebbtide/lambda'", JSON.stringify(join(REPO, 'lambdas/runtime/index.ts')));
      writeFileSync(join(ofRepo, `${name}.ts`), code);
    }
  });
  afterAll(() => rmSync(ofRepo, { recursive: true }));

  const entriesIn = (folder: string) =>
    Object.fromEntries(handlers.map((name) => [name, { file: join(folder, `${name}.ts`) }]));

  it('has the chunks, source maps and size of what the repo does', async () => {
    const packed: typeof import('../../infra/bundling/bundle.ts') = await import(
      join(INSTALLED, 'dist/infra/bundling/bundle.js')
    );
    const ours = shapeOf(packed.bundle([entriesIn(join(APP, 'lib/sales'))]));
    const theirs = shapeOf(bundle([entriesIn(ofRepo)]));
    expect(ours.map(({ name, kinds }) => ({ name, kinds }))).toEqual(
      theirs.map(({ name, kinds }) => ({ name, kinds })),
    );
    for (const [index, { name, bytes }] of ours.entries())
      expect(bytes / (theirs[index]?.bytes ?? 0), name).toBeCloseTo(1, 2);
  });
});
