import { randomUUID } from 'node:crypto';
import { ExecutionError, StateMachine } from 'aws-local-stepfunctions';
import { untilAborted } from '../../lambdas/runtime/deadline.ts';
import { type Adapted, type AnyBranch, isOurs, SELECT, type Supplied } from './adapt.ts';
import { type Running, runAtOnce } from './at-once.ts';
import { type ChildEnd, type DistributedMapPayload, type ItemContext, runDistributedMap } from './distributed-map.ts';
import { Over, RuntimeFailure, refuseOversized, statesError } from './errors.ts';
import type { ExecutionEnd, InterpretOptions } from './options.ts';
import { type AnyTemplate, templateOfItem, withField, withTexts } from './templates.ts';

interface Context {
  readonly Execution: object;
  readonly Map?: { readonly Item: ItemContext } | { readonly Items: readonly ItemContext[] };
}

/** Stands for `$$.State.RetryCount` until a function is called. */
const RETRY_COUNT = `retry-count-${randomUUID()}`;

type SuppliedTask = Extract<Supplied, { kind: 'task' }>;

interface Surroundings {
  readonly options: InterpretOptions;
  readonly runChild: (definition: AnyBranch, options: InterpretOptions) => Promise<ExecutionEnd>;
}

/** An execution, a branch of a Parallel in it, or an item of a Map: what the library runs as one. */
export class Activity implements Running {
  readonly result: Promise<unknown>;
  readonly #context: Context;
  readonly #surroundings: Surroundings;
  readonly #execution: ReturnType<StateMachine['run']>;
  readonly #inner = new Set<Running>();
  /** How often each state has been called without an answer so far. */
  readonly #calls = new Map<string, number>();
  /** Nobody waits for a function any more that still runs then: its turn is over. */
  readonly #aborted = new AbortController();

