import { task } from '../../../../lambdas/runtime/index.ts';
import { outOfMemory, someRows } from './graph.ts';

export const handler = task(outOfMemory, async ({ outputs, attempt }) => {
  const hoard: number[][] = [];
  while (attempt === 1) hoard.push(new Array(10_000).fill(attempt));
  return { rows: await outputs.rows.writeRows(someRows()) };
});
