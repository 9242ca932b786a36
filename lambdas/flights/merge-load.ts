import { load } from '../../state-machines/pipelines/flights.ts';
import { NonRetryableError, task } from '../runtime/index.ts';
import { airportTable, summarize } from './airport-table.ts';
import { mergeIntakes } from './checks.ts';
import { sumOf } from './figures.ts';

export const handler = task(load, async ({ inputs, outputs, log }) => {
  const [intakes, stats, routes] = await Promise.all([
    Array.fromAsync(inputs.intake.rows()),
    Array.fromAsync(inputs.agg.rows()),
    Array.fromAsync(inputs.enriched.rows()),
  ]);
  const intake = mergeIntakes(intakes);
  const counted = { extract: intake.valid, aggregate: sumOf(stats, 'flights'), enrich: sumOf(routes, 'flights') };
  if (new Set(Object.values(counted)).size > 1) {
    throw new NonRetryableError(`the tasks counted different numbers of flights: ${JSON.stringify(counted)}`);
  }
  const summary = summarize(intake, stats, routes);
  log.info('flights summarized', { ...summary, intake: undefined });
  const [table, written] = await Promise.all([
    outputs.table.writeRows(airportTable(stats, routes)),
    outputs.summary.write(summary),
  ]);
  return { table, summary: written };
});
