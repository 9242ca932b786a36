import { task } from '../../../../lambdas/runtime/index.ts';
import { asTold } from '../as-told.ts';
import { alert } from '../pipeline.ts';

export const handler = task(alert, async (context) => {
  await asTold('alert', context);
  const told = context.outcome.failures.map(({ task, name }) => `${task}: ${name}`);
  return { told: await context.outputs.told.write(told) };
});
