import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runLocally } from '../../../../local/index.ts';
import { handler as extract } from '../lib/sample/extract.ts';
import { plan } from '../lib/sample/graph.ts';
import { handler as load } from '../lib/sample/load.ts';
import { handler as products } from '../lib/sample/products.ts';
import { handler as shops } from '../lib/sample/shops.ts';

const dir = mkdtempSync(join(tmpdir(), 'sample-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

// As plain functions in this process; a path of their folder instead runs them bundled, as they would be deployed.
const options = { handlers: { extract, shops, products, load }, dir, waits: 'none' } as const;

test('all orders are in the summary, and nothing but the results is left', async () => {
  const result = await runLocally(plan, options);
  expect(result).toMatchObject({ status: 'SUCCEEDED', released: { left: 0 } });
  const summary = join(dir, 'sample', result.run, 'results', 'load', 'summary.json');
  expect(JSON.parse(readFileSync(summary, 'utf8'))).toEqual({
    orders: 3099,
    cents: 2_420_380,
    bestShop: 'Oslo',
    bestProduct: 'bread',
  });
}, 60_000);

test('an extract that fails once is tried again', async () => {
  const result = await runLocally(plan, { ...options, fail: 'extract:1' });
  expect(result).toMatchObject({ status: 'SUCCEEDED', tasks: { extract: { retriesUsed: 1 } } });
}, 60_000);

test('where shops fails for good, load is skipped, and nothing is left', async () => {
  const result = await runLocally(plan, { ...options, fail: 'shops' });
  const tasks = { shops: { status: 'FAILED' }, products: { status: 'SUCCEEDED' }, load: { status: 'SKIPPED' } };
  expect(result).toMatchObject({ status: 'FAILED', tasks, released: { left: 0 } });
}, 60_000);