  constructor({ branch, supplied }: Adapted, data: unknown, context: Context, surroundings: Surroundings) {
    this.#context = context;
    this.#surroundings = surroundings;
    const handlers = [...supplied].map(([state, what]) => [
      state,
      (payload: unknown) => this.#unlessOver(() => this.#supply(state, what, payload)),
    ]);
    const { waits = 'real' } = surroundings.options;
    const overrides = Object.fromEntries(
      Object.keys(branch.States).map((state) => [state, waits === 'none' ? 0 : Number(waits)]),
    );
    const machine = new StateMachine(telling(branch, (state) => this.#enter(state)) as never, {
      validationOptions: { noValidate: true },
    });
    this.#execution = machine.run(data as never, {
      context: { ...context, State: { RetryCount: RETRY_COUNT } } as never,
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(handlers),
        ...(waits !== 'real' && { retryIntervalOverrides: overrides, waitTimeOverrides: overrides }),
      },
    });
    this.result = this.#execution.result.catch((error: unknown) => {
      throw error instanceof ExecutionError ? error.cause : error;
    });
    this.result.catch(() => undefined);
  }

  /** Ends it, and all that goes on inside it. Where it has ended already, nothing of it goes on behind its back. */
  abort(): void {
    this.#aborted.abort(new Over());
    this.#execution.abort();
    for (const inner of this.#inner) inner.abort();
  }

  #enter(state: string): void {
    if (!this.#isOver()) this.#surroundings.options.onState?.(state);
  }

  async #unlessOver(work: () => Promise<unknown>): Promise<unknown> {
    if (this.#isOver()) throw new Over();
    try {
      return await work();
    } catch (error) {
      throw this.#isOver() ? new Over() : error;
    }
  }

  /** An abort from inside `onState` comes while its first state is entered, before anything of it can be aborted. */
  #isOver(): boolean {
    return this.#aborted.signal.aborted || this.#surroundings.options.signal?.aborted === true;
  }

  async #supply(state: string, supplied: Supplied, payload: unknown): Promise<unknown> {
    switch (supplied.kind) {
      case 'task':
        return this.#invoke(state, supplied, withTexts(payload, supplied.texts));
      case 'pass':
        return withTexts(payload, supplied.texts);
      case 'fail': {
        const { error, cause } = withTexts(payload, supplied.texts) as { error: string; cause: string };
        throw statesError(error, cause);
      }
      case 'parallel': {
        const { branches } = supplied;
        limited(`the input of ${state}`, payload);
        return limited(
          `the result of ${state}`,
          await runAtOnce(branches, branches.length, (branch) => this.#start(branch, payload)),
        );
      }
      case 'map': {
        const { input, items } = payload as { input: unknown; items: unknown };
        limited(`the input of ${state}`, input);
        if (!Array.isArray(items)) throw new RuntimeFailure(`the items of ${state} are no list`);
        this.#surroundings.options.onMap?.(state, items);
        const startItem = (Value: unknown, Index: number) =>
          this.#start(supplied.processor, supplied.selects ? input : Value, { Item: { Index, Value } });
        return limited(`the result of ${state}`, await runAtOnce(items, supplied.maxConcurrency, startItem));
      }
      case 'distributed-map': {
        limited(`the input of ${state}`, (payload as DistributedMapPayload).input);
        const results = await runDistributedMap(supplied, payload as DistributedMapPayload, {
          getObject: this.#surroundings.options.getObject ?? noObjects,
          onItems: (items) => this.#surroundings.options.onMap?.(state, items),
          select: (template, items, input) => this.#select(template, items, input),
          startChild: (input) => this.#startChild(supplied.processor, input),
        });
        return limited(`the result of ${state}`, results);
      }
      default:
        return supplied satisfies never;
    }
  }

  async #invoke(state: string, { resource, timeoutSeconds }: SuppliedTask, payload: unknown): Promise<unknown> {
    const { invoke, admit = (_, invocation) => invocation() } = this.#surroundings.options;
    const retryCount = this.#calls.get(state) ?? 0;
    this.#calls.set(state, retryCount + 1);
    const filledIn = limited(`the payload of ${state}`, withField(payload, RETRY_COUNT, retryCount));
    const given = { state, resource, payload: filledIn, retryCount };
    const answer = await admit(resource, () =>
      this.#unlessOver(() =>
        within(timeoutSeconds, this.#aborted.signal, (abandoned) => invoke({ ...given, abandoned })),
      ),
    );
    // An earlier call that ends late, behind a timeout of the state, does not end the later one.
    if (this.#calls.get(state) === retryCount + 1) this.#calls.delete(state);
    return limited(`the answer of ${state}`, answer);
  }

  #start(branch: Adapted, data: unknown, map?: Context['Map']): Running {
    return this.#keep(new Activity(branch, data, { ...this.#context, ...(map && { Map: map }) }, this.#surroundings));
  }

  #startChild(definition: AnyBranch, input: unknown): Running<ChildEnd> {
    const { execution: _, ...options } = this.#surroundings.options;
    const stop = new AbortController();
    const run = () =>
      this.#surroundings.runChild(definition, { ...options, name: randomUUID(), input, signal: stop.signal });
    const end = options.admitChild ? options.admitChild().then(run) : run();
    const result = end.then((ended): ChildEnd => (ended.status === 'SUCCEEDED' ? { output: ended.output } : 'failed'));
    return this.#keep({ result, abort: () => stop.abort() });
  }

  /** The library fills in templates; it is not asked to for anything but a state. */
  async #select(template: AnyTemplate, items: readonly ItemContext[], input: unknown): Promise<unknown[]> {
    const Parameters = { items: items.map((_, index) => templateOfItem(template, index)) };
    const branch = { StartAt: SELECT, States: { [SELECT]: { Type: 'Pass', Parameters, End: true } } };
    const { result } = this.#start({ branch, supplied: new Map() }, input, { Items: items });
    return ((await result) as { items: unknown[] }).items;
  }

  #keep<T>(running: Running<T>): Running<T> {
    if (this.#aborted.signal.aborted) {
      running.abort();
      throw new Over();
    }
    this.#inner.add(running);
    const forget = () => this.#inner.delete(running);
    running.result.then(forget, forget);
    return running;
  }
}

/** The library reads a state out of its branch at the moment that it enters it; its log of that comes later. */
function telling(branch: AnyBranch, onState: (state: string) => void): AnyBranch {
  const States = {};
  for (const [name, state] of Object.entries(branch.States)) {
    const get = () => {
      if (!isOurs(name)) onState(name);
      return state;
    };
    Object.defineProperty(States, name, { get, enumerable: true });
  }
  return { ...branch, States };
}

function noObjects(): Promise<never> {
  throw new Error('there are no objects here');
}

/** @param work given what is aborted where it takes longer, or nobody waits for it any more for another reason */
async function within<T>(
  seconds: number,
  aborted: AbortSignal,
  work: (abandoned: AbortSignal) => Promise<T>,
): Promise<T> {
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(statesError('States.Timeout', 'States.Timeout')), seconds * 1000);
  const abort = () => waiting.abort(aborted.reason);
  aborted.addEventListener('abort', abort, { once: true });
  try {
    return await untilAborted(waiting.signal, () => work(waiting.signal));
  } finally {
    clearTimeout(timer);
    aborted.removeEventListener('abort', abort);
  }
}

function limited<T>(what: string, value: T): T {
  refuseOversized(what, value);
  return value;
}
