import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPipeline } from '../cli/pipelines.ts';
import { runLocally } from '../local/index.ts';
import { REPO } from './docs/pages.ts';
import { LIBRARY, pageProject, writeFilesOf } from './docs/typescript.ts';

const { root, files } = pageProject();

it('the code on the pages type-checks', () => {
  symlinkSync(join(REPO, 'node_modules'), join(root, 'node_modules'));
  const config = {
    extends: join(REPO, 'tsconfig.json'),
    compilerOptions: { typeRoots: [join(REPO, 'node_modules/@types')], rewriteRelativeImportExtensions: false },
    include: files,
  };
  writeFileSync(join(root, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module' }));
  const tsc = join(REPO, 'node_modules/.bin/tsc');
  expect(spawnSync(tsc, ['--noEmit', '-p', root], { encoding: 'utf8' }).stdout).toBe('');
});

// It is run by `npm run test:package`, where the package is installed.
it('the code on docs/library.md type-checks', () => {
  const app = join(root, 'library');
  const source = (path: string) => [join(REPO, path)];
  const config = {
    extends: join(REPO, 'tsconfig.json'),
    compilerOptions: {
      typeRoots: [join(app, 'node_modules/@types')],
      rewriteRelativeImportExtensions: false,
      verbatimModuleSyntax: false,
      paths: {
        ebbtide: source('state-machines/index.ts'),
        'ebbtide/lambda': source('lambdas/runtime/index.ts'),
        'ebbtide/cdk': source('infra/index.ts'),
        'ebbtide/local': source('local/index.ts'),
      },
    },
    // Its test has the globals of Jest, which is not here.
    include: writeFilesOf(LIBRARY, app).filter((file) => !file.startsWith('test/')),
  };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(app, 'package.json'), '{}');
  symlinkSync(join(REPO, 'node_modules'), join(app, 'node_modules'));
  expect(spawnSync(join(REPO, 'node_modules/.bin/tsc'), ['--noEmit', '-p', app], { encoding: 'utf8' }).stdout).toBe('');
});

describe('the pipelines on the pages run as they stand there', () => {
  it('sales', async () => {
    const { plan, handlers } = await loadPipeline('sales', root);
    const result = await runLocally(plan, { handlers, run: 'readme', dir: join(root, 'runs') });
    expect(result).toMatchObject({ status: 'SUCCEEDED', succeeded: 2, released: { left: 0 } });
    const report = readFileSync(join(root, 'runs/sales/readme/results/total/report.json'), 'utf8');
    expect(JSON.parse(report)).toEqual({ Oslo: 4200 });
  });

  it('tides', async () => {
    const { plan, handlers } = await loadPipeline('tides', root);
    const options = { handlers, dir: join(root, 'runs') };
    const failed = await runLocally(plan, {
      ...options,
      run: 'monday',
      fail: 'report',
      keepOnFailure: 60,
      waits: 'none',
    });
    expect(failed).toMatchObject({ status: 'FAILED', keptUntil: expect.any(String) });
    const resumed = await runLocally(plan, { ...options, resume: 'monday' });
    expect(resumed).toMatchObject({
      status: 'SUCCEEDED',
      run: 'monday',
      released: { left: 0, consumed: { objects: 1 } },
    });
    const highest = readFileSync(join(root, 'runs/tides/monday/results/report/highest.json'), 'utf8');
    expect(JSON.parse(highest)).toEqual({ Bergen: 140 });
  });

  it('nightly', async () => {
    const { plan, handlers } = await loadPipeline('nightly', root);
    const result = await runLocally(plan, { handlers, run: 'docs', dir: join(root, 'runs') });
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      succeeded: 3,
      omitted: 1,
      tasks: { audit: { status: 'OMITTED' }, read: { chunks: { total: 2, succeeded: 2, failed: 0 } } },
      hooks: {
        'read-failed': { status: 'OMITTED' },
        alert: { status: 'OMITTED' },
        close: { status: 'SUCCEEDED' },
        notify: { status: 'SUCCEEDED' },
      },
      released: { left: 0 },
    });
    const totals = readFileSync(join(root, 'runs/nightly/docs/results/load/totals.json'), 'utf8');
    expect(JSON.parse(totals)).toEqual({ oslo: 4200, bergen: 4200 });
  });
});
