/**
 * Turns a definition into one that `aws-local-stepfunctions` 3.0.0 runs as Step Functions would: pure data in, pure data
 * out. A state that the library lacks, or gets wrong, becomes a Task, and `supplied` tells what stands behind it.
 */

import { adaptChoices } from './choices.ts';
import { type AnyTemplate, type KeyPath, liftTexts } from './templates.ts';

export type AnyState = Readonly<Record<string, unknown>> & { readonly Type: string };

export interface AnyBranch {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, AnyState>>;
}

export interface Adapted {
  readonly branch: AnyBranch;
  /** By the name of the state. */
  readonly supplied: ReadonlyMap<string, Supplied>;
}

export type Supplied =
  | {
      readonly kind: 'task';
      readonly resource: string;
      readonly timeoutSeconds: number;
      readonly texts: readonly KeyPath[];
    }
  | { readonly kind: 'pass'; readonly texts: readonly KeyPath[] }
  | { readonly kind: 'fail'; readonly texts: readonly KeyPath[] }
  | { readonly kind: 'parallel'; readonly branches: readonly Adapted[] }
  | {
      readonly kind: 'map';
      readonly processor: Adapted;
      /** Whether the processor begins with the Map's input, and selects from it. @default with the item */
      readonly selects: boolean;
      readonly maxConcurrency: number;
    }
  | ({ readonly kind: 'distributed-map' } & DistributedMap);

export interface DistributedMap {
  readonly processor: AnyBranch;
  readonly itemSelector?: AnyTemplate;
  /** Without it each item is a child execution's input by itself. */
  readonly maxItemsPerBatch?: number;
  readonly maxConcurrency: number;
  readonly toleratedFailureCount: number;
  readonly toleratedFailurePercentage: number;
}

/** JavaScript's timers fire at once beyond it. */
const LONGEST_TIMER_SECONDS = 2_147_483;
/** https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html, and state-map-distributed.html */
const INLINE_AT_ONCE = 40;
const DISTRIBUTED_AT_ONCE = 10_000;

const DATA_LIMIT = 'States.DataLimitExceeded';
/** States of ours have a name that no state of the compiler has. */
const OURS = 'ebbtide: ';
const UNCAUGHT = `${OURS}uncaught`;
const ITEM = `${OURS}item`;
export const SELECT = `${OURS}select`;

/** Whether a state is none of the definition. */
export function isOurs(state: string): boolean {
  return state.startsWith(OURS);
}

export function adapt(branch: AnyBranch): Adapted {
  const supplied = new Map<string, Supplied>();
  const States = Object.entries(branch.States).map(([name, state]) => {
    const adapted = adaptState(adaptCommon(state));
    if (adapted.supplied) supplied.set(name, adapted.supplied);
    return [name, adapted.state];
  });
  const uncaught = { Type: 'Fail', ErrorPath: '$.Error', CausePath: '$.Cause' };
  return {
    branch: { ...cutTimers(branch), States: { ...Object.fromEntries(States), [UNCAUGHT]: uncaught } },
    supplied,
  };
}

interface AdaptedState {
  readonly state: AnyState;
  readonly supplied?: Supplied;
}

function adaptState(state: AnyState): AdaptedState {
  switch (state.Type) {
    case 'Task':
      return adaptTask(state);
    case 'Pass':
      return adaptPass(state);
    case 'Fail':
      return adaptFail(state);
    case 'Choice':
      return { state: adaptChoices(state) };
    case 'Parallel':
      return adaptParallel(state);
    case 'Map':
      return adaptMap(state);
    default:
      return { state };
  }
}

function adaptTask(state: AnyState): AdaptedState {
  const { template, texts } = liftTexts(state['Parameters']);
  return {
    state: { ...state, TimeoutSeconds: LONGEST_TIMER_SECONDS, ...(template && { Parameters: template }) },
    supplied: {
      kind: 'task',
      resource: String(state['Resource']),
      timeoutSeconds: Number(state['TimeoutSeconds'] ?? LONGEST_TIMER_SECONDS),
      texts,
    },
  };
}

function adaptPass({ Result, ...state }: AnyState): AdaptedState {
  // A result that is falsy counts as none. As Parameters it is taken for what it is.
  if (Result !== undefined)
    return { state: { ...state, ...(Result ? { Result } : { Parameters: Result }) } as AnyState };
  const { template, texts } = liftTexts(state['Parameters']);
  if (texts.length === 0) return { state: state as AnyState };
  return { state: asTask(state as AnyState, template), supplied: { kind: 'pass', texts } };
}

function adaptFail(state: AnyState): AdaptedState {
  const paths = [state['ErrorPath'], state['CausePath']];
  if (!paths.some((path) => typeof path === 'string' && path.startsWith('States.'))) return { state };
  const { template, texts } = liftTexts({
    ...(state['ErrorPath'] === undefined ? { error: state['Error'] } : { 'error.$': state['ErrorPath'] }),
    ...(state['CausePath'] === undefined ? { cause: state['Cause'] } : { 'cause.$': state['CausePath'] }),
  });
  return { state: asTask({ Type: 'Fail', End: true }, template), supplied: { kind: 'fail', texts } };
}

