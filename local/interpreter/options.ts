/** What an execution is given, and how it ends. */

export interface Invocation {
  /** The name of the Task state. */
  readonly state: string;
  /** Its `Resource`. */
  readonly resource: string;
  readonly payload: unknown;
  /** How often this state has been retried so far. */
  readonly retryCount: number;
  /** Aborted, with why, once nobody waits for the answer any more: its state timed out, or what it is part of has ended. */
  readonly abandoned: AbortSignal;
}

/** Calls a function. Rejects with an Error whose name Retry and Catch match and whose message is the Cause. */
export type Invoke = (invocation: Invocation) => Promise<unknown>;

export type ExecutionEnd =
  | { readonly status: 'SUCCEEDED'; readonly output: unknown }
  | { readonly status: 'FAILED'; readonly error: string; readonly cause: string }
  | { readonly status: 'TIMED_OUT' }
  | { readonly status: 'ABORTED' };

export interface InterpretOptions {
  /** The execution's name. */
  readonly name: string;
  /** What its first state is entered with. */
  readonly input: unknown;
  readonly invoke: Invoke;
  /** Reads an object that a Distributed Map takes its items from. @default there is none */
  readonly getObject?: (bucket: string, key: string) => Promise<string>;
  /** Asked before each execution that a Distributed Map starts; may throw. @default at once */
  readonly admitChild?: () => Promise<void>;
  /** What `$$.Execution.Input` and `.StartTime` are. @default the input, and now */
  readonly execution?: { readonly input: unknown; readonly startedAt: string };
  /** Lets an invocation wait for its turn. That does not count to the timeout of its state. @default at once */
  readonly admit?: <T>(resource: string, invocation: () => Promise<T>) => Promise<T>;
  /** Told of each Map that begins, and of its items. */
  readonly onMap?: (state: string, items: readonly unknown[]) => void;
  /** Told of each state as it is entered, in every branch and every item; an abort from here keeps it from beginning. */
  readonly onState?: (state: string) => void;
  /** `none` skips the delays of Retry and of Wait states; a number is how many milliseconds each takes. @default 'real' */
  readonly waits?: 'real' | 'none' | number;
  /** Aborts the execution, as StopExecution does: no function is called any more, and those that run go on. */
  readonly signal?: AbortSignal;
}
