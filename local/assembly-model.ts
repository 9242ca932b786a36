import type { Definition } from '../state-machines/compiler/asl.ts';
import type { FunctionSettings } from './functions/sandbox.ts';

/** What is needed of a synthesized pipeline to run it. */
export interface Assembly {
  /** With the ARNs and the bucket filled in. */
  readonly definition: Definition;
  /** Of the machine that does what an ended execution left to do, with the same filled in. */
  readonly finalizer: Definition;
  /** By ARN. */
  readonly functions: ReadonlyMap<string, FunctionSettings>;
  readonly buckets: { readonly runs: string; readonly results: string };
  /** Deletes the bundles. */
  dispose(): void;
}

/** The same in every run, whatever it is deployed from: what a run left can be found without its definition. */
export const LOCAL_BUCKETS: Assembly['buckets'] = { runs: 'runs', results: 'results' };

export function functionArn(name: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
}

/** The definition with a value for each `${placeholder}`. */
export function filledIn(definition: string, fill: (placeholder: string) => string): Definition {
  return JSON.parse(definition.replace(/\$\{(\w+)\}/g, (_, placeholder: string) => fill(placeholder)));
}
