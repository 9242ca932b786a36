/** Where each task stands in the tree: one row each, in the order in which the state machine comes to them. */

import { compile } from '../../state-machines/compiler/compile.ts';
import type { Structure } from '../../state-machines/compiler/structure.ts';
import type { Plan } from '../../state-machines/graph/plan.ts';
import type { Signs } from './signs.ts';

export interface Place {
  readonly task: string;
  /** Before its name: the lines of the branches that it is in. */
  readonly guide: string;
  /** The same, for a row below it. */
  readonly below: string;
}

/**
 * What follows on something stands below it; what goes on beside it is marked as a branch. The hooks of groups stand
 * where they run, those around the whole graph are not in it.
 */
export function outlineOf(plan: Plan, signs: Signs): Place[] {
  // What is deployed already may be over a limit.
  return [...placesIn(compile(plan, { limits: 'report' }).structure, '', '', signs)];
}

function* placesIn(structure: Structure, first: string, rest: string, signs: Signs): Generator<Place> {
  if (structure.kind === 'task') {
    yield { task: structure.task, guide: first, below: rest };
    return;
  }
  for (const [index, part] of structure.parts.entries()) {
    const before = index === 0 ? first : rest;
    if (structure.kind === 'sequence') {
      yield* placesIn(part, before, rest, signs);
    } else {
      const last = index === structure.parts.length - 1;
      const beside = last ? ' '.repeat(signs.beside.length) : signs.beside;
      yield* placesIn(part, before + (last ? signs.lastBranch : signs.branch), rest + beside, signs);
    }
  }
}
