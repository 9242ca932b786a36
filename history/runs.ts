/** Where runs are: on this machine, or on AWS. What can be asked of either in the same words. */

import type { RunResult, RunStatus } from '../state-machines/contract/result.ts';
import type { RunEvent } from './events.ts';
import type { Links } from './links.ts';

export type Where =
  | { readonly kind: 'here'; readonly dir: string }
  | { readonly kind: 'aws'; readonly region: string; readonly stateMachineArn: string };

export interface RunSummary {
  readonly pipeline: string;
  readonly run: string;
  /** The execution, where it is not the one of the run's name. */
  readonly execution?: string;
  readonly status: 'RUNNING' | RunStatus;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Here: the process that carries it out has died, and it is still to be finalized. */
  readonly died?: true;
  /** Here: until when its data is kept, ISO 8601, where that is still to come. */
  readonly keptUntil?: string;
}

/** How many runs are listed where nobody says. */
export const LISTED = 20;

export interface ListOptions {
  /** @default all */
  readonly statuses?: readonly RunSummary['status'][];
  /** The latest ones. @default LISTED */
  readonly limit?: number;
}

/** The runs of one pipeline in one place. */
export interface Runs {
  readonly pipeline: string;
  readonly where: Where;
  /** The latest one first. */
  list(options?: ListOptions): Promise<RunSummary[]>;
  /**
   * The events of a run's latest execution, from its first one.
   *
   * @param run a run, or an execution that resumed one
   * @param follow waits for those to come, until `run-ended`; otherwise those so far
   * @throws UsageError where there is no such run
   */
  events(run: string, options?: { readonly follow?: boolean; readonly signal?: AbortSignal }): AsyncIterable<RunEvent>;
  /** The run of that name, or that an execution of that name resumed; undefined where there is none. */
  runOf(name: string): string | undefined | Promise<string | undefined>;
  /** @throws UsageError where there is no such run */
  links(run: string): Promise<Links>;
  /**
   * Stops a run, and waits until it is finalized.
   *
   * @param onAsked told once it has been asked to stop
   * @throws UsageError where it is not running
   */
  stop(run: string, onAsked?: (who: string) => void): Promise<RunResult>;
}
