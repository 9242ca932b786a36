import { task } from '../../../../lambdas/runtime/index.ts';
import { asTold } from '../as-told.ts';
import { highest, type Level } from '../pipeline.ts';

export const handler = task(highest, async (context) => {
  await asTold('highest-tides', context);
  const { inputs, outputs } = context;
  const table = new Map<string, Level>();
  for await (const level of inputs.levels.rows()) {
    if (level.cm > (table.get(level.port)?.cm ?? 0)) table.set(level.port, level);
  }
  const doubts = (await inputs.doubts?.read())?.count ?? null;
  return {
    table: await outputs.table.writeRows(table.values()),
    summary: await outputs.summary.write({ phase: await inputs.phase.read(), doubts }),
  };
});
