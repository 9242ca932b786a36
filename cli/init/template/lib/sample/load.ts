import { NonRetryableError, task } from '../../../../../lambdas/runtime/index.ts';
import { load, type ProductTotal, type ShopTotal } from './graph.ts';

export const handler = task(load, async ({ inputs, outputs }) => {
  const shops: ShopTotal[] = [];
  for await (const shop of inputs.shops.rows()) shops.push(shop);
  const products: ProductTotal[] = [];
  for await (const product of inputs.products.rows()) products.push(product);

  const byTurnover = [...shops].sort((one, other) => other.cents - one.cents);
  const [bestShop] = byTurnover;
  const [bestProduct] = [...products].sort((one, other) => other.cents - one.cents);
  // What is wrong with the data is as wrong in the next attempt.
  if (!bestShop || !bestProduct) throw new NonRetryableError('there are no orders');
  const cents = sumOf(shops);
  if (cents !== sumOf(products)) throw new NonRetryableError('shops and products add up to different sums');

  return {
    table: await outputs.table.writeRows(byTurnover),
    summary: await outputs.summary.write({
      orders: shops.reduce((sum, { orders }) => sum + orders, 0),
      cents,
      bestShop: bestShop.shop,
      bestProduct: bestProduct.product,
    }),
  };
});

function sumOf(totals: readonly { readonly cents: number }[]): number {
  return totals.reduce((sum, { cents }) => sum + cents, 0);
}
