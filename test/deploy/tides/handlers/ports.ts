import { task } from '../../../../lambdas/runtime/index.ts';
import { asTold } from '../as-told.ts';
import { ports } from '../pipeline.ts';

export const handler = task(ports, async (context) => {
  await asTold('ports', context);
  const { outputs } = context;
  return {
    ports: await outputs.ports.write([
      { id: 'bergen', cm: 140 },
      { id: 'oslo', cm: 30 },
      { id: 'tromso', cm: 220 },
    ]),
    season: await outputs.season.write({ spring: true }),
  };
});
