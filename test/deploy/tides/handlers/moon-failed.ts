import { task } from '../../../../lambdas/runtime/index.ts';
import { asTold } from '../as-told.ts';
import { moonFailed } from '../pipeline.ts';

export const handler = task(moonFailed, async (context) => {
  await asTold('moon-failed', context);
  const told = context.outcome.failures.map(({ task, name }) => `${task}: ${name}`);
  return { told: await context.outputs.told.write(told) };
});
