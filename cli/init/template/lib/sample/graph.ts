/** What was ordered, by shop and by product: extract → shops and products, side by side → load. */

import { csv, durable, json, ndjson, TaskGraph } from '../../../../../state-machines/index.ts';

export interface Order {
  readonly id: number;
  readonly shop: string;
  readonly product: string;
  readonly quantity: number;
  /** Of one. */
  readonly priceCents: number;
}

export interface ShopTotal {
  readonly shop: string;
  readonly orders: number;
  readonly cents: number;
}

export interface ProductTotal {
  readonly product: string;
  readonly sold: number;
  readonly cents: number;
}

export interface Summary {
  readonly orders: number;
  readonly cents: number;
  /** Of the highest turnover. */
  readonly bestShop: string;
  readonly bestProduct: string;
}

const graph = new TaskGraph('sample');

export const extract = graph.addTask('extract', {
  outputs: { orders: ndjson<Order>() },
  retries: 2,
});

export const shops = graph.addTask('shops', {
  inputs: { orders: extract.outputs.orders },
  outputs: { totals: ndjson<ShopTotal>() },
  retries: 1,
});

export const products = graph.addTask('products', {
  inputs: { orders: extract.outputs.orders },
  outputs: { totals: ndjson<ProductTotal>() },
  retries: 1,
});

// Durable outputs are the run's results: they stay when everything else goes.
export const load = graph.addTask('load', {
  inputs: { shops: shops.outputs.totals, products: products.outputs.totals },
  outputs: { table: durable(csv<ShopTotal>()), summary: durable(json<Summary>()) },
  retries: 2,
  timeoutSeconds: 120,
  resources: { memoryMiB: 512 },
});

export const plan = graph.build();
