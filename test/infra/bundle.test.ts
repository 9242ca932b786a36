import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundles, bundle } from '../../infra/bundling/bundle.ts';
import { temporaryFolder } from './fixtures.ts';

const execute = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
const folder = temporaryFolder();

/** What a cold start loads. More of them is a decision, not an accident: npm run bench:coldstart tells what it costs. */
const PACKAGES = [
  '@aws-lambda-powertools/commons',
  '@aws-lambda-powertools/logger',
  '@aws-lambda-powertools/metrics',
  '@aws-sdk/checksums',
  '@aws-sdk/client-s3',
  '@aws-sdk/core',
  '@aws-sdk/credential-provider-env',
  '@aws-sdk/lib-storage',
  '@aws-sdk/middleware-sdk-s3',
  '@aws-sdk/signature-v4-multi-region',
  '@aws-sdk/xml-builder',
  '@aws/lambda-invoke-store',
  '@smithy/core',
  '@smithy/node-http-handler',
  '@smithy/signature-v4',
  '@smithy/types',
];

function packagesIn(sources: Iterable<string>): string[] {
  const names = [...sources].map((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? 'its own');
  return [...new Set(names)].sort();
}

describe('the bundle of a minimal task', () => {
  let bundles: Bundles;
  let files: readonly { readonly name: string; readonly bytes: number }[];

  beforeAll(() => {
    const file = join(ROOT, 'bench/coldstart/minimal/handlers/copy.ts');
    const isCodec = (source: string) => source.includes('lambdas/runtime/codecs/');
    bundles = bundle([{ copy: { file, neverImports: isCodec } }], folder);
    const own = bundles.folders['copy'] ?? '';
    files = readdirSync(own).map((name) => ({ name, bytes: statSync(join(own, name)).size }));
  });

  it('contains those packages and no other', () => {
    expect(packagesIn(bundles.sources['copy']?.keys() ?? [])).toEqual([...PACKAGES, 'its own'].sort());
  });

  it('is at most 412,000 bytes in 4 modules, of which 2,000 have a source map for Node to read', () => {
    const modules = files.filter(({ name }) => name.endsWith('.mjs'));
    const mapped = modules.filter(({ name }) => files.some((other) => other.name === `${name}.map`));
    const bytesOf = (some: typeof files) => some.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(bytesOf(modules)).toBeLessThanOrEqual(412_000);
    expect(modules.length).toBeLessThanOrEqual(4);
    expect(mapped.map(({ name }) => name)).toContain('copy.mjs');
    expect(bytesOf(mapped)).toBeLessThanOrEqual(2_000);
  });
});

describe('the same sources', () => {
  const project = join(folder, 'project');
  const filesOf = (bundles: Bundles) => {
    const own = bundles.folders['work'] ?? '';
    return readdirSync(own).map((name) => [name, readFileSync(join(own, name), 'utf8')]);
  };
  const bundled = (root: string) => filesOf(bundle([{ work: { file: join(root, 'handlers/work.ts') } }], folder));

  beforeAll(() => {
    const files = {
      'package.json': '{ "type": "module" }',
      'handlers/work.ts': "export const handler = async () => (await import('../later.ts')).later();",
      'later.ts': "export const later = () => 'later';",
    };
    mkdirSync(join(project, 'handlers'), { recursive: true });
    for (const [name, source] of Object.entries(files)) writeFileSync(join(project, name), source);
  });

  it('are the same bundle in another checkout, however deep, and behind a link', () => {
    const elsewhere = join(folder, 'some/where/else');
    cpSync(project, elsewhere, { recursive: true });
    symlinkSync(project, join(folder, 'linked'));
    const files = bundled(project);
    expect(files.map(([name]) => name).filter((name) => name?.startsWith('chunk-'))).not.toEqual([]);
    expect(bundled(elsewhere)).toEqual(files);
    expect(bundled(join(folder, 'linked'))).toEqual(files);
  });

  it('are the same bundle from whatever folder it is made', async () => {
    const script = `import { bundle } from ${JSON.stringify(join(ROOT, 'infra/bundling/bundle.ts'))};
      console.log(bundle([{ work: { file: ${JSON.stringify(join(project, 'handlers/work.ts'))} } }], ${JSON.stringify(folder)}).folders.work);`;
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
    expect(filesOf({ folders: { work: stdout.trim() }, sources: {}, dispose: () => undefined })).toEqual(
      bundled(project),
    );
  });
});

describe('in a bundle', () => {
  const run = async (name: string, source: string, env: Record<string, string> = {}) => {
    const handlers = join(folder, name);
    mkdirSync(handlers);
    writeFileSync(join(handlers, 'work.ts'), source);
    const { folders } = bundle([{ work: { file: join(handlers, 'work.ts') } }], handlers);
    const module = join(folders['work'] ?? '', 'work.mjs');
    const script = `const { handler } = await import(${JSON.stringify(module)}); console.log(await handler());`;
    const args = ['--enable-source-maps', '--input-type=module', '--eval', script];
    return (await execute(process.execPath, args, { env: { AWS_REGION: 'us-east-1', ...env } })).stdout;
  };
  const from = (name: string) => JSON.stringify(join(ROOT, 'node_modules', name));
  const credentials = `import { S3Client } from ${from('@aws-sdk/client-s3/dist-es/index.js')};
    export const handler = () => new S3Client({}).config.credentials().then(JSON.stringify, (error) => \`\${error.name}: \${error.message}\`);`;

  it('a client has the credentials that are in the environment', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
    expect(JSON.parse(await run('credentials', credentials, env))).toMatchObject({
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      sessionToken: 'token',
    });
  });

  it('a client without any says which are missing, and that nothing else is asked', async () => {
    const said = await run('no-credentials', credentials, { AWS_PROFILE: 'mine' });
    expect(said).toMatch(/^CredentialsProviderError: no AWS credentials in the environment: AWS_ACCESS_KEY_ID and /);
    expect(said).toContain('no profile, SSO, process or web identity');
  });

  it('what a handler throws shows the line of its source, though the library under it has no source map', async () => {
    const source = [
      `import { bytes } from ${JSON.stringify(join(ROOT, 'state-machines/index.ts'))};`,
      'function workOnIt(): never {',
      "  throw new Error('on purpose ' + bytes().kind);",
      '}',
      'export const handler = async () => { try { workOnIt(); } catch (error) { return (error as Error).stack; } };',
    ];
    const stack = await run('traces', source.join('\n'));
    // Its place in its package, behind the bundle's own.
    expect(stack).toMatch(/at workOnIt \(.*\/ebbtide-bundle-\w+\/work\/work\.ts:3:9\)/);
  });
});