function adaptParallel({ Branches, ...state }: AnyState): AdaptedState {
  return {
    state: asTask(state as AnyState, state['Parameters'] as AnyTemplate | undefined),
    supplied: { kind: 'parallel', branches: (Branches as AnyBranch[]).map(adapt) },
  };
}

function adaptMap(map: AnyState): AdaptedState {
  const { ItemProcessor, Iterator, ItemSelector, ItemsPath = '$', Parameters, MaxConcurrency, ...rest } = map;
  const { ItemReader, ItemBatcher, ToleratedFailureCount, ToleratedFailurePercentage, Label: _, ...state } = rest;
  const processor = (ItemProcessor ?? Iterator) as AnyBranch & {
    readonly ProcessorConfig?: { readonly Mode?: string };
  };
  const itemSelector = (ItemSelector ?? Parameters) as AnyTemplate | undefined;
  if (processor.ProcessorConfig?.Mode !== 'DISTRIBUTED') {
    const maxConcurrency = Math.min(Number(MaxConcurrency) || INLINE_AT_ONCE, INLINE_AT_ONCE);
    const selecting = itemSelector ? behindSelector(processor, itemSelector) : processor;
    return {
      state: asTask(state as AnyState, { 'input.$': '$', 'items.$': ItemsPath }),
      supplied: { kind: 'map', processor: adapt(selecting), selects: itemSelector !== undefined, maxConcurrency },
    };
  }
  const reader = (ItemReader as { readonly Parameters?: AnyTemplate } | undefined)?.Parameters;
  const { MaxItemsPerBatch, BatchInput } = (ItemBatcher ?? {}) as AnyTemplate;
  return {
    state: asTask(state as AnyState, {
      'input.$': '$',
      ...(reader ? { reader } : { 'items.$': ItemsPath }),
      ...(BatchInput !== undefined && { batchInput: BatchInput }),
    }),
    supplied: {
      kind: 'distributed-map',
      processor,
      ...(itemSelector && { itemSelector }),
      ...(ItemBatcher !== undefined && { maxItemsPerBatch: Number(MaxItemsPerBatch) }),
      maxConcurrency: Number(MaxConcurrency) || DISTRIBUTED_AT_ONCE,
      // No failure is tolerated unless one of the two says so, and where both do, each of them holds.
      toleratedFailureCount: Number(ToleratedFailureCount ?? (ToleratedFailurePercentage === undefined ? 0 : Infinity)),
      toleratedFailurePercentage: Number(ToleratedFailurePercentage ?? 100),
    },
  };
}

/** The selector is read against the Map's own input, and decides what the iteration begins with. */
function behindSelector({ StartAt, States }: AnyBranch, Parameters: AnyTemplate): AnyBranch {
  return { StartAt: ITEM, States: { ...States, [ITEM]: { Type: 'Pass', Parameters, Next: StartAt } } };
}

function asTask(state: AnyState, template: AnyTemplate | undefined): AnyState {
  return {
    ...state,
    Type: 'Task',
    Resource: `ebbtide:${state.Type}`,
    TimeoutSeconds: LONGEST_TIMER_SECONDS,
    ...(template && { Parameters: template }),
  };
}

/** What every state needs that has it: shorter timers, `$` for a whole result, catchers that spare what ASL spares. */
function adaptCommon(state: AnyState): AnyState {
  const { Retry, Catch, ...rest } = withoutWholeResultPath(cutTimers(state));
  return {
    ...rest,
    ...(Retry !== undefined && { Retry: (Retry as AnyTemplate[]).flatMap(adaptRetrier) }),
    ...(Catch !== undefined && { Catch: (Catch as AnyTemplate[]).flatMap(adaptCatcher) }),
  } as AnyState;
}

function adaptRetrier(retrier: AnyTemplate): AnyTemplate[] {
  const MaxDelaySeconds = Math.min(Number(retrier['MaxDelaySeconds'] ?? Infinity), LONGEST_TIMER_SECONDS);
  const sparing = { ErrorEquals: [DATA_LIMIT], MaxAttempts: 0 };
  return [...(catchesAll(retrier) ? [sparing] : []), { ...retrier, MaxDelaySeconds }];
}

function adaptCatcher(catcher: AnyTemplate): AnyTemplate[] {
  const sparing = { ErrorEquals: [DATA_LIMIT], Next: UNCAUGHT };
  return [...(catchesAll(catcher) ? [sparing] : []), withoutWholeResultPath(catcher)];
}

function catchesAll({ ErrorEquals }: AnyTemplate): boolean {
  return (ErrorEquals as readonly string[]).includes('States.ALL');
}

function withoutWholeResultPath<T extends AnyTemplate>(state: T): T {
  if (state['ResultPath'] !== '$') return state;
  const { ResultPath: _, ...rest } = state;
  return rest as T;
}

function cutTimers<T extends object>(state: T): T {
  const timers = Object.entries(state)
    .filter(([field, value]) => (field === 'TimeoutSeconds' || field === 'Seconds') && typeof value === 'number')
    .map(([field, seconds]) => [field, Math.min(seconds, LONGEST_TIMER_SECONDS)]);
  return { ...state, ...Object.fromEntries(timers) };
}
