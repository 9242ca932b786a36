/** A task as its author declares it. */

import type { AnyFormat, Durable } from './formats.ts';
import type { Plan } from './plan.ts';
import type { DataRef, InputRef } from './refs.ts';
import type { ResourceReq, RetryDef } from './settings.ts';

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
  /**
   * A hint for the compiler: how long the task usually takes, in seconds. @default the mean of the hints that other tasks
   * have; where none has one, the graph is nested so that it does well with most durations
   */
  readonly expectedSeconds?: number;
}

/** A task in a graph: its name, and its outputs as refs for other tasks to take. */
export interface TaskHandle<Inputs extends InputsDef = InputsDef, Outputs extends OutputsDef = OutputsDef> {
  readonly name: string;
  readonly outputs: { readonly [Name in keyof Outputs]: DataRef<FormatOf<Outputs[Name]>> };
  readonly definition: TaskDef<Inputs, Outputs>;
  /** The graph that it belongs to. */
  readonly graph: { readonly name: string; build(): Plan };
}

// biome-ignore lint/suspicious/noExplicitAny: a handle of any task; unknown type arguments would not accept one
export type AnyTaskHandle = TaskHandle<any, any>;

/** An edge without data. */
export interface Dependency {
  readonly before: AnyTaskHandle | string;
  readonly after: AnyTaskHandle | string;
}

/** The format of an output, durable or not. */
export type FormatOf<Output> = Output extends Durable<infer F> ? F : Output extends AnyFormat ? Output : never;
