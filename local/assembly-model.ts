import type { Definition } from '../state-machines/compiler/asl.ts';
import type { FunctionSettings } from './sandbox.ts';

/** What is needed of a synthesized pipeline to run it. */
export interface Assembly {
  /** With the ARNs filled in. */
  readonly definition: Definition;
  /** By ARN. */
  readonly functions: ReadonlyMap<string, FunctionSettings>;
  readonly buckets: { readonly runs: string; readonly results: string };
  /** Deletes the bundles. */
  dispose(): void;
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
}

/** The definition with an ARN for each `${placeholder}`. */
export function withArns(definition: string, arnOf: (placeholder: string) => string): Definition {
  return JSON.parse(definition.replace(/\$\{(\w+)\}/g, (_, placeholder: string) => arnOf(placeholder)));
}
