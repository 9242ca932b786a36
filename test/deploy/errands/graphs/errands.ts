/** A small pipeline in a project of its own, which nobody else deploys: found by its name. */

import { durable, json, TaskGraph } from '../../../../state-machines/index.ts';

export interface ErrandsInput {
  /** The task that fails, at each attempt. */
  readonly fail?: 'deliver';
  /** How long the last task waits before it does anything, in milliseconds. */
  readonly waitMs?: number;
}

const graph = new TaskGraph('errands');
const quick = { timeoutSeconds: 10, retry: { intervalSeconds: 1, backoffRate: 1, jitter: 'none' } } as const;

export const fetch = graph.addTask('fetch', { outputs: { parcel: json<string>() }, ...quick });
export const deliver = graph.addTask('deliver', {
  inputs: { parcel: fetch.outputs.parcel },
  outputs: { receipt: durable(json<string>()) },
  retries: 1,
  ...quick,
});
export const rest = graph.addFinallyTask('rest', quick);

export const plan = graph.build();
