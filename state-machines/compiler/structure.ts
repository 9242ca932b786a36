/**
 * Nests a graph into sequences and parallels, all that Step Functions offers.
 *
 * A series-parallel graph is nested exactly: no task waits for one that it does not depend on. Where a part of a graph
 * is not series-parallel, a barrier makes some tasks wait for others. With hints (`expectedSeconds`) barriers stand where
 * the run takes least by them, and it is never slower than wave by wave by them. Without hints they stand where that is
 * likely, and only so that no run is slower than wave by wave, whatever the durations. How that is done is in nesting/.
 */

import { secondsOf } from './estimate.ts';
import { knownDurations, randomDurations } from './nesting/durations.ts';
import type { Tree } from './nesting/nest.ts';
import { nestByLevels, nestBySeconds } from './nesting/nesting.ts';
import { type Network, networkOf } from './nesting/network.ts';
import { type GraphNode, type Order, orderOf } from './relation.ts';

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

export type Nest = (nodes: readonly GraphNode[]) => Structure;

/** The same graph has the same structure everywhere and always. */
export function structureOf(nodes: readonly GraphNode[]): Structure {
  const order = orderOf(nodes);
  const network = networkOf(order);
  return inOrder(treeOf(network, order), order, network).structure;
}

function treeOf(network: Network, { tasks }: Order): Tree {
  if (tasks.every((task) => task.expectedSeconds === undefined)) {
    return nestByLevels(network, randomDurations(network.size)).tree;
  }
  const seconds = secondsOf(tasks);
  const known = network.indices.map((index) => seconds(tasks[index]?.name ?? ''));
  return nestBySeconds(network, knownDurations(known)).tree;
}

/** With names for numbers, no sequence in a sequence, no parallel in a parallel, and parallels in the order of declaration. */
function inOrder(tree: Tree, order: Order, network: Network): { structure: Structure; firstDeclared: number } {
  if (tree.kind === 'task') {
    const index = network.indices[tree.task] ?? 0;
    return { structure: { kind: 'task', task: order.tasks[index]?.name ?? '' }, firstDeclared: index };
  }
  const { kind } = tree;
  const merged = flat(tree, kind).map((part) => inOrder(part, order, network));
  if (kind === 'parallel') merged.sort((a, b) => a.firstDeclared - b.firstDeclared);
  return {
    structure: { kind, parts: merged.map((part) => part.structure) },
    firstDeclared: Math.min(...merged.map((part) => part.firstDeclared)),
  };
}

function flat(tree: Tree, kind: 'sequence' | 'parallel'): readonly Tree[] {
  return tree.kind === kind ? tree.parts.flatMap((part) => flat(part, kind)) : [tree];
}

/** All tasks in a structure, in its order. */
export function* tasksOf(structure: Structure): Generator<string> {
  const open = [structure];
  for (let part = open.pop(); part; part = open.pop()) {
    if (part.kind === 'task') yield part.task;
    else open.push(...part.parts.toReversed());
  }
}
