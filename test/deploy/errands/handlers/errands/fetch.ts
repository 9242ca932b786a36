import { task } from '../../../../../lambdas/runtime/index.ts';
import { fetch } from '../../graphs/errands.ts';

export const handler = task(fetch, async ({ outputs }) => {
  return { parcel: await outputs.parcel.write('a parcel') };
});
