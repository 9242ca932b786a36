/** Data refs: the typed edges of a graph. A task names the refs that it takes; the graph's edges follow. */

import { isObject } from '../contract/objects.ts';
import type { AnyFormat, DataFormat } from './formats.ts';

/** A named, typed output of one task. */
export interface DataRef<F extends AnyFormat = AnyFormat> {
  readonly kind: 'ref';
  readonly task: string;
  readonly output: string;
  readonly format: F;
}

/** A ref by name, looked up when the graph is built: `raw`, or `extract.raw` where several tasks have a `raw`. */
export interface NamedRef<F extends AnyFormat = AnyFormat> {
  readonly kind: 'named-ref';
  readonly name: string;
  /** Carries the type that the author gave it; never there at run time. */
  readonly format?: F;
}

/** An input that may be missing because its task was omitted; the handler then gets `undefined`. A failure still skips. */
export interface OptionalRef<R extends DataRef | NamedRef = DataRef | NamedRef> {
  readonly kind: 'optional-ref';
  readonly ref: R;
}

export type InputRef = DataRef | NamedRef | OptionalRef;

export function isRef(value: unknown): value is InputRef {
  return isOutputRef(value) || (isObject(value) && value['kind'] === 'optional-ref');
}

/** A ref that nothing is said of but what it refers to. */
export function isOutputRef(value: unknown): value is DataRef | NamedRef {
  const kind = isObject(value) && value['kind'];
  return kind === 'ref' || kind === 'named-ref';
}

/**
 * A ref by name, for a graph whose parts do not import each other. TypeScript cannot know the type of its data; say it
 * where you do: `ref<DataFormat<'ndjson', Flight, Flight>>('raw')`.
 */
export function ref<F extends AnyFormat = DataFormat>(name: string): NamedRef<F> {
  return { kind: 'named-ref', name };
}

/** Lets a task run without this input. */
export function optional<R extends InputRef>(
  input: R,
): R extends OptionalRef ? R : OptionalRef<R & (DataRef | NamedRef)>;
export function optional(input: InputRef): OptionalRef {
  if (isRef(input) && input.kind === 'optional-ref') return input;
  return { kind: 'optional-ref', ref: input };
}
