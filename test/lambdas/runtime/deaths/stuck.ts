import { task } from '../../../../lambdas/runtime/index.ts';
import { someRows, stuck } from './graph.ts';

export const handler = task(stuck, async ({ outputs, attempt }) => {
  // Nothing can interrupt this: Lambda kills it.
  while (attempt === 1);
  return { rows: await outputs.rows.writeRows(someRows()) };
});
