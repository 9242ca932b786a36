/** What the author of a graph has declared so far, unchecked. */

import type { Condition } from './conditions.ts';
import type { Plan } from './plan.ts';
import type { Release } from './settings.ts';
import type { AnyTaskHandle, Dependency } from './task.ts';

export type HookKind = 'errors' | 'finally' | 'after-execution';

/** What a hook belongs to. */
export type HookOwner =
  | { readonly kind: 'graph' }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'task'; readonly task: string };

export interface TaskDeclaration {
  readonly kind: 'task';
  readonly handle: AnyTaskHandle;
  /** Its definition as it was given. */
  readonly given: unknown;
  /** The groups that it is in, the outermost first. */
  readonly groups: readonly string[];
}

export interface HookDeclaration {
  readonly kind: 'hook';
  readonly handle: AnyTaskHandle;
  /** Its definition as it was given. */
  readonly given: unknown;
  readonly hook: HookKind;
  readonly owner: HookOwner;
}

export interface GroupDeclaration {
  readonly name: string;
  /** The groups that it is in, the outermost first. */
  readonly groups: readonly string[];
  readonly when?: Condition;
  /** Its options as they were given. */
  readonly given: unknown;
}

export interface GraphOptions {
  /**
   * `continue` skips what lies downstream of a failed task and nothing else; `stop` ends the run at once, hooks and
   * cleanup apart. @default 'continue'
   */
  readonly onTaskFailure?: 'continue' | 'stop';
  /** When intermediates go, unless their task says otherwise. @default 'consumed' */
  readonly release?: Release;
}

export interface GraphDeclaration {
  readonly name: string;
  readonly options: GraphOptions;
  /** What its handles show of it; one object, by which handles of one graph know each other. */
  readonly face: { readonly name: string; build(): Plan };
  readonly functions: (TaskDeclaration | HookDeclaration)[];
  readonly groups: GroupDeclaration[];
  readonly dependencies: Dependency[];
}
