import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runLocally } from '../../../../local/index.ts';
import { handler as extract } from '../lib/sample/extract.ts';
import { plan } from '../lib/sample/graph.ts';
import { handler as load } from '../lib/sample/load.ts';
import { handler as products } from '../lib/sample/products.ts';
import { handler as shops } from '../lib/sample/shops.ts';

const dir = mkdtempSync(join(tmpdir(), 'sample-'));
after(() => rmSync(dir, { recursive: true, force: true }));

// As plain functions in this process; a path of their folder instead runs them bundled, as they would be deployed.
const options = { handlers: { extract, shops, products, load }, dir, waits: 'none' } as const;

test('all orders are in the summary, and nothing but the results is left', async () => {
  const { status, released, run } = await runLocally(plan, options);
  assert.equal(status, 'SUCCEEDED');
  assert.equal(released.left, 0);
  const summary = join(dir, 'sample', run, 'results', 'load', 'summary.json');
  assert.deepEqual(JSON.parse(readFileSync(summary, 'utf8')), {
    orders: 3099,
    cents: 2_420_380,
    bestShop: 'Oslo',
    bestProduct: 'bread',
  });
});

test('an extract that fails once is tried again', async () => {
  const { status, tasks } = await runLocally(plan, { ...options, fail: 'extract:1' });
  assert.equal(status, 'SUCCEEDED');
  assert.equal(tasks['extract']?.retriesUsed, 1);
});

test('where shops fails for good, load is skipped, and nothing is left', async () => {
  const { status, tasks, released } = await runLocally(plan, { ...options, fail: 'shops' });
  assert.equal(status, 'FAILED');
  assert.equal(tasks['shops']?.status, 'FAILED');
  assert.equal(tasks['products']?.status, 'SUCCEEDED');
  assert.equal(tasks['load']?.status, 'SKIPPED');
  assert.equal(released.left, 0);
});
