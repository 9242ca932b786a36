import { task } from '../../../../lambdas/runtime/index.ts';
import { die, halfWay, someRows } from './graph.ts';

/** The first part is stored by then, the second is being filled. */
const LATE_ROW = 110_000;

export const handler = task(halfWay, async ({ outputs, attempt }) => ({
  rows: await outputs.rows.writeRows(someRows((number) => attempt === 1 && number === LATE_ROW && die())),
}));
