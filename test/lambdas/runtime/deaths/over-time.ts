import { setTimeout as sleep } from 'node:timers/promises';
import { task } from '../../../../lambdas/runtime/index.ts';
import { overTime, type Row, someRows } from './graph.ts';

/** Never ends, and does not care about the signal. */
async function* forever(): AsyncGenerator<Row> {
  for (let number = 0; ; number++) {
    if (number % 1000 === 0) await sleep(200);
    yield { number, text: 'y'.repeat(1000) };
  }
}

export const handler = task(overTime, async ({ outputs, attempt }) => ({
  rows: await outputs.rows.writeRows(attempt === 1 ? forever() : someRows()),
}));
