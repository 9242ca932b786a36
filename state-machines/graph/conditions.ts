/**
 * Conditions: when a task runs. Plain data, made with `fromInput`, `fromOutput`, `allOf`, `anyOf` and `not`, so that a
 * state machine can decide them by itself.
 */

import type { Scalar } from '../contract/values.ts';
import type { AnyFormat, DataFormat } from './formats.ts';
import type { DataRef, NamedRef } from './refs.ts';

export type Condition = ConditionOn<Subject>;

/** @typeParam On how what it looks at is told: as its author declares it, or as the plan has found it */
export type ConditionOn<On> =
  | { readonly kind: 'all' | 'any'; readonly conditions: readonly ConditionOn<On>[] }
  | { readonly kind: 'not'; readonly condition: ConditionOn<On> }
  | { readonly kind: 'test'; readonly subject: On; readonly test: Test };

/** What a condition looks at: a value in the execution's input, or in a json output of a task. */
export type Subject =
  | { readonly from: 'input'; readonly path: readonly string[] }
  | { readonly from: 'output'; readonly ref: DataRef | NamedRef; readonly path: readonly string[] };

/** A value that is not there, or of another type, passes no test but the `not` of one. */
export type Test =
  | { readonly is: 'present' }
  | { readonly is: 'equal'; readonly value: Scalar }
  | { readonly is: 'less' | 'at most' | 'greater' | 'at least'; readonly value: number | string };

export const ORDER_TESTS = ['less', 'at most', 'greater', 'at least'] as const;

/** A value to be tested. Each method gives a condition. A text to compare with cannot hold `${`, a definition's placeholder. */
export class Given<T = unknown> {
  readonly #subject: Subject;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** It is there, and not null. */
  exists(): Condition {
    return allOf(this.#test({ is: 'present' }), not(this.#test({ is: 'equal', value: null })));
  }

  equals(value: ComparedWith<T>): Condition {
    return this.#test({ is: 'equal', value });
  }

  /** Also where there is no value at all. */
  differsFrom(value: ComparedWith<T>): Condition {
    return not(this.equals(value));
  }

  /** It is one of these; there must be at least one. */
  isOneOf(...values: readonly ComparedWith<T>[]): Condition {
    return anyOf(...values.map((value) => this.equals(value)));
  }

  lessThan(value: OrderedWith<T>): Condition {
    return this.#test({ is: 'less', value });
  }

  atMost(value: OrderedWith<T>): Condition {
    return this.#test({ is: 'at most', value });
  }

  greaterThan(value: OrderedWith<T>): Condition {
    return this.#test({ is: 'greater', value });
  }

  atLeast(value: OrderedWith<T>): Condition {
    return this.#test({ is: 'at least', value });
  }

  #test(test: Test): Condition {
    return { kind: 'test', subject: this.#subject, test };
  }
}

/** Where the type of the value is known, it can only be compared with its like. */
type ComparedWith<T> = [NonNullable<T>] extends [Scalar] ? T & Scalar : Scalar;
type OrderedWith<T> = [NonNullable<T>] extends [Scalar] ? NonNullable<T> & (number | string) : number | string;

/**
 * A value in the execution's input.
 *
 * @param path the names that lead to it, from the outside in, each of letters, digits, `-` and `_`
 * @example
 * // where a run is started with { "load": { "mode": "full" } }
 * graph.addTask('reload', { when: fromInput('load', 'mode').equals('full') });
 */
export function fromInput(...path: readonly string[]): Given {
  return new Given({ from: 'input', path });
}

/**
 * A value in a json output of another task, which the task with this condition then depends on. The value is a number,
 * a boolean, null, or a text of 256 characters at the most: it travels through the state machine.
 *
 * @param path the names that lead to it, from the outside in. Without any it is the output as a whole.
 * @example
 * const check = graph.addTask('check', { outputs: { stats: json<{ rows: number }>() } });
 * graph.addTask('load', { when: fromOutput(check.outputs.stats, 'rows').greaterThan(0) });
 */
export function fromOutput(ref: NamedRef<AnyFormat>, ...path: readonly string[]): Given;
export function fromOutput<T, const Path extends readonly string[]>(
  ref: JsonRef<T>,
  ...path: Path & PathIn<T, Path>
): Given<ValueAt<T, Path>>;
export function fromOutput(ref: DataRef | NamedRef, ...path: readonly string[]): Given {
  return new Given({ from: 'output', ref, path });
}

// biome-ignore lint/suspicious/noExplicitAny: whatever was written, it is what is read that counts
type JsonRef<T> = DataRef<DataFormat<'json', any, T>>;

/** The path, as far as it leads to something; then the names that there are. */
type PathIn<T, Path extends readonly string[]> = Path extends readonly [
  infer Name,
  ...infer Rest extends readonly string[],
]
  ? Name extends NamesIn<NonNullable<T>>
    ? readonly [Name, ...PathIn<NonNullable<T>[Name], Rest>]
    : readonly [NamesIn<NonNullable<T>>, ...Rest]
  : readonly [];

type NamesIn<T> = unknown extends T ? keyof T & string : [T] extends [Scalar] ? never : keyof T & string;

type ValueAt<T, Path extends readonly string[]> = Path extends readonly [
  infer Name extends keyof NonNullable<T>,
  ...infer Rest extends readonly string[],
]
  ? ValueAt<NonNullable<T>[Name], Rest>
  : T;

/** All of them hold; there must be at least one. */
export function allOf(...conditions: readonly Condition[]): Condition {
  return { kind: 'all', conditions };
}

/** At least one of them holds; there must be at least one. */
export function anyOf(...conditions: readonly Condition[]): Condition {
  return { kind: 'any', conditions };
}

/** The condition does not hold; there may be no value to look at. */
export function not(condition: Condition): Condition {
  return { kind: 'not', condition };
}
