/** From what an author wrote as an input to the output that is meant. */

import { isObject } from '../../contract/objects.ts';
import { show } from '../../contract/show.ts';
import { type GraphProblem, problem } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { PlannedInput } from '../plan.ts';
import { type DataRef, isRef, type NamedRef } from '../refs.ts';

/** The outputs that a graph has. */
export class KnownOutputs {
  readonly #refs: ReadonlySet<DataRef>;
  /** By `raw` and by `extract.raw`. */
  readonly #byName = new Map<string, DataRef[]>();

  /** @param refs of tasks of one name, which is a problem of its own, the first one's outputs are found by their names */
  constructor(refs: Iterable<DataRef>) {
    this.#refs = new Set(refs);
    for (const ref of this.#refs) {
      const fullName = `${ref.task}.${ref.output}`;
      if (this.#byName.has(fullName)) continue;
      this.#byName.set(fullName, [ref]);
      const namesakes = this.#byName.get(ref.output);
      if (namesakes) namesakes.push(ref);
      else this.#byName.set(ref.output, [ref]);
    }
  }

  /** @param where names the input for the reader of a problem */
  resolveInput(declared: unknown, where: string): PlannedInput | GraphProblem {
    if (!isRef(declared) || (declared.kind === 'optional-ref' && !isRef(declared.ref))) {
      const given = isObject(declared) && declared['kind'] === 'optional-ref' ? declared['ref'] : declared;
      return problem('UnresolvedDataRef', `${where} ${misgiven(given)}`);
    }
    const optional = declared.kind === 'optional-ref';
    const found = this.resolve(optional ? declared.ref : declared, where);
    if ('code' in found) return found;
    return { task: found.task, output: found.output, format: found.format, optional };
  }

  resolve(
    wanted: DataRef | NamedRef,
    where: string,
    code: 'UnresolvedDataRef' | 'UnresolvedCondition' = 'UnresolvedDataRef',
  ): DataRef | GraphProblem {
    if (wanted.kind === 'named-ref') return this.#resolveName(wanted, where, code);
    if (this.#refs.has(wanted)) return wanted;
    return problem(
      code,
      `${where} is the output ${show(wanted.output)} of a task ${show(wanted.task)} that belongs to another graph`,
    );
  }

  #resolveName(
    wanted: NamedRef,
    where: string,
    code: 'UnresolvedDataRef' | 'UnresolvedCondition',
  ): DataRef | GraphProblem {
    if (typeof wanted.name !== 'string') {
      return problem(code, `${where} is ref(${show(wanted.name)}); give the name of an output: ref("…")`);
    }
    const found = this.#byName.get(wanted.name) ?? [];
    if (found.length > 1) {
      const choices = found.map(({ task, output }) => `"${task}.${output}"`).join(' or ');
      return problem(
        'DuplicateOutput',
        `${where} is ref("${wanted.name}"), and several tasks have such an output; say ${choices}`,
      );
    }
    if (found[0]) return found[0];
    const names = this.#byName.keys().filter((name) => name.includes('.') === wanted.name.includes('.'));
    return problem(
      code,
      `${where} is ref("${wanted.name}"), and no task has such an output${didYouMean(wanted.name, names)}`,
    );
  }
}

/** What somebody gave in place of an output, and what they may have meant. */
export function misgiven(given: unknown): string {
  if (given === undefined)
    return 'is undefined, and not an output of any task: the task that it was to come from has no output of that name; npx tsc --noEmit shows where';
  if (isObject(given) && isObject(given['outputs']) && typeof given['name'] === 'string') {
    const [output = '…'] = Object.keys(given['outputs']);
    return `is the task ${show(given['name'])} as a whole; say which of its outputs, as in ${given['name']}.outputs.${output}`;
  }
  const named = typeof given === 'string' ? `; by its name an output is ref(${show(given)})` : '';
  return `is ${show(given)}, no output of a task and no ref("…")${named}`;
}
