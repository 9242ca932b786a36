import { task } from '../../../../lambdas/runtime/index.ts';
import { asTold } from '../as-told.ts';
import { audit } from '../pipeline.ts';

export const handler = task(audit, async (context) => {
  await asTold('audit', context);
  let count = 0;
  for await (const { cm } of context.inputs.levels.rows()) if (cm > 200) count += 1;
  return { doubts: await context.outputs.doubts.write({ count }) };
});
