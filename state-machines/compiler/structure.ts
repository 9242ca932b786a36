/**
 * Nests a graph into sequences and parallels, all that Step Functions offers.
 *
 * A partial order splits into parallel parts along the components of its comparability graph, and into a sequence along
 * the components of that graph's complement; one that splits all the way down is series-parallel, and its nesting makes
 * no task wait for a task that it does not depend on (Valdes, Tarjan, Lawler: The recognition of series parallel
 * digraphs, 1982). A part that splits neither way holds an N. It runs wave by wave, a barrier between waves.
 */

import { comparable, type GraphNode, type Order, orderOf } from './relation.ts';

export type Structure = TaskStructure | Sequence | Parallel;

export interface TaskStructure {
  readonly kind: 'task';
  readonly task: string;
}

/** Parts run one after the other. */
export interface Sequence {
  readonly kind: 'sequence';
  readonly parts: readonly Structure[];
}

/** Parts run at the same time. */
export interface Parallel {
  readonly kind: 'parallel';
  readonly parts: readonly Structure[];
}

export function structureOf(nodes: readonly GraphNode[]): Structure {
  const order = orderOf(nodes);
  return nest(order, order.topological);
}

/** @param members in topological order, at least one */
function nest(order: Order, members: readonly number[]): Structure {
  if (members.length === 1) return { kind: 'task', task: nameOf(order, members[0] as number) };

  const independent = components(members, (a, b) => comparable(order, a, b));
  if (independent.length > 1) return combine('parallel', byDeclaration(independent), order);

  const consecutive = components(members, (a, b) => !comparable(order, a, b));
  if (consecutive.length > 1) return combine('sequence', inSequence(order, consecutive), order);

  return combine('sequence', wavesOf(order, members), order);
}

/** Nests each part, and takes the parts of a part of the same kind for its own. */
function combine(kind: 'sequence' | 'parallel', parts: readonly (readonly number[])[], order: Order): Structure {
  const nested = parts.map((part) => nest(order, part));
  return { kind, parts: nested.flatMap((part) => (part.kind === kind ? part.parts : [part])) };
}

/** The connected components of an undirected relation, each in the order of `members`. */
function components(members: readonly number[], related: (a: number, b: number) => boolean): number[][] {
  const rank = new Map(members.map((member, position) => [member, position]));
  const unseen = new Set(members);
  const found: number[][] = [];
  for (const start of members) {
    if (!unseen.delete(start)) continue;
    const component = [start];
    for (const member of component) {
      for (const other of unseen) {
        if (!related(member, other)) continue;
        unseen.delete(other);
        component.push(other);
      }
    }
    found.push(component.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0)));
  }
  return found;
}

/** Every task of one co-component is before, or after, every task of another: any two members tell their order. */
function inSequence(order: Order, parts: readonly number[][]): number[][] {
  return parts.toSorted((a, b) => (order.ancestors[b[0] as number]?.has(a[0] as number) ? -1 : 1));
}

function byDeclaration(parts: readonly number[][]): number[][] {
  return parts.toSorted((a, b) => Math.min(...a) - Math.min(...b));
}

function wavesOf(order: Order, members: readonly number[]): number[][] {
  const inPart = new Set(members);
  const waveOf = new Map<number, number>();
  const waves: number[][] = [];
  for (const member of members) {
    let wave = 0;
    for (const name of order.tasks[member]?.dependencies ?? []) {
      const dependency = order.indexOf.get(name) ?? 0;
      if (inPart.has(dependency)) wave = Math.max(wave, (waveOf.get(dependency) ?? 0) + 1);
    }
    waveOf.set(member, wave);
    while (waves.length <= wave) waves.push([]);
    waves[wave]?.push(member);
  }
  return waves;
}

function nameOf(order: Order, index: number): string {
  return order.tasks[index]?.name ?? '';
}

/** All tasks in a structure, in its order. */
export function tasksOf(structure: Structure): string[] {
  return structure.kind === 'task' ? [structure.task] : structure.parts.flatMap(tasksOf);
}
