import { airportTable, summarize } from '../../../lambdas/flights/airport-table.ts';
import { mergeIntakes } from '../../../lambdas/flights/checks.ts';
import type { DelayStats, Intake, Route } from '../../../state-machines/pipelines/flights.ts';
import type { Data, Work } from './handler.ts';
import { readNdjson } from './ndjson.ts';

export const work: Work = async (data) => {
  const intakes: Intake[] = [];
  for (const key of await data.keys('extract', 'intake')) intakes.push(JSON.parse(String(await data.bytes(key))));
  const stats = await rowsOf<DelayStats>(data, 'aggregate', 'agg');
  const routes = await rowsOf<Route>(data, 'enrich', 'enriched');
  const { stringify } = await import('csv-stringify/sync');
  await data.write('table', [stringify(airportTable(stats, routes), { header: true })]);
  await data.write('summary', [JSON.stringify(summarize(mergeIntakes(intakes), stats, routes))]);
};

async function rowsOf<Row>(data: Data, task: string, name: string): Promise<Row[]> {
  const [key = ''] = await data.keys(task, name);
  return readNdjson<Row>(await data.stream(key));
}
