import { task } from '../../../../../lambdas/runtime/index.ts';
import { type ProductTotal, products } from './graph.ts';

export const handler = task(products, async ({ inputs, outputs }) => {
  const totals = new Map<string, ProductTotal>();
  for await (const { product, quantity, priceCents } of inputs.orders.rows()) {
    const { sold, cents } = totals.get(product) ?? { sold: 0, cents: 0 };
    totals.set(product, { product, sold: sold + quantity, cents: cents + quantity * priceCents });
  }
  return { totals: await outputs.totals.writeRows(totals.values()) };
});
