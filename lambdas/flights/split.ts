import { split } from '../../state-machines/pipelines/flights.ts';
import { task } from '../runtime/index.ts';
import { rowGroupsOf } from './source.ts';
import { sourceFile } from './source-file.ts';

/** Seven digits, so that the chunks' folders are listed in the order of the source. */
const DIGITS = 7;

export const handler = task(split, async ({ outputs, log }) => {
  const rowGroups = await rowGroupsOf(sourceFile());
  log.info('row groups found', { count: rowGroups.length });
  const chunks = rowGroups.map((group) => ({ id: `rows-${String(group.firstRow).padStart(DIGITS, '0')}`, ...group }));
  return { rowGroups: await outputs.rowGroups.write(chunks) };
});
