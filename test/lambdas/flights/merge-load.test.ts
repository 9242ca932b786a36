import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { handler as mergeLoad } from '../../../lambdas/flights/merge-load.ts';
import type { HandlerOf } from '../../../lambdas/runtime/index.ts';
import { runLocally } from '../../../local/index.ts';
import {
  type aggregate,
  type DelayStats,
  type enrich,
  type extract,
  plan,
  type Route,
} from '../../../state-machines/pipelines/flights.ts';

const dir = mkdtempSync(join(tmpdir(), 'ebbtide-merge-load-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const stats: DelayStats = { origin: 'QQQ', hour: 6, flights: 4, late: 1, totalDelay: 10, maxDelay: 20 };
const route: Route = {
  origin: 'QQQ',
  destination: 'EWR',
  flights: 4,
  totalDelay: 10,
  distance: 75,
  originName: '',
  originState: '',
  destinationName: 'Newark Intl',
  destinationState: 'NJ',
};

/** The real merge-load behind stand-ins, of which extract says that it passed `valid` flights. */
function run(name: string, valid: number) {
  const standIns: {
    extract: HandlerOf<typeof extract>;
    aggregate: HandlerOf<typeof aggregate>;
    enrich: HandlerOf<typeof enrich>;
  } = {
    async extract({ outputs }) {
      const raw = await outputs.raw.writeRows([]);
      return { raw, intake: await outputs.intake.write({ rows: valid, valid, rejected: {}, examples: [] }) };
    },
    aggregate: async ({ outputs }) => ({ agg: await outputs.agg.writeRows([stats]) }),
    enrich: async ({ outputs }) => ({ enriched: await outputs.enriched.writeRows([route]) }),
  };
  return runLocally(plan, { handlers: { ...standIns, 'merge-load': mergeLoad }, run: name, dir, waits: 'none' });
}

it('an airport that is in no list is kept, with an empty name, and counted as unmatched', async () => {
  await run('unmatched', 4);
  const file = (name: string) => readFileSync(join(dir, 'flights/unmatched/results/merge-load', name), 'utf8');
  expect(file('table.csv').trimEnd().split('\n')[1]).toBe('QQQ,,,4,2.5,20,25,6,1,EWR');
  expect(JSON.parse(file('summary.json')).unmatched).toEqual({ codes: ['QQQ'], flights: 4 });
});

it('branches that counted different flights fail the run at once: another attempt would count the same', async () => {
  const { tasks } = await run('lost', 5);
  expect(tasks['merge-load']).toMatchObject({
    status: 'FAILED',
    retriesUsed: 0,
    error: { name: 'NonRetryableError' },
  });
});
