/** From what an author wrote as an input to the output that is meant. */

import { show } from '../../contract/show.ts';
import { type GraphProblem, problem } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { PlannedInput } from '../plan.ts';
import { type DataRef, isRef, type NamedRef } from '../refs.ts';

/** The outputs that a graph has. */
export class KnownOutputs {
  readonly #refs: ReadonlySet<DataRef>;

  constructor(refs: Iterable<DataRef>) {
    this.#refs = new Set(refs);
  }

  /** @param where names the input for the reader of a problem */
  resolveInput(declared: unknown, where: string): PlannedInput | GraphProblem {
    if (!isRef(declared) || (declared.kind === 'optional-ref' && !isRef(declared.ref))) {
      return problem('UnresolvedDataRef', `${where} is ${show(declared)}, no output of a task and no ref("…")`);
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
    const all = [...this.#refs];
    const found = all.filter(({ task, output }) => wanted.name === output || wanted.name === `${task}.${output}`);
    if (found.length > 1) {
      const choices = found.map(({ task, output }) => `"${task}.${output}"`).join(' or ');
      return problem(
        'DuplicateOutput',
        `${where} is ref("${wanted.name}"), and several tasks have such an output; say ${choices}`,
      );
    }
    const names = wanted.name.includes('.')
      ? all.map((ref) => `${ref.task}.${ref.output}`)
      : all.map((ref) => ref.output);
    const unknown = `${where} is ref("${wanted.name}"), and no task has such an output${didYouMean(wanted.name, names)}`;
    return found[0] ?? problem(code, unknown);
  }
}
