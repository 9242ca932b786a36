import { task } from '../../../../lambdas/runtime/index.ts';
import { asTold } from '../as-told.ts';
import { measure } from '../pipeline.ts';

export const handler = task(measure, async (context) => {
  await asTold('measure', context);
  const { chunk, outputs } = context;
  return { levels: await outputs.levels.writeRows([0, 1, 2].map((i) => ({ port: chunk.id, cm: chunk.cm + i }))) };
});
