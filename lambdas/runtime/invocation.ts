/** What one invocation of a function works with. */

import type { TaskEvent } from '../../state-machines/contract/task-events.ts';
import type { Plan, PlannedTask } from '../../state-machines/graph/plan.ts';
import type { Leases } from '../storage/leases.ts';
import type { Records } from '../storage/records.ts';
import type { Store } from './store.ts';
import type { TaskContext } from './types.ts';

/** Any task's handler; the types were checked where it was declared. The receipts that it returns are for the compiler. */
// biome-ignore lint/suspicious/noExplicitAny: the context of whatever task it is
export type AnyHandler = (context: any) => unknown;

export interface Attempt {
  readonly plan: Plan;
  /** The task or hook of the plan that the function is for. */
  readonly task: PlannedTask;
  readonly event: TaskEvent;
  readonly records: Records;
  readonly leases: Leases;
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly log: TaskContext<{}, {}>['log'];
  readonly requestId: string;
  readonly logStream?: string | undefined;
}
