import { task } from '../../../../lambdas/runtime/index.ts';
import { asTold } from '../as-told.ts';
import { notify } from '../pipeline.ts';

export const handler = task(notify, async (context) => {
  await asTold('notify', context);
  context.log.info('the execution has ended', { run: context.run, status: context.outcome.status });
});
