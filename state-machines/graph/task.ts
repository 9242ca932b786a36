/** A task as its author declares it. */

import type { AnyFormat, Durable } from './formats.ts';
import type { DataRef, InputRef } from './refs.ts';
import type { TaskGraph } from './task-graph.ts';

export type InputsDef = Readonly<Record<string, InputRef>>;
export type OutputsDef = Readonly<Record<string, AnyFormat | Durable>>;

export interface TaskDef<Inputs extends InputsDef = InputsDef, Outputs extends OutputsDef = OutputsDef> {
  /** The outputs of other tasks that this one reads. @default none */
  readonly inputs?: Inputs;
  /** What this task produces. @default none */
  readonly outputs?: Outputs;
  /** Further attempts after the first. @default 0 */
  readonly retries?: number;
  /** How long to wait between attempts. */
  readonly retry?: RetryDef;
  /** How long one attempt may take, in seconds, at most Lambda's 900. @default 900 */
  readonly timeoutSeconds?: number;
  readonly resources?: ResourceReq;
  /** A hint for the compiler: how long the task usually takes, in seconds. @default all tasks take equally long */
  readonly expectedSeconds?: number;
}

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

/** A task in a graph: its name, and its outputs as refs for other tasks to take. */
export interface TaskHandle<Inputs extends InputsDef = InputsDef, Outputs extends OutputsDef = OutputsDef> {
  readonly name: string;
  readonly outputs: { readonly [Name in keyof Outputs]: DataRef<FormatOf<Outputs[Name]>> };
  readonly definition: TaskDef<Inputs, Outputs>;
  readonly graph: TaskGraph;
}

// biome-ignore lint/suspicious/noExplicitAny: a handle of any task; unknown type arguments would not accept one
export type AnyTaskHandle = TaskHandle<any, any>;

/** The format of an output, durable or not. */
export type FormatOf<Output> = Output extends Durable<infer F> ? F : Output extends AnyFormat ? Output : never;
