import { task } from '../../../../lambdas/runtime/index.ts';
import { someRows, unharmed } from './graph.ts';

export const handler = task(unharmed, async ({ outputs }) => ({
  rows: await outputs.rows.writeRows(someRows()),
}));
