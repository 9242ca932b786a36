/** A task as its author declares it. */

import type { Outcome } from '../contract/outcome.ts';
import type { Condition } from './conditions.ts';
import type { AnyChunk, AnyFormat, ChunksFormat, Durable, Gathered } from './formats.ts';
import type { Plan } from './plan.ts';
import type { DataRef, InputRef, NamedRef, OptionalRef } from './refs.ts';
import type { Release, ResourceReq, RetryDef } from './settings.ts';

export type InputsDef = Readonly<Record<string, InputRef>>;
export type OutputsDef = Readonly<Record<string, AnyFormat | Durable>>;

/** What every function of a pipeline has, be it a task's or a hook's. */
export interface FunctionDef<Inputs extends InputsDef = InputsDef, Outputs extends OutputsDef = OutputsDef> {
  /** The outputs of other tasks that this one reads. @default none */
  readonly inputs?: Inputs;
  /** What this task produces. @default none */
  readonly outputs?: Outputs;
  /** Further attempts after the first. @default 0 */
  readonly retries?: number;
  /** How long to wait between attempts. @default 1 second, then twice as long each time, a minute at the most */
  readonly retry?: RetryDef;
  /** How long one attempt may take, in seconds, at most Lambda's 900. @default 900 */
  readonly timeoutSeconds?: number;
  /** What its Lambda function has. @default 512 MiB of memory, and as much of /tmp */
  readonly resources?: ResourceReq;
}

export interface TaskDef<Inputs extends InputsDef = InputsDef, Outputs extends OutputsDef = OutputsDef>
  extends FunctionDef<Inputs, Outputs> {
  /**
   * Where it does not hold, the task is OMITTED, and so are the tasks that need an output of it. It is decided once all
   * that the task depends on has ended well. @default the task always runs
   */
  readonly when?: Condition;
  /**
   * When its outputs go, all of them or by name. @default as the graph says, which by default is `consumed`
   * @example
   * graph.addTask('extract', { outputs: { rows: ndjson<Row>(), index: json<Index>() }, release: { index: 'run' } });
   */
  readonly release?: Release | { readonly [Name in keyof Outputs]?: Release };
  /**
   * A hint for the compiler: how long the task usually takes, in seconds. @default the mean of the hints that other tasks
   * have; where none has one, the graph is nested so that it does well with most durations
   */
  readonly expectedSeconds?: number;
}

/**
 * Makes a task chunk-parallel: it runs once for each chunk, and each of them commits, and is tried again, on its own.
 * What takes an output of it waits for all of them, and gets what they wrote as one.
 */
export interface EachDef<Chunk extends AnyChunk = AnyChunk> {
  /** The list of chunks: an output of another task, declared as `chunks()`. */
  readonly each: DataRef<ChunksFormat<Chunk>> | NamedRef<ChunksFormat<Chunk>>;
  /**
   * How many invocations run at once, each for one batch of chunks. Up to 40 the state machine runs them itself (an
   * inline Map), and their events count to its history; beyond, up to 10,000, each is an execution of its own (a
   * Distributed Map). @default 40
   */
  readonly maxConcurrency?: number;
  /** How many chunks may fail, as a number or as `'5%'`, without the task failing: their part is then missing. @default 0 */
  readonly toleratedFailures?: number | `${number}%`;
  /** How many chunks one invocation carries out, one after the other, where they are small: up to 1,000. @default 1 */
  readonly batchSize?: number;
}

/** What the handler of a task is given besides, by its `each`. */
export type ExtraOf<Each> =
  Each extends DataRef<ChunksFormat<infer Chunk>>
    ? ChunkExtra<Chunk>
    : Each extends NamedRef<ChunksFormat<infer Chunk>>
      ? ChunkExtra<Chunk>
      : {};

/** A hook's inputs may all be missing: whatever happened, it runs. */
export type AllOptional<Inputs extends InputsDef> = {
  readonly [Name in keyof Inputs]: Inputs[Name] extends OptionalRef
    ? Inputs[Name]
    : Inputs[Name] extends DataRef | NamedRef
      ? OptionalRef<Inputs[Name]>
      : never;
};

/** What the handler of a chunk-parallel task is given besides. */
export interface ChunkExtra<Chunk extends AnyChunk = AnyChunk> {
  readonly chunk: Chunk;
}

/** What a hook's handler is given besides. */
export interface HookExtra {
  /** How the run has gone so far; for a task after the execution, how it ended. */
  readonly outcome: Outcome;
}

/** A task in a graph: its name, and its outputs as refs for other tasks to take. */
export interface FunctionHandle<
  Inputs extends InputsDef = InputsDef,
  Outputs extends OutputsDef = OutputsDef,
  Extra extends object = {},
> {
  readonly name: string;
  readonly outputs: { readonly [Name in keyof Outputs]: DataRef<RefFormat<FormatOf<Outputs[Name]>, Extra>> };
  readonly definition: FunctionDef<InputsDef, Outputs>;
  /** The graph that it belongs to. */
  readonly graph: { readonly name: string; build(): Plan };
  /** Carries the types of what its handler is given; never there at run time. */
  readonly [given]?: { readonly inputs: Inputs; readonly extra: Extra };
}

declare const given: unique symbol;

export interface TaskHandle<
  Inputs extends InputsDef = InputsDef,
  Outputs extends OutputsDef = OutputsDef,
  Extra extends object = {},
> extends FunctionHandle<Inputs, Outputs, Extra> {
  /**
   * Adds a task that runs when this one has failed, its retries used up, before its branch of the run goes on. Several
   * run one after the other. The failure stays one: what depends on this task is skipped, and the run fails.
   */
  addErrorsTask<const I extends InputsDef = {}, const O extends OutputsDef = {}>(
    name: string,
    definition?: FunctionDef<I, O>,
  ): HookHandle<I, O>;
}

export type HookHandle<Inputs extends InputsDef, Outputs extends OutputsDef> = FunctionHandle<
  AllOptional<Inputs>,
  Outputs,
  HookExtra
>;

type RefFormat<F, Extra> = F extends AnyFormat ? (Extra extends ChunkExtra ? Gathered<F> : F) : never;

// biome-ignore lint/suspicious/noExplicitAny: a handle of any task; unknown type arguments would not accept one
export type AnyTaskHandle = FunctionHandle<any, any, any>;

/** An edge without data. */
export interface Dependency {
  readonly before: AnyTaskHandle | string;
  readonly after: AnyTaskHandle | string;
}

/** The format of an output, durable or not. */
export type FormatOf<Output> = Output extends Durable<infer F> ? F : Output extends AnyFormat ? Output : never;
