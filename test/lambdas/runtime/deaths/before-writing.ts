import { task } from '../../../../lambdas/runtime/index.ts';
import { beforeWriting, die, someRows } from './graph.ts';

export const handler = task(beforeWriting, async ({ outputs, attempt }) => {
  if (attempt === 1) die();
  return { rows: await outputs.rows.writeRows(someRows()) };
});
