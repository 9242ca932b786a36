import type { Definition } from '../state-machines/compiler/asl.ts';
import type { FunctionSettings } from './functions/sandbox.ts';
import type { Permissions } from './iam/permissions.ts';

/** What is needed of a synthesized pipeline to run it. */
export interface Assembly {
  /** With the ARNs and the bucket filled in. */
  readonly definition: Definition;
  /** Of the machine that does what an ended execution left to do, with the same filled in. */
  readonly finalizer: Definition;
  /** By ARN. */
  readonly functions: ReadonlyMap<string, FunctionSettings>;
  readonly buckets: { readonly runs: string; readonly results: string };
  readonly permissions: Permissions;
  /** Deletes the bundles. */
  dispose(): void;
}

/** The same in every run, whatever it is deployed from: what a run left can be found without its definition. */
export const LOCAL_BUCKETS: Assembly['buckets'] = { runs: 'runs', results: 'results' };

/** Where everything is, in ARNs. */
export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';

export function functionArn(name: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
}

export function stateMachineArn(name: string): string {
  return `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`;
}

/** The definition with a value for each `${placeholder}`. */
export function filledIn(definition: string, fill: (placeholder: string) => string): Definition {
  return JSON.parse(definition.replace(/\$\{(\w+)\}/g, (_, placeholder: string) => fill(placeholder)));
}
