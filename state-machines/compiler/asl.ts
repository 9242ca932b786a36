/** The part of the Amazon States Language (JSONPath) that the compiler writes. https://states-language.net/spec.html */

export interface Definition {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, State>>;
}

export type State =
  | TaskState
  | ParallelState
  | MapState
  | ChoiceState
  | PassState
  | WaitState
  | SucceedState
  | FailState;

export interface TaskState extends Step, Paths {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly TimeoutSeconds: number;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface ParallelState extends Step, Paths {
  readonly Type: 'Parallel';
  readonly Branches: readonly Branch[];
  readonly Catch?: readonly Catcher[];
}

/** Inline with an ItemsPath; distributed, each item or batch an execution of its own, with an ItemReader. */
export interface MapState extends Step, Paths {
  readonly Type: 'Map';
  readonly ItemsPath?: string;
  readonly ItemReader?: {
    readonly Resource: `arn:${string}:states:::s3:getObject`;
    readonly ReaderConfig: { readonly InputType: 'JSON' };
    readonly Parameters: Readonly<Record<string, string>>;
  };
  readonly ItemSelector: Readonly<Record<string, unknown>>;
  readonly ItemBatcher?: { readonly MaxItemsPerBatch: number; readonly BatchInput: Readonly<Record<string, unknown>> };
  readonly ItemProcessor: Branch & {
    readonly ProcessorConfig:
      | { readonly Mode: 'INLINE' }
      | { readonly Mode: 'DISTRIBUTED'; readonly ExecutionType: 'STANDARD' };
  };
  readonly MaxConcurrency: number;
  readonly ToleratedFailureCount?: number;
  readonly ToleratedFailurePercentage?: number;
  readonly Catch?: readonly Catcher[];
}

export interface ChoiceState {
  readonly Type: 'Choice';
  readonly Comment?: string;
  readonly Choices: readonly (Condition & { readonly Next: string })[];
  readonly Default: string;
  readonly OutputPath?: string;
}

export interface PassState extends Step, Paths {
  readonly Type: 'Pass';
  readonly Result?: unknown;
}

export interface WaitState {
  readonly Type: 'Wait';
  readonly Seconds: number;
  readonly Next: string;
}

export interface SucceedState {
  readonly Type: 'Succeed';
  readonly OutputPath?: string;
}

export interface FailState {
  readonly Type: 'Fail';
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly CausePath: string;
}

export type Branch = Pick<Definition, 'StartAt' | 'States'>;

interface Step {
  readonly Comment?: string;
  readonly Next?: string;
  readonly End?: true;
}

interface Paths {
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly ResultSelector?: Readonly<Record<string, unknown>>;
  /** `null` drops the result and keeps the input. */
  readonly ResultPath?: string | null;
  readonly OutputPath?: string;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts: number;
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath?: string | null;
  readonly Next: string;
}

export type Condition =
  | { readonly And: readonly Condition[] }
  | { readonly Or: readonly Condition[] }
  | { readonly Not: Condition }
  | ({ readonly Variable: string } & Comparison);

export type Comparison =
  | { readonly IsPresent: boolean }
  | { readonly IsNull: boolean }
  | { readonly BooleanEquals: boolean }
  | { readonly StringEquals: string }
  | { readonly StringMatches: string }
  | { readonly StringLessThan: string }
  | { readonly StringLessThanEquals: string }
  | { readonly StringGreaterThan: string }
  | { readonly StringGreaterThanEquals: string }
  | { readonly NumericEquals: number }
  | { readonly NumericLessThan: number }
  | { readonly NumericLessThanEquals: number }
  | { readonly NumericGreaterThan: number }
  | { readonly NumericGreaterThanEquals: number };

export function present(Variable: string): Condition {
  return { Variable, IsPresent: true };
}

/** Whatever error there is. `States.ALL` does not match `States.DataLimitExceeded`. */
export function catchAnything(to: Omit<Catcher, 'ErrorEquals'>): Catcher[] {
  return [
    { ErrorEquals: ['States.DataLimitExceeded'], ...to },
    { ErrorEquals: ['States.ALL'], ...to },
  ];
}

/** All of them hold; one alone needs no `And`. */
export function every(conditions: readonly Condition[]): Condition {
  return conditions.length === 1 && conditions[0] ? conditions[0] : { And: conditions };
}

/** At least one of them holds. */
export function some(conditions: readonly Condition[]): Condition {
  return conditions.length === 1 && conditions[0] ? conditions[0] : { Or: conditions };
}

/** `$.out`, `_1`, 0, `merge-load` → `$.out._1[0]['merge-load']`. The names must be free of quotes. */
export function path(root: string, ...segments: readonly (string | number)[]): string {
  return root + segments.map(segmentOf).join('');
}

/** What needs no quotes in a path has none: a large definition is an eighth smaller for it. */
function segmentOf(segment: string | number): string {
  if (typeof segment === 'number') return `[${segment}]`;
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(segment) ? `.${segment}` : `['${segment}']`;
}
