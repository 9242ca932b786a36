import { task } from '../../../../lambdas/runtime/index.ts';
import { beforeCommit, die, someRows } from './graph.ts';

export const handler = task(beforeCommit, async ({ outputs, attempt }) => {
  const rows = await outputs.rows.writeRows(someRows());
  if (attempt === 1) die();
  return { rows };
});
