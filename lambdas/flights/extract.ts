import { fileURLToPath } from 'node:url';
import flightsFile from '../../node_modules/vega-datasets/data/flights-3m.parquet';
import { extract, type Flight } from '../../state-machines/pipelines/flights.ts';
import { task } from '../runtime/index.ts';
import { type OpenIntake, openIntake, validFlights } from './checks.ts';
import { readRowGroups } from './source.ts';

export const handler = task(extract, async ({ outputs, signal, log }) => {
  const intake = openIntake();
  const raw = await outputs.raw.writeBatches(readFlights(intake, signal));
  const { rows, valid, rejected, examples } = intake;
  if (valid < rows) log.warn('rows rejected', { count: rows - valid, rejected, examples });
  return { raw, intake: await outputs.intake.write(intake) };
});

async function* readFlights(intake: OpenIntake, signal: AbortSignal): AsyncGenerator<Flight[]> {
  for await (const rows of readRowGroups(fileURLToPath(new URL(flightsFile, import.meta.url)))) {
    signal.throwIfAborted();
    yield validFlights(rows, intake);
  }
}
