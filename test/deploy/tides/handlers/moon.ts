import { task } from '../../../../lambdas/runtime/index.ts';
import { asTold } from '../as-told.ts';
import { moon } from '../pipeline.ts';

export const handler = task(moon, async (context) => {
  await asTold('moon', context);
  const { spring } = await context.inputs.season.read();
  return { phase: await context.outputs.phase.write(spring ? 'full' : 'quarter') };
});
