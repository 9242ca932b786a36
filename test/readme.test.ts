import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadPipeline } from '../cli/pipelines.ts';
import { runLocally } from '../local/index.ts';

const REPO = join(import.meta.dirname, '..');
const root = mkdtempSync(join(tmpdir(), 'ebbtide-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The README's own files, in a project of their own: what they import from the repo becomes an absolute path. */
function writeReadmesPipeline(): void {
  const readme = readFileSync(join(REPO, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
  const paths = ['state-machines/pipelines/sales.ts', 'lambdas/sales/extract.ts', 'lambdas/sales/total.ts'];
  expect(blocks).toHaveLength(paths.length);
  for (const [index, path] of paths.entries()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const code = (blocks[index] ?? '')
      .replace("'../index.ts'", JSON.stringify(join(REPO, 'state-machines/index.ts')))
      .replace("'../runtime/index.ts'", JSON.stringify(join(REPO, 'lambdas/runtime/index.ts')));
    writeFileSync(join(root, path), code);
  }
}

it('the pipeline of the README runs as it stands there', async () => {
  writeReadmesPipeline();
  const { plan, handlers } = await loadPipeline('sales', root);
  const result = await runLocally(plan, { handlers, run: 'readme', dir: join(root, 'runs') });
  expect(result).toMatchObject({ status: 'SUCCEEDED', succeeded: 2, released: { left: 0 } });
  const report = readFileSync(join(root, 'runs/sales/readme/results/total/report.json'), 'utf8');
  expect(JSON.parse(report)).toEqual({ Oslo: 4200 });
});
