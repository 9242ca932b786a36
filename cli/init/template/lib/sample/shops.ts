import { task } from '../../../../../lambdas/runtime/index.ts';
import { type ShopTotal, shops } from './graph.ts';

export const handler = task(shops, async ({ inputs, outputs }) => {
  const totals = new Map<string, ShopTotal>();
  for await (const { shop, quantity, priceCents } of inputs.orders.rows()) {
    const { orders, cents } = totals.get(shop) ?? { orders: 0, cents: 0 };
    totals.set(shop, { shop, orders: orders + 1, cents: cents + quantity * priceCents });
  }
  return { totals: await outputs.totals.writeRows(totals.values()) };
});
