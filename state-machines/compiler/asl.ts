/** The part of the Amazon States Language (JSONPath) that the compiler writes. https://states-language.net/spec.html */

export interface Definition {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, State>>;
}

export type State = TaskState | ParallelState | ChoiceState | PassState | SucceedState | FailState;

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

export interface ChoiceState {
  readonly Type: 'Choice';
  readonly Comment?: string;
  readonly Choices: readonly (Condition & { readonly Next: string })[];
  readonly Default: string;
}

export interface PassState extends Step, Paths {
  readonly Type: 'Pass';
}

export interface SucceedState {
  readonly Type: 'Succeed';
  readonly OutputPath?: string;
}

export interface FailState {
  readonly Type: 'Fail';
  readonly ErrorPath: string;
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
  readonly ResultPath?: string;
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
  readonly ResultPath?: string;
  readonly Next: string;
}

export type Condition =
  | { readonly And: readonly Condition[] }
  | { readonly Or: readonly Condition[] }
  | { readonly Variable: string; readonly IsPresent: boolean }
  | { readonly Variable: string; readonly StringEquals: string }
  | { readonly Variable: string; readonly BooleanEquals: boolean };

/** All of them hold; one alone needs no `And`. */
export function all(conditions: readonly Condition[]): Condition {
  return conditions.length === 1 && conditions[0] ? conditions[0] : { And: conditions };
}

/** At least one of them holds. */
export function any(conditions: readonly Condition[]): Condition {
  return conditions.length === 1 && conditions[0] ? conditions[0] : { Or: conditions };
}

/** `$.out`, `aggregate + enrich`, 0 → `$.out['aggregate + enrich'][0]`. The names must be free of quotes. */
export function path(root: string, ...segments: readonly (string | number)[]): string {
  return root + segments.map((segment) => (typeof segment === 'number' ? `[${segment}]` : `['${segment}']`)).join('');
}
