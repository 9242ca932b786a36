/** What a task may ask of its retries and of its function. */

export interface RetryDef {
  /** Before the first retry, in whole seconds. @default 1 */
  readonly intervalSeconds?: number;
  /** Each wait is this many times the one before. @default 2 */
  readonly backoffRate?: number;
  /** No wait is longer, in whole seconds. @default 60, or intervalSeconds where that is more */
  readonly maxDelaySeconds?: number;
  /** `full` waits a random time between zero and the computed delay. @default 'full' */
  readonly jitter?: 'full' | 'none';
}

export interface ResourceReq {
  /** 128 to 10,240. CPU grows with it. @default 512 */
  readonly memoryMiB?: number;
  /** The size of /tmp, 512 to 10,240. @default 512 */
  readonly ephemeralStorageMiB?: number;
}

/**
 * When an intermediate goes: `consumed` as soon as the last of the tasks that read it has committed, `run` when the run
 * ends. What no task reads, what a hook reads, and the list that a Distributed Map reads go when the run ends.
 */
export type Release = 'consumed' | 'run';
