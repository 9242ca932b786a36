import { task } from '../../../../lambdas/runtime/index.ts';
import { other } from './graph.ts';

export const handler = task(other, async ({ outputs }) => ({
  secret: await outputs.secret.write('not for others'),
  shared: await outputs.shared.write(1),
}));
