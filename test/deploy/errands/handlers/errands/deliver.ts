import { setTimeout as sleep } from 'node:timers/promises';
import { task } from '../../../../../lambdas/runtime/index.ts';
import { deliver, type ErrandsInput } from '../../graphs/errands.ts';

export const handler = task(deliver, async ({ inputs, outputs, input }) => {
  const { fail, waitMs = 0 } = input as ErrandsInput;
  await sleep(waitMs);
  if (fail === 'deliver') throw Object.assign(new Error('nobody was\nat home'), { name: 'NobodyThere' });
  return { receipt: await outputs.receipt.write(`${await inputs.parcel.read()}, delivered`) };
});
