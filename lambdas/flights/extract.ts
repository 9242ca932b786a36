import { extract } from '../../state-machines/pipelines/flights.ts';
import { task } from '../runtime/index.ts';
import { openIntake, validFlights } from './checks.ts';
import { readRowGroup } from './source.ts';
import { sourceFile } from './source-file.ts';

export const handler = task(extract, async ({ chunk, outputs, log }) => {
  const intake = openIntake();
  const flights = validFlights(await readRowGroup(sourceFile(), chunk), chunk.firstRow, intake);
  const { rows, valid, rejected, examples } = intake;
  if (valid < rows) log.warn('rows rejected', { count: rows - valid, rejected, examples });
  return { raw: await outputs.raw.writeBatches([flights]), intake: await outputs.intake.write(intake) };
});
