/** A pipeline and what happens in a run of it, as plain data: the model reads it, and a plan can be made of it. */

import type { Scalar } from '../../state-machines/contract/values.ts';
import {
  type Condition,
  json,
  optional,
  type Plan,
  ref,
  TaskGraph,
  type TaskGroup,
} from '../../state-machines/index.ts';

export interface Spec {
  /** @default 'continue' */
  readonly onTaskFailure?: 'continue' | 'stop';
  readonly tasks: readonly TaskSpec[];
  readonly groups?: readonly GroupSpec[];
  readonly hooks?: readonly HookSpec[];
}

/** Every task has one output, `data`. */
export interface TaskSpec {
  readonly name: string;
  /** The tasks whose data it takes. */
  readonly takes?: readonly string[];
  readonly takesOptional?: readonly string[];
  /** The tasks that it waits for without taking anything. */
  readonly after?: readonly string[];
  /** It may look at the `<task>.data` of other tasks. */
  readonly when?: Condition;
  /** The innermost group that it is in. */
  readonly group?: string;
  /** A hint, which changes where the machine puts barriers and nothing else. */
  readonly expectedSeconds?: number;
}

export interface GroupSpec {
  readonly name: string;
  /** The group around it. */
  readonly group?: string;
  readonly when?: Condition;
}

export interface HookSpec {
  readonly name: string;
  readonly kind: 'errors' | 'finally';
  /** @default the graph */
  readonly of?: { readonly task: string } | { readonly group: string };
  /** Hooks of the same kind and owner. */
  readonly after?: readonly string[];
}

/** What happens in a run. */
export interface Behaviour {
  /** The execution's input. @default {} */
  readonly input?: unknown;
  /** The tasks and hooks that fail. */
  readonly failing?: ReadonlySet<string>;
  /** The tasks that end well with an answer that the machine cannot take, which ends the run. */
  readonly breaking?: ReadonlySet<string>;
  /** What a task's data is. @default {} */
  readonly data?: Readonly<Record<string, Readonly<Record<string, Scalar>>>>;
  /** How many turns of the event loop a task or hook takes. @default 0 */
  readonly turns?: Readonly<Record<string, number>>;
  /** What comes of cleanup each time that it is called, before it is done at last. @default nothing */
  readonly cleanups?: readonly ('unfinished' | 'broken' | 'refused')[];
  /** And of the last sweep. @default nothing */
  readonly sweeps?: readonly ('unfinished' | 'broken' | 'refused')[];
}

export function planOf({ tasks, groups = [], hooks = [], onTaskFailure = 'continue' }: Spec): Plan {
  const graph = new TaskGraph('test', { onTaskFailure });
  const scopes = new Map<string | undefined, TaskGraph | TaskGroup>([[undefined, graph]]);
  const scopeOf = (name: string | undefined) => scopes.get(name) ?? graph;
  for (const { name, group, when } of groups) scopes.set(name, scopeOf(group).group(name, when ? { when } : {}));
  const handles = new Map(
    tasks.map(({ name, takes = [], takesOptional = [], when, group, expectedSeconds }) => {
      const inputs = [
        ...takes.map((task) => [`of_${task}`, ref(`${task}.data`)]),
        ...takesOptional.map((task) => [`maybe_${task}`, optional(ref(`${task}.data`))]),
      ];
      const handle = scopeOf(group).addTask(name, {
        inputs: Object.fromEntries(inputs),
        outputs: { data: json() },
        ...(when && { when }),
        ...(expectedSeconds !== undefined && { expectedSeconds }),
      });
      return [name, handle];
    }),
  );
  for (const { name, kind, of: owner } of hooks) {
    if (owner && 'task' in owner) handles.get(owner.task)?.addErrorsTask(name);
    else if (kind === 'errors') scopeOf(owner?.group).addErrorsTask(name);
    else scopeOf(owner?.group).addFinallyTask(name);
  }
  for (const { name, after = [] } of [...tasks, ...hooks]) {
    for (const before of after) graph.addDependency(before, name);
  }
  return graph.build();
}
