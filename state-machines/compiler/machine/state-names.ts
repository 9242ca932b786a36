import { STATES } from '../../contract/states.ts';
import type { Parallel } from '../structure.ts';
import { tasksOf } from '../structure.ts';

/** What a Task state calls its function for. `name` is a task's or a hook's. */
export type FunctionState =
  | { readonly does: 'work'; readonly name: string }
  /** Some of the chunks of a task, in an item of the Map that has the task's own name. */
  | { readonly does: 'chunks'; readonly name: string }
  | { readonly does: 'gather'; readonly name: string }
  | { readonly does: 'cleanup' | 'notes' | 'sweep' };

/** Task states that are not called as what they carry out; `late` is a hook behind a run that was ended before its turn. */
const DOES = { chunk: 'chunks', gather: 'gather', late: 'work' } as const;

const CLEANUP_FUNCTION = {
  [STATES.cleanup]: 'cleanup',
  [STATES.cleanupFromRecords]: 'cleanup',
  [STATES.notes]: 'notes',
  [STATES.sweep]: 'sweep',
} as const;

/** `extract` + `gather` → `extract gather`, which no task can be called. */
export function functionStateName(name: string, what: keyof typeof DOES): string {
  return `${name} ${what}`;
}

/** What the Task state of this name is there for, in the machines of any graph: an execution may be of an older one. */
export function functionStateOf(state: string): FunctionState {
  if (isKey(CLEANUP_FUNCTION, state)) return { does: CLEANUP_FUNCTION[state] };
  const [name = '', what = '', ...more] = state.split(' ');
  return more.length === 0 && isKey(DOES, what) ? { does: DOES[what], name } : { does: 'work', name: state };
}

function isKey<T extends object>(object: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(object, key);
}

/** Names for the states that are no tasks: unique in the whole machine, 80 characters at the most, free of quotes. */
export class StateNames {
  readonly #taken: Set<string>;
  #parallels = 0;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** `aggregate + enrich`; with many branches `a + b + 10 more`. */
  ofParallel(parallel: Parallel): string {
    const firsts = parallel.parts.map((part) => tasksOf(part).next().value ?? '');
    const shown = firsts.length <= 3 ? firsts : [...firsts.slice(0, 2), `${firsts.length - 2} more`];
    return this.unique(shown.join(' + '));
  }

  /**
   * A Parallel's key in the state data, `_1`, which no task can be called. Every guard behind it spells it out, so
   * that its name there would be a tenth of a large definition.
   */
  nextKey(): string {
    this.#parallels += 1;
    return `_${this.#parallels}`;
  }

  /** The name wanted, or where it is taken the same with a number. */
  unique(wanted: string): string {
    for (let count = 1; ; count++) {
      const suffix = count === 1 ? '' : ` (${count})`;
      const name = wanted.slice(0, 74 - suffix.length) + suffix;
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      return name;
    }
  }
}
