import { task } from '../../../../lambdas/runtime/index.ts';
import { someRows, unharmed } from './graph.ts';

export const handler = task(unharmed, ({ outputs }) => outputs.rows.writeRows(someRows()));
