import { task } from '../../../../lambdas/runtime/index.ts';
import { copy } from '../graph.ts';

export const handler = task(copy, async ({ run, outputs }) => ({ copied: await outputs.copied.write(run) }));
