import { task } from '../../../../../lambdas/runtime/index.ts';
import { rest } from '../../graphs/errands.ts';

export const handler = task(rest, async () => undefined);
