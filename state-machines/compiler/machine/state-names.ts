import type { Parallel } from '../structure.ts';
import { tasksOf } from '../structure.ts';

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
