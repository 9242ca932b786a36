import { task } from '../../../../lambdas/runtime/index.ts';
import { alwaysDies, die, someRows } from './graph.ts';

export const handler = task(alwaysDies, async ({ outputs }) => {
  await outputs.rows.writeRows(someRows());
  die();
});
