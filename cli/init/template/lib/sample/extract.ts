import { task } from '../../../../../lambdas/runtime/index.ts';
import { extract, type Order } from './graph.ts';

const SHOPS = [
  { shop: 'Bergen', customers: 900 },
  { shop: 'Oslo', customers: 1600 },
  { shop: 'Tromsø', customers: 500 },
];
/** Every so many customers buy it. */
const PRODUCTS = [
  { product: 'bread', priceCents: 390, every: 2 },
  { product: 'coffee', priceCents: 890, every: 5 },
  { product: 'milk', priceCents: 180, every: 3 },
];

export const handler = task(extract, async ({ outputs, log }) => {
  log.info('reading orders');
  return { orders: await outputs.orders.writeRows(readOrders()) };
});

/** In place of your source: a database, an API, files in a bucket. Rows are stored as they come, however many there are. */
function* readOrders(): Generator<Order> {
  let id = 0;
  for (const { shop, customers } of SHOPS) {
    for (let customer = 1; customer <= customers; customer++) {
      for (const { product, priceCents, every } of PRODUCTS) {
        if (customer % every === 0) yield { id: ++id, shop, product, quantity: 1 + (customer % 3), priceCents };
      }
    }
  }
}
