/** Takes compiled definitions apart. */

import type { Branch, Definition, State } from '../../state-machines/compiler/asl.ts';

/** The machine itself and every branch in it, at any depth. */
export function branchesIn(branch: Definition | Branch): (Definition | Branch)[] {
  const inner = Object.values(branch.States).flatMap((state) => innerOf(state));
  return [branch, ...inner.flatMap(branchesIn)];
}

function innerOf(state: State): readonly Branch[] {
  if (state.Type === 'Parallel') return state.Branches;
  return state.Type === 'Map' ? [state.ItemProcessor] : [];
}

/** All states of the machine with their names; a name that two states have is there twice. */
export function statesIn(definition: Definition): [string, State][] {
  return branchesIn(definition).flatMap((branch) => Object.entries(branch.States));
}

/** The states that may follow on a state. */
export function successorsOf(state: State): string[] {
  switch (state.Type) {
    case 'Choice':
      return [...state.Choices.map((choice) => choice.Next), state.Default];
    case 'Task':
    case 'Parallel':
    case 'Map':
      return [...(state.Next ? [state.Next] : []), ...(state.Catch ?? []).map((catcher) => catcher.Next)];
    case 'Pass':
    case 'Wait':
      return state.Next ? [state.Next] : [];
    case 'Succeed':
    case 'Fail':
      return [];
    default:
      return state satisfies never;
  }
}
