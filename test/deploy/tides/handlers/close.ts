import { task } from '../../../../lambdas/runtime/index.ts';
import { asTold } from '../as-told.ts';
import { close } from '../pipeline.ts';

export const handler = task(close, async (context) => {
  await asTold('close', context);
  return { told: await context.outputs.told.write(context.outcome.status) };
});
